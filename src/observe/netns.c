/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "base/list.h"
#include "base/text.h"

/* include/uapi/linux/magic.h: files that stand for namespaces. */
#define NSFS_MAGIC 0x6e736673

/* Where `ip netns` keeps the names. */
#define NAMED "/run/netns/"
#define OWN   "/proc/thread-self/ns/net"

static uint64_t number_of(const char *path)
{
	struct stat status;

	return stat(path, &status) < 0 ? 0 : status.st_ino;
}

uint64_t netns_number(void)
{
	return number_of(OWN);
}

void netns_close(struct netns *netns)
{
	fd_close(&netns->fd);
}

/* A FIFO is no namespace: do not wait for who writes into it. */
static int open_path(const char *path)
{
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* Takes the descriptor. 0, or -EINVAL when it is no network namespace. (What is no namespace at all may know a
 * request of that number for something else.) */
static int look_at(int fd, struct netns *ret_netns)
{
	struct statfs system;
	struct stat status;

	if (fstatfs(fd, &system) < 0 || system.f_type != NSFS_MAGIC ||
		ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET || fstat(fd, &status) < 0) {
		fd_close(&fd);
		return -EINVAL;
	}
	*ret_netns = (struct netns){.fd = fd, .number = status.st_ino};
	/* One's own needs no right to enter. */
	if (status.st_ino == netns_number())
		fd_close(&ret_netns->fd);
	return 0;
}

static int explain(int code, const char *name, struct error *err)
{
	_cleanup_text_ struct text safe = TEXT_INIT;

	text_append_escaped(&safe, name, strlen(name), false);
	if (code == EACCES || code == EPERM)
		return error_set(err, code, _("network namespace '%.100s': %s (run as root)"),
			safe.bytes, strerror(code));
	if (code == ENOENT)
		return error_set(err, code,
			_("network namespace '%.100s': there is none (the PID of a process, a name "
			  "that 'ip netns' lists, or a path)"),
			safe.bytes);
	if (code == EINVAL)
		return error_set(err, code, _("'%.100s': no network namespace"), safe.bytes);
	return error_errno(err, code, _("network namespace '%.100s'"), safe.bytes);
}

/* A name that is all digits and has no process may still be one of `ip netns`. */
static int open_by(const char *name)
{
	char path[4096];
	uint64_t pid;
	int fd;

	if (strchr(name, '/'))
		return open_path(name);
	if (text_to_number(name, 1, INT32_MAX, &pid) == 0) {
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
		fd = open_path(path);
		if (fd >= 0 || errno != ENOENT)
			return fd;
	}
	if ((size_t)snprintf(path, sizeof(path), NAMED "%s", name) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open_path(path);
}

int netns_open(const char *name, struct netns *ret_netns, struct error *err)
{
	int fd = open_by(name);
	int r;

	if (fd < 0)
		return explain(errno, name, err);
	r = look_at(fd, ret_netns);
	return r < 0 ? explain(-r, name, err) : 0;
}

static bool is_known(const struct netns_list *list, uint64_t number)
{
	/* The last ones first: processes of a container have pids that follow each other. */
	for (size_t i = list->count; i > 0; i--) {
		if (list->spaces[i - 1].number == number)
			return true;
	}
	return false;
}

static void add(struct netns_list *list, const char *path)
{
	uint64_t number = number_of(path);
	struct netns found;
	int fd;

	if (!number) {
		list->unreadable += errno == EACCES || errno == EPERM;
		return;
	}
	if (is_known(list, number))
		return;
	fd = open_path(path);
	if (fd >= 0 && look_at(fd, &found) == 0)
		*list_grow(&list->spaces, &list->count, &list->room) = found;
}

/* Of each entry that names a process (`suffix` behind it), or of each at all. */
static int add_folder(struct netns_list *list, const char *folder, const char *suffix, bool by_pid)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;
	char path[sizeof(entry->d_name) + 64];

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		uint64_t pid;

		if (entry->d_name[0] == '.' ||
			(by_pid && text_to_number(entry->d_name, 1, INT32_MAX, &pid) < 0))
			continue;
		snprintf(path, sizeof(path), "%s%s%s", folder, entry->d_name, suffix);
		add(list, path);
	}
	closedir(directory);
	return 0;
}

static int by_number(const void *left, const void *right)
{
	const struct netns *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

int netns_list_read(struct netns_list *list, struct error *err)
{
	int r;

	*list_grow(&list->spaces, &list->count, &list->room) =
		(struct netns){.fd = -1, .number = netns_number()};
	r = add_folder(list, "/proc/", "/ns/net", true);
	if (r < 0)
		return error_errno(err, -r, "/proc");
	add_folder(list, NAMED, "", false);
	qsort(list->spaces, list->count, sizeof(*list->spaces), by_number);
	return 0;
}

void netns_list_finish(struct netns_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		netns_close(&list->spaces[i]);
	free(list->spaces);
	*list = (struct netns_list){0};
}

int netns_enter(const struct netns *netns, int *ret_home, struct error *err)
{
	int home;

	*ret_home = -1;
	if (netns->fd < 0)
		return 0;
	home = open(OWN, O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return error_errno(err, errno, OWN);
	if (setns(netns->fd, CLONE_NEWNET) < 0) {
		int code = errno;

		fd_close(&home);
		if (code == EPERM)
			return error_set(err, code,
				_("cannot enter the network namespace net:[%llu]: %s "
				  "(CAP_SYS_ADMIN is needed there and here: run as root)"),
				(unsigned long long)netns->number, strerror(code));
		return error_errno(err, code, _("cannot enter the network namespace net:[%llu]"),
			(unsigned long long)netns->number);
	}
	*ret_home = home;
	return 0;
}

int netns_enter_named(const char *name, int *ret_home, struct error *err)
{
	struct netns netns;
	int r;

	*ret_home = -1;
	if (!name)
		return 0;
	r = netns_open(name, &netns, err);
	if (r < 0)
		return r;
	r = netns_enter(&netns, ret_home, err);
	netns_close(&netns);
	return r;
}

int netns_leave(int *home, struct error *err)
{
	int r = 0;

	if (*home >= 0 && setns(*home, CLONE_NEWNET) < 0)
		r = error_errno(err, errno, "%s", _("cannot return to our network namespace"));
	fd_close(home);
	return r;
}
