/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/suite_worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/list.h"
#include "scenario/preface.h"
#include "scenario/suite_message.h"

struct worker {
	const struct suite_worker_order *order;
	struct lab lab;
	int fd;
	uint64_t own; /* task, of one that is alone */
};

int suite_board_make(struct suite_board *board, size_t places, size_t items)
{
	size_t numbers = (1 + places) * sizeof(*board->next);
	size_t bytes = numbers + items * sizeof(*board->failures_shown);
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	board->memory = memory;
	board->memory_bytes = bytes;
	board->next = memory;
	board->doing = board->next + 1;
	board->failures_shown = (void *)((char *)memory + numbers);
	return 0;
}

void suite_board_finish(struct suite_board *board)
{
	if (board->memory)
		munmap(board->memory, board->memory_bytes);
	*board = (struct suite_board){0};
}

/* Shall this run be rendered? Counts it, when it failed. */
static bool is_to_be_shown(
	const struct suite_board *board, size_t item, uint64_t run, bool has_failed)
{
	/* The first has a place of its own: it may end after others that began later. */
	if (run == 1 || !has_failed)
		return run == 1;
	return atomic_fetch_add(&board->failures_shown[item], 1) < SUITE_FAILURES_SHOWN - 1;
}

static bool take_task(struct worker *worker, size_t *ret_item, uint64_t *ret_run)
{
	const struct suite_worker_order *order = worker->order;
	uint64_t repeat = order->setting->repeat;
	uint64_t task = order->is_alone ? worker->own++ : atomic_fetch_add(order->board->next, 1);

	if (interrupt_requested() || task / order->choice_count >= repeat)
		return false;
	atomic_store(&order->board->doing[order->place], task + 1);
	*ret_item = order->choice[task % order->choice_count];
	*ret_run = task / order->choice_count + 1;
	return true;
}

/* All of it, or the reader is gone, and then so are we. */
static void write_all(int fd, const struct text *message)
{
	size_t written = 0;

	while (written < message->length) {
		ssize_t n = write(fd, message->bytes + written, message->length - written);

		if (n < 0 && errno != EINTR)
			_exit(1);
		written += n > 0 ? (size_t)n : 0;
	}
}

/* What the report needs of the result; its strings change hands. */
static void fill_report(struct suite_report *report, struct run_result *result)
{
	report->outcome = result->outcome;
	report->reason = result->reason;
	result->reason = NULL;
	report->last_states = text_steal(&result->last_states);
	for (size_t i = 0; i < result->failure_count; i++) {
		struct run_failure *failure = &result->failures[i];
		struct suite_failure *copy =
			list_grow(&report->failures, &report->failure_count, &report->failure_room);

		copy->line = failure->step->line;
		copy->text = text_copy(failure->step->text);
		copy->expected = failure->expected;
		copy->observed = failure->observed;
		failure->expected = failure->observed = NULL;
	}
}

static void render(struct worker *worker, const struct suite_item *item,
	const struct run_result *result, struct suite_report *report)
{
	const struct suite_setting *setting = worker->order->setting;
	bool has_failed = result->outcome == RUN_FAILED;

	if (is_to_be_shown(worker->order->board, report->item, report->run, has_failed) &&
		setting->render)
		setting->render(item, report->run, &worker->lab, result, &report->output,
			setting->context, &report->render_error);
}

/* Runs the scenario and fills the report. False when the laboratory broke. */
static bool run_item(struct worker *worker, struct suite_report *report)
{
	const struct suite_worker_order *order = worker->order;
	const struct suite_item *item = &order->items[report->item];
	struct run_setting setting = {
		.keeps_going = order->setting->keeps_going,
		.here = item->here,
	};
	struct run_result result = {.last_states = TEXT_INIT};
	struct error err = {0};
	const char *title = item->scenario->title;
	int r = lab_reset(&worker->lab, *title ? title : NULL, &err);

	if (r == 0) {
		scenario_preface(item->scenario, &worker->lab.timeline);
		r = scenario_run(item->scenario, &worker->lab, &setting, &result, &err);
	}
	if (r < 0) {
		report->outcome = interrupt_requested() ? RUN_INTERRUPTED : RUN_FAILED;
		report->reason = text_copy(err.text);
	} else {
		if (result.outcome != RUN_INTERRUPTED)
			render(worker, item, &result, report);
		fill_report(report, &result);
	}
	run_result_finish(&result);
	return r == 0;
}

static void run_all(struct worker *worker)
{
	struct suite_report report = {.output = TEXT_INIT};
	_cleanup_text_ struct text message = TEXT_INIT;
	bool is_whole = true;

	while (is_whole && take_task(worker, &report.item, &report.run)) {
		is_whole = run_item(worker, &report);
		text_clear(&message);
		suite_message_report(&message, &report);
		write_all(worker->fd, &message);
		suite_report_finish(&report);
		atomic_store(&worker->order->board->doing[worker->order->place], 0);
	}
}

static _Noreturn void work(const struct suite_worker_order *order, int fd)
{
	struct worker worker = {.order = order, .fd = fd};
	struct error err = {0};

	if (lab_open(&worker.lab, NULL, order->setting->is_ipv6, &err) < 0) {
		_cleanup_text_ struct text message = TEXT_INIT;

		suite_message_refused(&message, &err);
		write_all(fd, &message);
		_exit(1);
	}
	run_all(&worker);
	lab_close(&worker.lab);
	_exit(0);
}

int suite_worker_start(const struct suite_worker_order *order, pid_t *ret_pid, int *ret_fd)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int code = errno;

		close(ends[0]);
		close(ends[1]);
		return -code;
	}
	if (pid == 0) {
		close(ends[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		work(order, ends[1]);
	}
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*ret_pid = pid;
	*ret_fd = ends[0];
	return 0;
}
