/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_GUARDIAN_H
#define LAB_GUARDIAN_H

/*
 * The parent of all real programs of a laboratory: a process of ours that forks them, reaps them
 * and what they leave behind, and reports how they ended. It is the first process of a PID
 * namespace: when it dies the kernel kills all others there, those that made themselves daemons
 * too; and it dies with us, however we end, SIGKILL included. See pid_namespaces(7).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define GUARDIAN_FDS_MAX 4

/*
 * What a forked process is to do with its order: replace itself, and not return. `fds` arrive
 * close-on-exec.
 */
typedef void guardian_obey(const char *order, size_t length, const int *fds, size_t fd_count);

struct guardian {
	pid_t pid;  /* 0 when there is none */
	int socket; /* orders there, reports back */
	struct guardian_report {
		pid_t number; /* the process' pid in the guardian's namespace */
		int status;   /* as waitpid() gives it */
	} * reports;
	size_t report_count, report_room;
};

#define GUARDIAN_NONE                                                                              \
	{                                                                                          \
		.socket = -1                                                                       \
	}

/*
 * With a namespace: needs CAP_SYS_ADMIN in the caller's user namespace. Without: what changes its
 * user, or makes itself a daemon, may outlive us; only where nothing here can do that.
 */
int guardian_start(
	struct guardian *guardian, guardian_obey *obey, bool has_namespace, struct error *err);

/* Kills it, and with it everything in its namespace, and waits until that is done. */
void guardian_stop(struct guardian *guardian);

/*
 * Has the guardian fork a process that obeys the order (copied; at most some 100 KiB). Its pid as
 * seen from here, and its number as the reports have it.
 */
int guardian_order(struct guardian *guardian, const char *order, size_t length, const int *fds,
	size_t fd_count, pid_t *ret_pid, pid_t *ret_number, struct error *err);

/* Has the process ended? Its status in *ret_status then. Never blocks. */
bool guardian_has_ended(struct guardian *guardian, pid_t number, int *ret_status);

#endif
