/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * refuse CALL COMMAND...: runs the command where a system call is refused with EPERM, as the policy of
 * a container does. CALL is pidfd_getfd, seccomp or socket.
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned int number_of(const char *call)
{
	if (!strcmp(call, "seccomp"))
		return __NR_seccomp;
	return strcmp(call, "socket") ? __NR_pidfd_getfd : __NR_socket;
}

int main(int argc, char **argv)
{
	unsigned int number;

	if (argc < 3)
		return 2;
	number = number_of(argv[1]);
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(*filter), filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("refuse");
		return 1;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
