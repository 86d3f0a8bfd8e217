/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/socket_option.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

int socket_option_read(pid_t pid, int fd, uint32_t inode, int level, int name, int *ret_value)
{
	_cleanup_fd_ int process = (int)syscall(__NR_pidfd_open, pid, 0);
	_cleanup_fd_ int copy = -1;
	struct stat status;
	int value;
	socklen_t length = sizeof(value);

	if (process < 0)
		return -errno;
	copy = (int)syscall(__NR_pidfd_getfd, process, fd, 0);
	if (copy < 0)
		return -errno;
	if (fstat(copy, &status) < 0)
		return -errno;
	if (!S_ISSOCK(status.st_mode) || status.st_ino != inode)
		return -ESTALE;
	if (getsockopt(copy, level, name, &value, &length) < 0)
		return -errno;
	*ret_value = value;
	return 0;
}
