/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/suite_crew.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "scenario/suite_message.h"

/* Each slow scenario has hosts and processes of its own: so many at once, further ones thereafter. */
#define SLOW_AT_ONCE 200

/* How long nothing may be heard before one looks who is still alive. */
#define SILENCE_MS 100

/* How long a worker has to tidy up before it is killed; the kernel tidies up then. */
#define PARTING_NS (500 * NS_PER_MS)

#define READ_BYTES 65536

/* Where the limits leave no room for all laboratories at once, the ones that were refused are tried
 * again when nobody else has one; for a while, for the kernel takes old ones apart in its own time. */
#define ATTEMPTS_MAX 30
#define ATTEMPT_MS   10

struct suite_member {
	pid_t pid; /* 0 in a place that nobody has */
	int fd;
	bool has_no_lab; /* it was refused one, or could not even be started */
	unsigned int attempts;
	size_t item; /* of its last report */
	uint64_t run;
	struct text input; /* the beginning of a message */
};

/* What a place is there for. */
static struct suite_worker_order order_for(const struct suite_crew *crew, size_t place)
{
	bool is_slow = place >= crew->jobs;

	return (struct suite_worker_order){
		.items = crew->items,
		.setting = crew->setting,
		.board = &crew->board,
		.place = place,
		.choice = is_slow ? &crew->slow[place - crew->jobs] : crew->normal,
		.choice_count = is_slow ? 1 : crew->normal_count,
		.is_alone = is_slow,
	};
}

static void note_refusal(struct suite_crew *crew, const struct error *err)
{
	if (!crew->refusal.code)
		crew->refusal = *err;
}

static void start(struct suite_crew *crew, size_t place)
{
	struct suite_worker_order order = order_for(crew, place);
	struct suite_member *member = &crew->members[place];
	struct error err;
	int r;

	*member = (struct suite_member){
		.fd = -1, .attempts = member->attempts + 1, .input = TEXT_INIT};
	atomic_store(&crew->board.doing[place], 0);
	r = suite_worker_start(&order, &member->pid, &member->fd);
	if (r < 0) {
		error_errno(&err, -r, _("cannot start a process"));
		note_refusal(crew, &err);
		member->has_no_lab = true;
		return;
	}
	crew->alive++;
}

static void start_slow(struct suite_crew *crew)
{
	while (crew->slow_started < crew->slow_count && crew->alive < crew->jobs + SLOW_AT_ONCE)
		start(crew, crew->jobs + crew->slow_started++);
}

static bool has_tasks(const struct suite_crew *crew)
{
	return crew->normal_count &&
	       atomic_load(crew->board.next) < crew->normal_count * crew->setting->repeat;
}

/* More than one wanted a laboratory, and it may have been too many. */
static bool may_retry(const struct suite_crew *crew, size_t place)
{
	const struct suite_member *member = &crew->members[place];

	return member->has_no_lab && crew->places > 1 && member->attempts < ATTEMPTS_MAX &&
	       (place >= crew->jobs || has_tasks(crew)) && !interrupt_requested();
}

static void retry(struct suite_crew *crew)
{
	for (size_t place = 0; place < crew->places && !crew->alive && !crew->is_hopeless;
		place++) {
		if (!may_retry(crew, place))
			continue;
		poll(NULL, 0, ATTEMPT_MS);
		start(crew, place);
		/* Alone, and for so long: there will be none for the others either. */
		crew->is_hopeless =
			crew->members[place].attempts == ATTEMPTS_MAX && !crew->has_had_lab;
	}
}

int suite_crew_start(struct suite_crew *crew, struct error *err)
{
	int r;

	crew->places = crew->jobs + crew->slow_count;
	r = suite_board_make(&crew->board, crew->places, crew->item_count);
	if (r < 0)
		return error_errno(err, -r, _("cannot share memory"));
	crew->members = calloc(crew->places + 1, sizeof(*crew->members));
	if (!crew->members)
		abort();
	/* What is in the buffers now would be written by every worker again. */
	fflush(NULL);
	start_slow(crew);
	for (size_t place = 0; place < crew->jobs; place++)
		start(crew, place);
	retry(crew);
	return 0;
}

/* "the process that ran it was ended by signal 11 (Segmentation fault)" */
static char *describe_death(int status)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	if (WIFSIGNALED(status))
		text_printf(&words, _("the process that ran it was ended by signal %d (%s)"),
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		text_printf(&words, _("the process that ran it ended with status %d"),
			WEXITSTATUS(status));
	return text_steal(&words);
}

/* The run that a worker died of has failed. */
static void report_death(struct suite_crew *crew, size_t place, int status)
{
	const struct suite_member *member = &crew->members[place];
	struct suite_worker_order order = order_for(crew, place);
	uint64_t doing = atomic_load(&crew->board.doing[place]);
	struct suite_report report = {.outcome = RUN_FAILED, .output = TEXT_INIT};

	if (!doing)
		return;
	report.item = order.choice[(doing - 1) % order.choice_count];
	report.run = (doing - 1) / order.choice_count + 1;
	/* It may have ended between its report and its note on the board. */
	if (report.item == member->item && report.run == member->run)
		return;
	report.reason = describe_death(status);
	crew->take(&report, crew->context);
	suite_report_finish(&report);
}

static void vacate(struct suite_crew *crew, size_t place)
{
	struct suite_member *member = &crew->members[place];

	fd_close(&member->fd);
	text_finish(&member->input);
	member->pid = 0;
	crew->alive--;
}

/* A place is free again: what it was at is lost, the rest goes on. */
static void replace(struct suite_crew *crew, size_t place, int status)
{
	bool has_no_lab = crew->members[place].has_no_lab;

	report_death(crew, place, status);
	vacate(crew, place);
	if (place < crew->jobs && !has_no_lab && has_tasks(crew))
		start(crew, place);
	start_slow(crew);
	retry(crew);
}

static void take_report(
	struct suite_crew *crew, struct suite_member *member, struct suite_report *report)
{
	crew->has_had_lab = true;
	member->item = report->item;
	member->run = report->run;
	if (report->outcome != RUN_INTERRUPTED && report->item < crew->item_count)
		crew->take(report, crew->context);
	suite_report_finish(report);
}

/* Takes every whole message. False once the worker talks nonsense. */
static bool take_messages(struct suite_crew *crew, struct suite_member *member)
{
	enum suite_message_kind kind;
	size_t at = 0, used = 0;

	do {
		struct suite_report report;
		struct error err;

		at += used;
		kind = suite_message_take(
			member->input.bytes + at, member->input.length - at, &used, &report, &err);
		if (kind == SUITE_MESSAGE_REPORT) {
			take_report(crew, member, &report);
		} else if (kind == SUITE_MESSAGE_REFUSED) {
			member->has_no_lab = true;
			note_refusal(crew, &err);
		}
	} while (kind == SUITE_MESSAGE_REPORT || kind == SUITE_MESSAGE_REFUSED);
	if (at) {
		member->input.length -= at;
		memmove(member->input.bytes, member->input.bytes + at, member->input.length);
	}
	return kind != SUITE_MESSAGE_BROKEN;
}

/* Reads what is there. False when nothing will come any more. */
static bool hear(struct suite_crew *crew, struct suite_member *member)
{
	static char bytes[READ_BYTES];

	while (true) {
		ssize_t n = read(member->fd, bytes, sizeof(bytes));

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		if (n == 0)
			return false;
		text_append_bytes(&member->input, bytes, (size_t)n);
		if (!take_messages(crew, member)) {
			if (member->pid)
				kill(member->pid, SIGKILL);
			return false;
		}
	}
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* One whose pipe somebody else holds open is noticed, too. */
static void look_for_dead(struct suite_crew *crew)
{
	for (size_t place = 0; place < crew->places; place++) {
		struct suite_member *member = &crew->members[place];
		int status;

		if (member->pid && waitpid(member->pid, &status, WNOHANG) == member->pid) {
			member->pid = 0; /* it may be somebody else's by now */
			hear(crew, member);
			replace(crew, place, status);
		}
	}
}

void suite_crew_listen(struct suite_crew *crew)
{
	struct pollfd *waiting = calloc(crew->places + 1, sizeof(*waiting));
	int ready;

	if (!waiting)
		abort();
	for (size_t place = 0; place < crew->places; place++) {
		struct suite_member *member = &crew->members[place];

		waiting[place] = (struct pollfd){
			.fd = member->pid ? member->fd : -1,
			.events = POLLIN,
		};
	}
	ready = poll(waiting, crew->places, SILENCE_MS);
	for (size_t place = 0; place < crew->places && ready > 0; place++) {
		if (waiting[place].revents && !hear(crew, &crew->members[place]))
			replace(crew, place, reap(crew->members[place].pid));
	}
	if (ready == 0)
		look_for_dead(crew);
	free(waiting);
}

static bool is_alive(struct suite_member *member)
{
	if (member->pid && waitpid(member->pid, NULL, WNOHANG) == member->pid)
		member->pid = 0;
	return member->pid != 0;
}

static bool is_anyone_alive(struct suite_crew *crew)
{
	bool is_any = false;

	for (size_t place = 0; place < crew->places; place++)
		is_any |= is_alive(&crew->members[place]);
	return is_any;
}

void suite_crew_dismiss(struct suite_crew *crew)
{
	int64_t deadline_ns = clock_deadline_ns(PARTING_NS);

	/* Nobody reads any more: whoever is writing is told so, and ends. */
	for (size_t place = 0; place < crew->places; place++) {
		if (!crew->members[place].pid)
			continue;
		fd_close(&crew->members[place].fd);
		kill(crew->members[place].pid, SIGTERM);
	}
	while (is_anyone_alive(crew) && clock_now_ns() < deadline_ns)
		poll(NULL, 0, 1);
	for (size_t place = 0; place < crew->places; place++) {
		struct suite_member *member = &crew->members[place];

		text_finish(&member->input);
		if (!member->pid)
			continue;
		kill(member->pid, SIGKILL);
		reap(member->pid);
		member->pid = 0;
	}
	crew->alive = 0;
}

void suite_crew_finish(struct suite_crew *crew)
{
	suite_board_finish(&crew->board);
	free(crew->members);
	crew->members = NULL;
}
