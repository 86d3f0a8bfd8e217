/* SPDX-License-Identifier: BSD-2-Clause */
#include "soak/question.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "daytime/exchange.h"
#include "daytime/parse.h"

/* "Sun Jun  5 21:00:00 2022\r\n" */
#define LINE_BYTES 26

static int ask(struct question *question)
{
	static const char request[EXCHANGE_REQUEST_BYTES];

	question->again_ns = clock_deadline_ns(QUESTION_AGAIN_NS);
	/* A full queue of ours is as good as a datagram lost on the way. */
	if (send(question->fd, request, sizeof(request), MSG_DONTWAIT) < 0 && errno == EBADF)
		return -errno;
	return 0;
}

static int set_out(const struct question_plan *plan, struct question *question)
{
	const struct sockaddr *source = (const struct sockaddr *)&plan->source;
	int one = 1;

	if (plan->source.sin_family && plan->target.ss_family == AF_INET) {
		setsockopt(question->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
		if (bind(question->fd, source, sizeof(plan->source)) < 0)
			return -errno;
	}
	if (connect(question->fd, (const struct sockaddr *)&plan->target, plan->target_length) <
			0 &&
		errno != EINPROGRESS)
		return -errno;
	return plan->is_datagram ? ask(question) : 0;
}

int question_begin(const struct question_plan *plan, struct question *question)
{
	int type = plan->is_datagram ? SOCK_DGRAM : SOCK_STREAM;
	int r;

	*question = (struct question){
		.fd = socket(plan->target.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
		.is_datagram = plan->is_datagram,
		.closes_first = plan->closes_first,
		.begun_ns = clock_now_ns(),
		.begun_real_ns = clock_real_ns(),
		.deadline_ns = clock_deadline_ns(plan->patience_ns),
	};
	if (question->fd < 0)
		return -errno;
	r = set_out(plan, question);
	if (r < 0)
		fd_close(&question->fd);
	return r;
}

/* Just one line, and the time that it was between question and answer. */
static bool is_right(const struct question *question)
{
	char line[QUESTION_REPLY_BYTES + 1];
	struct reading reading;

	if (question->length != LINE_BYTES || memcmp(question->reply + LINE_BYTES - 2, "\r\n", 2))
		return false;
	memcpy(line, question->reply, LINE_BYTES - 2);
	line[LINE_BYTES - 2] = '\0';
	if (strlen(line) != LINE_BYTES - 2 || parse_line(line, true, &reading, NULL) < 0)
		return false;
	return reading.time_s >= question->begun_real_ns / NS_PER_S &&
	       reading.time_s <= clock_real_ns() / NS_PER_S;
}

static int finish(struct question *question)
{
	fd_close(&question->fd);
	question->is_wrong = !is_right(question);
	return question->is_wrong ? -EBADMSG : 0;
}

static bool has_line(const struct question *question)
{
	return memchr(question->reply, '\n', question->length);
}

int question_continue(struct question *question)
{
	size_t room = sizeof(question->reply) - question->length;
	ssize_t n;
	int code;

	/* One byte more than fits is one too many. */
	if (room == 0)
		return finish(question);
	n = recv(question->fd, question->reply + question->length, room, MSG_DONTWAIT);
	code = errno;
	if (n < 0 && (code == EAGAIN || code == EINTR))
		return -EINPROGRESS;
	if (n < 0) {
		fd_close(&question->fd);
		return -code;
	}
	question->length += (size_t)n;
	if (n == 0 || question->is_datagram || (question->closes_first && has_line(question)))
		return finish(question);
	return -EINPROGRESS;
}

int question_tick(struct question *question, int64_t now_ns)
{
	if (question->deadline_ns <= now_ns) {
		fd_close(&question->fd);
		return -ETIMEDOUT;
	}
	if (question->is_datagram && question->again_ns <= now_ns) {
		question->repeated++;
		ask(question);
	}
	return -EINPROGRESS;
}
