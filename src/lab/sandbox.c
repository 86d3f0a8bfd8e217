/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/i18n.h"

static int open_netns(void)
{
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

/* A sysctl that forbids user namespaces, when it does. */
static bool sysctl_is(const char *path, char forbidding)
{
	char value[32];

	return fd_read_file(path, value, sizeof(value)) > 0 && value[0] == forbidding;
}

static int explain_refusal(struct error *err, int code, const char *what)
{
	if (sysctl_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
		return error_set(err, code,
			_("%s: %s: this kernel keeps user namespaces from ordinary users "
			  "(run as root, or: sysctl kernel.unprivileged_userns_clone=1)"),
			what, strerror(code));
	if (sysctl_is("/proc/sys/user/max_user_namespaces", '0'))
		return error_set(err, code,
			_("%s: %s: no user namespaces are allowed here "
			  "(run as root, or: sysctl user.max_user_namespaces=1000)"),
			what, strerror(code));
	if (sysctl_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		return error_set(err, code,
			_("%s: %s: AppArmor restricts user namespaces (run as root, or: "
			  "sysctl kernel.apparmor_restrict_unprivileged_userns=0)"),
			what, strerror(code));
	return error_set(err, code,
		_("%s: %s: a container or a security policy forbids it (run as root, or "
		  "give the container CAP_SYS_ADMIN and CAP_NET_ADMIN)"),
		what, strerror(code));
}

static int write_map(const char *path, unsigned int outside, struct error *err)
{
	char line[64];
	int r;

	snprintf(line, sizeof(line), "0 %u 1", outside);
	r = fd_write_file(path, line);
	return r < 0 ? explain_refusal(err, -r, _("cannot map the user of a user namespace")) : 0;
}

static int enter_user_namespace(struct error *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int r;

	if (unshare(CLONE_NEWUSER) < 0)
		return explain_refusal(err, errno, _("cannot create a user namespace"));
	/* A program that changed its user is not dumpable, and its /proc files belong to root. */
	prctl(PR_SET_DUMPABLE, 1);
	r = fd_write_file("/proc/self/setgroups", "deny");
	if (r < 0 && r != -ENOENT)
		return explain_refusal(err, -r, _("cannot set up a user namespace"));
	r = write_map("/proc/self/uid_map", uid, err);
	if (r < 0)
		return r;
	return write_map("/proc/self/gid_map", gid, err);
}

/* In a chroot the root is a mere directory of a mount that cannot be made private. */
static bool is_chroot(void)
{
	struct statx root;

	return statx(AT_FDCWD, "/", 0, 0, &root) == 0 &&
	       (root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) &&
	       !(root.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

int sandbox_enter(struct sandbox *sandbox, struct error *err)
{
	struct sandbox entered = SANDBOX_NONE;
	int r;

	if (is_chroot())
		return error_set(err, EINVAL,
			_("the hosts need mounts of their own, and there can be none in a chroot "
			  "(leave it, or enter it anew after: mount --bind DIR DIR)"));
	entered.home_netns_fd = open_netns();
	if (entered.home_netns_fd < 0)
		return error_errno(err, errno, _("this kernel has no network namespaces"));
	if (unshare(CLONE_NEWNET) < 0) {
		r = errno == EPERM
			    ? enter_user_namespace(err)
			    : explain_refusal(err, errno, _("cannot create a network namespace"));
		if (r == 0 && unshare(CLONE_NEWNET) < 0)
			r = explain_refusal(err, errno, _("cannot create a network namespace"));
		if (r < 0) {
			fd_close(&entered.home_netns_fd);
			return r;
		}
	}
	entered.base_netns_fd = open_netns();
	if (entered.base_netns_fd < 0) {
		r = error_errno(err, errno, "/proc/thread-self/ns/net");
		sandbox_leave(&entered);
		return r;
	}
	/* Only the wire is here: no address may ever answer a packet that passes. */
	sandbox_sysctl("net.ipv6.conf.all.disable_ipv6", "1");
	sandbox_sysctl("net.ipv6.conf.default.disable_ipv6", "1");
	/* Read when a namespace is made from this one: small tables make sock_diag dumps cheap. */
	sandbox_sysctl("net.ipv4.tcp_child_ehash_entries", "16");
	*sandbox = entered;
	return 0;
}

void sandbox_leave(struct sandbox *sandbox)
{
	if (sandbox->home_netns_fd >= 0)
		setns(sandbox->home_netns_fd,
			CLONE_NEWNET); /* EPERM without real root: then we stay */
	fd_close(&sandbox->home_netns_fd);
	fd_close(&sandbox->base_netns_fd);
}

int sandbox_switch(int netns_fd, struct error *err)
{
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return error_errno(err, errno, _("cannot enter a network namespace"));
	return 0;
}

int sandbox_new_netns(const struct sandbox *sandbox, int *ret_fd, struct error *err)
{
	int fd;
	int r = sandbox_switch(sandbox->base_netns_fd, err);

	if (r < 0)
		return r;
	if (unshare(CLONE_NEWNET) < 0)
		return explain_refusal(err, errno, _("cannot create a network namespace"));
	fd = open_netns();
	if (fd < 0)
		return error_errno(err, errno, "/proc/thread-self/ns/net");
	r = sandbox_switch(sandbox->base_netns_fd, err);
	if (r < 0)
		fd_close(&fd);
	else
		*ret_fd = fd;
	return r;
}

/* "net.ipv4.tcp_fin_timeout" lies at /proc/sys/net/ipv4/tcp_fin_timeout. */
static void find_sysctl(const char *name, char *path, size_t size)
{
	size_t used = (size_t)snprintf(path, size, "/proc/sys/");

	for (; *name && used < size - 1; name++)
		path[used++] = *name == '.' ? '/' : *name;
	path[used] = '\0';
}

int sandbox_sysctl(const char *name, const char *value)
{
	char path[256];

	find_sysctl(name, path, sizeof(path));
	return fd_write_file(path, value);
}

ssize_t sandbox_read_sysctl(const char *name, char *buffer, size_t size)
{
	char path[256];

	find_sysctl(name, path, sizeof(path));
	return fd_read_file(path, buffer, size);
}
