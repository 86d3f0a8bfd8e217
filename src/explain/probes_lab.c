/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/probes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/text.h"
#include "lab/gate.h"
#include "lab/guardian.h"
#include "lab/lab.h"
#include "lab/link.h"
#include "lab/program.h"
#include "lab/sandbox.h"

static bool sysctl_is(const char *path, const char *value)
{
	char line[64];

	if (fd_read_file(path, line, sizeof(line)) <= 0)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return !strcmp(line, value);
}

/* Of the many that can say no, the one that did. */
static void explain_user_namespaces(struct probe_result *result, const char *what, int code)
{
	if (sysctl_is("/proc/sys/user/max_user_namespaces", "0")) {
		probe_fail(result, code, _("%s: user.max_user_namespaces is 0 here"), what);
		probe_advise(result, _("as root: sysctl user.max_user_namespaces=10000; or run "
				       "timewait as root"));
	} else if (code == ENOSPC || code == EUSERS) {
		probe_fail(result, code, _("%s: too many of them, or nested too deep"), what);
		probe_advise(result, _("as root: raise user.max_user_namespaces; or run timewait "
				       "as root, outside of containers"));
	} else if (sysctl_is("/proc/sys/kernel/unprivileged_userns_clone", "0")) {
		probe_fail(result, code, _("%s: kernel.unprivileged_userns_clone is 0"), what);
		probe_advise(result, _("as root: sysctl kernel.unprivileged_userns_clone=1; or run "
				       "timewait as root"));
	} else if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1")) {
		probe_fail(result, code,
			_("%s: AppArmor restricts them "
			  "(kernel.apparmor_restrict_unprivileged_userns is 1)"),
			what);
		probe_advise(
			result, _("as root: sysctl kernel.apparmor_restrict_unprivileged_userns=0; "
				  "or run timewait as root"));
	} else if (code == EINVAL || code == ENOSYS) {
		probe_fail(result, code, _("%s: this kernel was built without them"), what);
		probe_advise(result, _("a kernel with CONFIG_USER_NS; or run timewait as root"));
	} else {
		probe_fail(result, code,
			_("%s: %s: a container's seccomp profile, a chroot or a security module "
			  "forbids it"),
			what, strerror(code));
		probe_advise(
			result, _("run timewait outside of the container or as root; a container "
				  "wants CAP_SYS_ADMIN, or a profile that allows unshare(2)"));
	}
}

void probe_user_namespaces(struct probe_result *result)
{
	char uid_map[64], gid_map[64];
	int r;

	snprintf(uid_map, sizeof(uid_map), "0 %u 1", geteuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", getegid());
	if (unshare(CLONE_NEWUSER) < 0) {
		explain_user_namespaces(result, "unshare(CLONE_NEWUSER)", errno);
		return;
	}
	/* As the sandbox does: without it, a program that changed its user may not write these. */
	prctl(PR_SET_DUMPABLE, 1);
	r = fd_write_file("/proc/self/setgroups", "deny");
	if (r == 0 || r == -ENOENT)
		r = fd_write_file("/proc/self/uid_map", uid_map);
	if (r == 0)
		r = fd_write_file("/proc/self/gid_map", gid_map);
	if (r < 0)
		explain_user_namespaces(result, "/proc/self/uid_map", -r);
}

/* The room all that follows is tried in. */
static bool enter(struct sandbox *sandbox, struct probe_result *result)
{
	struct error err;
	int r = sandbox_enter(sandbox, &err);

	if (r < 0)
		probe_fail(result, -r, "%s", err.text);
	return r == 0;
}

void probe_network_namespaces(struct probe_result *result)
{
	struct sandbox sandbox = SANDBOX_NONE;
	struct error err;
	int netns_fd = -1;
	int r;

	if (!enter(&sandbox, result))
		return;
	/* A second one, as the hosts are made: limits may allow one and no more. */
	r = sandbox_new_netns(&sandbox, &netns_fd, &err);
	if (r < 0)
		probe_fail(result, -r, "%s", err.text);
}

void probe_pid_namespaces(struct probe_result *result)
{
	struct sandbox sandbox = SANDBOX_NONE;
	struct guardian guardian = GUARDIAN_NONE;
	struct error err;
	int r;

	if (!enter(&sandbox, result))
		return;
	r = guardian_start(&guardian, program_obey, true, &err);
	if (r < 0) {
		probe_fail(result, -r, "%s", err.text);
		probe_advise(
			result, _("raise user.max_pid_namespaces, or a kernel with CONFIG_PID_NS"));
		return;
	}
	guardian_stop(&guardian);
}

void probe_mount_namespaces(struct probe_result *result)
{
	struct sandbox sandbox = SANDBOX_NONE;
	const char *what = NULL;

	if (!enter(&sandbox, result))
		return;
	if (unshare(CLONE_NEWNS) < 0)
		what = "unshare(CLONE_NEWNS)";
	else if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		what = "mount(MS_PRIVATE)";
	else if (mount("/etc/hosts", "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		what = "mount(/etc/hosts)";
	else if (mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") < 0)
		what = "mount(tmpfs)";
	if (!what)
		return;
	probe_fail(result, errno, "%s: %s", what, strerror(errno));
	probe_advise(result, _("run timewait outside of the container, or give it CAP_SYS_ADMIN "
			       "and a profile that allows mount(2)"));
}

void probe_veth(struct probe_result *result)
{
	struct sandbox sandbox = SANDBOX_NONE;
	struct link_veth veth = {
		.name = "probe",
		.index = 10,
		.far_name = "eth0",
		.far_netns_fd = -1,
		.mac = {0x02, [5] = 1},
		.far_mac = {0x02, [5] = 2},
	};
	struct netlink rtnl = {0};
	struct error err;
	int r;

	if (!enter(&sandbox, result))
		return;
	r = sandbox_new_netns(&sandbox, &veth.far_netns_fd, &err);
	if (r == 0)
		r = netlink_open(&rtnl, NETLINK_ROUTE, &err);
	if (r == 0)
		r = link_create_veth(&rtnl, &veth, &err);
	if (r == 0)
		return;
	probe_fail(result, -r, "%s", err.text);
	if (r == -EOPNOTSUPP)
		probe_advise(result, _("as root: modprobe veth (CONFIG_VETH)"));
}

void probe_wire(struct probe_result *result)
{
	struct sandbox sandbox = SANDBOX_NONE;

	if (!enter(&sandbox, result))
		return;
	if (socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)) >= 0)
		return;
	probe_fail(result, errno, "socket(AF_PACKET): %s", strerror(errno));
	if (errno == EAFNOSUPPORT)
		probe_advise(result, _("as root: modprobe af_packet (CONFIG_PACKET)"));
	else
		probe_advise(result, _("a container wants CAP_NET_RAW"));
}

void probe_sysctl_writes(struct probe_result *result)
{
	struct sandbox sandbox = SANDBOX_NONE;
	int r;

	if (!enter(&sandbox, result))
		return;
	r = sandbox_sysctl("net.ipv4.tcp_fin_timeout", "59");
	if (r == 0 && sysctl_is("/proc/sys/net/ipv4/tcp_fin_timeout", "59"))
		return;
	if (r == 0) {
		probe_fail(
			result, EIO, _("net.ipv4.tcp_fin_timeout does not keep what is written"));
		return;
	}
	probe_fail(result, -r, _("cannot write net.ipv4.tcp_fin_timeout: %s"), strerror(-r));
	if (r == -EROFS || r == -EACCES)
		probe_advise(result, _("containers mount /proc/sys read-only: run timewait "
				       "outside, or the container with --privileged"));
}

void probe_laboratory(struct probe_result *result)
{
	struct error err;
	struct lab lab;
	int r = lab_open(&lab, NULL, false, &err);

	if (r < 0) {
		probe_fail(result, -r, "%s", err.text);
		return;
	}
	lab_close(&lab);
}

/* Lets the program through its gate, call by call, to its end. */
static size_t watch_calls(struct program *program)
{
	int64_t deadline_ns = clock_deadline_ns(2 * NS_PER_S);
	struct gate_call call;
	size_t calls = 0;

	while (!program_has_ended(program) && clock_now_ns() < deadline_ns) {
		struct pollfd waiting = {.fd = program->gate_fd, .events = POLLIN};

		poll(&waiting, 1, 10);
		while (gate_receive(program->gate_fd, &call) > 0) {
			calls++;
			gate_open(program->gate_fd, &call);
		}
	}
	return calls;
}

/* No gate: the kernel lacks it, or a policy refuses to put it up or to hand it over. */
static void explain_gate(struct probe_result *result)
{
	uint32_t action = SECCOMP_RET_USER_NOTIF;
	struct seccomp_notif_sizes sizes;

	if (syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) < 0 ||
		syscall(__NR_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0) {
		probe_fail(result, errno, "seccomp(SECCOMP_RET_USER_NOTIF): %s", strerror(errno));
		probe_advise(result, _("a kernel with CONFIG_SECCOMP_FILTER"));
		return;
	}
	probe_fail(result, EPERM,
		_("the calls of a program cannot be watched: its filter, or pidfd_getfd(2), is "
		  "refused"));
	probe_advise(result,
		_("look for a seccomp profile or a ptrace restriction (Yama) over this process"));
}

void probe_gate(struct probe_result *result)
{
	static const char *const argv[] = {"true", NULL};
	struct guardian guardian = GUARDIAN_NONE;
	const struct program_setting setting = {.guardian = &guardian, .netns_fd = -1};
	struct program program;
	struct error err;
	size_t calls;
	int r = guardian_start(&guardian, program_obey, false, &err);

	if (r == 0)
		r = program_start(&program, &setting, argv, &err);
	if (r < 0) {
		probe_fail(result, -r, "%s", err.text);
		guardian_stop(&guardian);
		return;
	}
	calls = program.gate_fd < 0 ? 0 : watch_calls(&program);
	if (!calls || !program.has_ended || program.status)
		explain_gate(result);
	program_finish(&program);
	guardian_stop(&guardian);
}
