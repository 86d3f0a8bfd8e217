/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/probes.h"

#include <arpa/inet.h>
#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "base/text.h"
#include "lab/sandbox.h"
#include "observe/sockets.h"

#define KERNEL_MAJOR 6
#define KERNEL_MINOR 1

void probe_kernel(struct probe_result *result)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) < 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2) {
		probe_fail(result, ENOTSUP, _("the kernel does not say how old it is"));
		return;
	}
	if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR))
		return;
	probe_fail(result, ENOTSUP, _("this is Linux %d.%d; nobody tests timewait there"), major,
		minor);
	probe_advise(result, _("Linux %d.%d, the kernel of Debian 12, or a newer one"),
		KERNEL_MAJOR, KERNEL_MINOR);
}

/* A socket on a port of the kernel's choice, on the loopback or (in an empty room) anywhere. */
static int open_bound(uint32_t address, struct probe_result *result)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(address)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0)
		return fd;
	probe_fail(result, errno, _("cannot make a TCP socket: %s"), strerror(errno));
	fd_close(&fd);
	return -1;
}

/* The socket with that descriptor as the dump has it; NULL when it has not. */
static const struct diag_socket *find(const struct socket_list *list, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		if (list->sockets[i].inode == status.st_ino)
			return &list->sockets[i];
	}
	return NULL;
}

/* Dumps into the list; false after having said why not. */
static bool look(struct diag *diag, struct socket_list *list, struct probe_result *result)
{
	struct error err;
	int r = diag->netlink.socket ? 0 : diag_open(diag, &err);

	if (r == 0)
		r = socket_list_read(list, diag, DIAG_ALL_STATES, &err);
	if (r == 0)
		return true;
	probe_fail(result, -r, "%s", err.text);
	if (r == -ENOENT || r == -EPROTONOSUPPORT || r == -EOPNOTSUPP)
		probe_advise(result, _("as root: modprobe tcp_diag (CONFIG_INET_TCP_DIAG)"));
	return false;
}

void probe_sock_diag(struct probe_result *result)
{
	_cleanup_socket_list_ struct socket_list list = SOCKET_LIST_INIT;
	int fd = open_bound(INADDR_LOOPBACK, result);
	struct diag diag = {0};
	const struct diag_socket *socket;

	if (fd < 0)
		return;
	if (listen(fd, 1) < 0) {
		probe_fail(result, errno, "listen: %s", strerror(errno));
		return;
	}
	if (!look(&diag, &list, result))
		return;
	socket = find(&list, fd);
	if (!socket || socket->state != TCP_STATE_LISTEN)
		probe_fail(result, EIO, _("the kernel's list lacks a socket that is there"));
}

void probe_bound_sockets(struct probe_result *result)
{
	_cleanup_socket_list_ struct socket_list list = SOCKET_LIST_INIT;
	int fd = open_bound(INADDR_LOOPBACK, result);
	struct diag diag = {0};

	if (fd < 0 || !look(&diag, &list, result))
		return;
	if (find(&list, fd))
		return;
	probe_fail(result, ENOTSUP, _("this kernel does not tell of them"));
	probe_advise(result, _("Linux 6.8 or newer"));
}

void probe_sock_destroy(struct probe_result *result)
{
	_cleanup_socket_list_ struct socket_list list = SOCKET_LIST_INIT;
	struct sandbox sandbox = SANDBOX_NONE;
	struct diag diag = {0};
	const struct diag_socket *socket;
	struct error err;
	int fd, r;

	r = sandbox_enter(&sandbox, &err);
	if (r < 0) {
		probe_fail(result, -r, "%s", err.text);
		return;
	}
	fd = open_bound(INADDR_ANY, result);
	if (fd < 0 || listen(fd, 1) < 0 || !look(&diag, &list, result))
		return;
	socket = find(&list, fd);
	r = socket ? diag_destroy(&diag, socket, &err) : -ENOENT;
	if (r < 0) {
		probe_fail(result, -r, "%s", socket ? err.text : strerror(ENOENT));
		probe_advise(result, _("a kernel with CONFIG_INET_DIAG_DESTROY"));
		return;
	}
	if (!look(&diag, &list, result))
		return;
	socket = find(&list, fd);
	if (socket && socket->state == TCP_STATE_LISTEN)
		probe_fail(result, EIO, _("the socket is still there"));
}

void probe_capture(struct probe_result *result)
{
	if (socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL)) >= 0)
		return;
	probe_fail(result, errno, "socket(AF_PACKET): %s", strerror(errno));
	if (errno == EAFNOSUPPORT)
		probe_advise(result, _("as root: modprobe af_packet (CONFIG_PACKET)"));
	else
		probe_advise(result, _("run timewait as root, or give it the right: setcap "
				       "cap_net_raw+ep on the program"));
}

/* A program of ours beside the running one, or in the sbin beside its bin; and it starts. */
static void probe_program(const char *name, struct probe_result *result)
{
	char self[4096], path[4096 + 64];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int status;
	pid_t pid;

	self[length < 0 ? 0 : length] = '\0';
	*(strrchr(self, '/') ?: self) = '\0';
	snprintf(path, sizeof(path), "%s/%s", self, name);
	if (access(path, X_OK) < 0)
		snprintf(path, sizeof(path), "%s/../sbin/%s", self, name);
	if (access(path, X_OK) < 0) {
		probe_fail(result, ENOENT, _("not found in %s, where timewait is"), self);
		probe_advise(result, _("build or install timewait, daytimed and daytime together"));
		return;
	}
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
			_exit(126);
		execl(path, name, "--version", (char *)NULL);
		_exit(126);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		probe_fail(result, errno, "%s: %s", path, strerror(errno));
	else if (status)
		probe_fail(result, ENOEXEC, _("%s does not start"), path);
}

void probe_daytimed(struct probe_result *result)
{
	probe_program("daytimed", result);
}

void probe_daytime(struct probe_result *result)
{
	probe_program("daytime", result);
}

/* Looked for here, not in a sandbox: a host has what its kernel has. */
static void probe_sysctl(const char *name, const char *since, struct probe_result *result)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/%s", name);
	if (access(path, F_OK) == 0)
		return;
	probe_fail(result, errno, _("this kernel has no net.ipv4.%s"), name);
	probe_advise(result, _("Linux %s or newer"), since);
}

void probe_tcp_child_ehash_entries(struct probe_result *result)
{
	probe_sysctl("tcp_child_ehash_entries", "6.1", result);
}

void probe_tcp_rto_min_us(struct probe_result *result)
{
	probe_sysctl("tcp_rto_min_us", "6.11", result);
}

void probe_tcp_tw_reuse_delay(struct probe_result *result)
{
	probe_sysctl("tcp_tw_reuse_delay", "6.14", result);
}

void probe_btf(struct probe_result *result)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint16_t magic = 0;

	if (fd < 0) {
		probe_fail(result, errno, "%s: %s", path, strerror(errno));
		probe_advise(result, _("a kernel with CONFIG_DEBUG_INFO_BTF"));
	} else if (read(fd, &magic, sizeof(magic)) != sizeof(magic) || magic != 0xeb9f) {
		probe_fail(result, EINVAL, _("%s holds no type information"), path);
	}
}

/* The smallest program that can be attached to a tracepoint; loading it is right enough. */
static int load_program(void)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uintptr_t)code,
		.insn_cnt = sizeof(code) / sizeof(*code),
		.license = (uintptr_t) "Dual BSD/GPL",
	};

	return syscall(__NR_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes)) < 0 ? -errno : 0;
}

void probe_bpf_rights(struct probe_result *result)
{
	static const struct {
		unsigned int capability;
		const char *name;
	} wanted[] = {
		{CAP_BPF, "CAP_BPF"}, {CAP_PERFMON, "CAP_PERFMON"}, {CAP_SYSLOG, "CAP_SYSLOG"}};
	_cleanup_text_ struct text missing = TEXT_INIT;

	if (capng_get_caps_process()) {
		probe_fail(result, EPERM, _("the capabilities of this process cannot be read"));
		return;
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		if (!capng_have_capability(CAPNG_EFFECTIVE, wanted[i].capability))
			text_printf(&missing, "%s%s", missing.length ? ", " : "", wanted[i].name);
	}
	if (missing.length) {
		probe_fail(result, EPERM, _("this process lacks %s"), missing.bytes);
	} else {
		int r = load_program();

		if (r == 0)
			return;
		probe_fail(result, -r, "bpf(BPF_PROG_LOAD): %s", strerror(-r));
	}
	probe_advise(result, _("run timewait as root, on the host itself"));
}

/*
 * Where the address reads 0 (kptr_restrict, no CAP_SYSLOG), a program that compares with it would
 * load without error and see nothing.
 */
void probe_tw_timer_handler(struct probe_result *result)
{
	FILE *symbols = fopen("/proc/kallsyms", "re");
	unsigned long long address = 0;
	bool is_there = false;
	char line[512];

	if (!symbols) {
		probe_fail(result, errno, "/proc/kallsyms: %s", strerror(errno));
		probe_advise(result, _("a kernel with CONFIG_KALLSYMS"));
		return;
	}
	while (!is_there && fgets(line, sizeof(line), symbols)) {
		char *end;

		address = strtoull(line, &end, 16);
		is_there = !strncmp(end + strspn(end, " "), "t tw_timer_handler\n", 19) ||
			   !strncmp(end + strspn(end, " "), "T tw_timer_handler\n", 19);
	}
	fclose(symbols);
	if (!is_there) {
		probe_fail(result, ENOENT, _("/proc/kallsyms does not know tw_timer_handler"));
		probe_advise(result, _("a kernel with CONFIG_KALLSYMS"));
	} else if (!address) {
		probe_fail(result, EPERM, _("/proc/kallsyms hides the addresses"));
		probe_advise(result,
			_("run timewait as root, with sysctl kernel.kptr_restrict at 0 or 1"));
	}
}

void probe_bpf_programs(struct probe_result *result)
{
	probe_fail(result, ENOTSUP, _("BPF: not in this build"));
}
