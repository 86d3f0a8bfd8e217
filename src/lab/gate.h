/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LAB_GATE_H
#define LAB_GATE_H

/*
 * A gate before the system calls of a real program: those that can move a TCP connection wait
 * until the laboratory lets them go on. So one thing happens at a time, every state is
 * observed though the program runs freely between two calls, and each call is on record. The
 * program notices nothing. Built on seccomp user notification (seccomp_unotify(2)); needs no
 * privilege, but sets no_new_privs.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct gate_call {
	uint64_t id; /* for gate_open() */
	pid_t pid;   /* the calling thread, as seen from here */
	int number;  /* __NR_close, ... */
	uint64_t arguments[6];
};

/*
 * In the program's process, before exec: puts up the gate and returns the descriptor on which the
 * calls arrive (it has to be handed to the laboratory), or a negative errno where the kernel or a
 * policy refuses; then there is no gate. From then on this process' own close() and write() wait
 * too.
 */
int gate_install(void);

/* Takes the call that waits: 1, 0 when there is none (any more), or a negative errno. */
int gate_receive(int gate_fd, struct gate_call *ret_call);

/* Lets the call go on. One whose caller has died meanwhile is no error. */
void gate_open(int gate_fd, const struct gate_call *call);

/*
 * What a call is about, found out through a copy of the caller's descriptor. False where it is
 * no TCP socket, or may not be asked; nothing to record then.
 */
struct gate_socket {
	uint64_t cookie; /* as in struct diag_socket */
};
bool gate_inspect(const struct gate_call *call, struct gate_socket *ret_socket);

/*
 * The call in words ("close()", "send(26 bytes)", "shutdown(SHUT_WR)"), as a person would write it.
 * Returns `text`, or NULL for a call that is not worth a word in a picture.
 */
#define GATE_TEXT_BYTES 64
const char *gate_describe(const struct gate_call *call, char text[GATE_TEXT_BYTES]);

/* Does the call take a connection from a listener's queue? */
bool gate_is_accept(const struct gate_call *call);

#endif
