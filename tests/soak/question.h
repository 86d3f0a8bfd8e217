/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SOAK_QUESTION_H
#define SOAK_QUESTION_H

/*
 * One honest question to a daytime server, by TCP or UDP, from its beginning until it has been answered
 * or given up. Nothing here blocks.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUESTION_REPLY_BYTES 128
#define QUESTION_AGAIN_NS    (100 * NS_PER_MS) /* a datagram may get lost; then one asks again */

struct question {
	int fd; /* -1 while the place is free */
	bool is_datagram;
	bool closes_first; /* after the line, without waiting for the server's FIN */
	bool is_wrong;     /* it was answered, but not with the time of day */
	int repeated;      /* how often it was asked again */
	int64_t begun_ns, begun_real_ns, again_ns, deadline_ns;
	char reply[QUESTION_REPLY_BYTES];
	size_t length;
};

struct question_plan {
	struct sockaddr_storage target;
	socklen_t target_length;
	struct sockaddr_in
		source; /* where IPv4 questions come from; family 0: chosen by the kernel */
	bool is_datagram;
	bool closes_first;
	int64_t patience_ns;
};

/* Begins: 0 with question->fd open, or a negative errno. */
int question_begin(const struct question_plan *plan, struct question *question);

/*
 * The socket is ready. Returns -EINPROGRESS while it is not over; 0 when the right answer came;
 * -EBADMSG when it is another (question->is_wrong); or the negative errno with which it failed.
 * The socket is closed when it is over.
 */
int question_continue(struct question *question);

/* A look at the clock: asks again, or gives up with -ETIMEDOUT; -EINPROGRESS otherwise. */
int question_tick(struct question *question, int64_t now_ns);

#endif
