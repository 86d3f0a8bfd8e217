/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_SOCKET_OPTION_H
#define OBSERVE_SOCKET_OPTION_H

/*
 * An option of a socket that another process holds. sock_diag tells nothing of SO_REUSEADDR; but whoever
 * may trace a process (root, or its user where Yama lets them) may borrow a descriptor of it for a
 * moment, pidfd_getfd(2), kernel 5.6, and ask the socket itself. The process does not notice.
 */

#include <stdint.h>
#include <sys/types.h>

/*
 * Of the socket with that inode, at descriptor `fd` of process `pid`: 0 and the value, or a negative errno
 * (-EPERM: not this user's to ask; -ESTALE: another socket is there by now; -ENOSYS before 5.6).
 */
int socket_option_read(pid_t pid, int fd, uint32_t inode, int level, int name, int *ret_value);

#endif
