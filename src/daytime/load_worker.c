/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_worker.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"

#define EVENTS_MAX 256
#define STOP_PLACE UINT32_MAX

static int64_t earlier(int64_t one_ns, int64_t other_ns)
{
	return one_ns < other_ns ? one_ns : other_ns;
}

/* This worker's share of what is dealt out in turn. */
static uint64_t share(uint64_t total, int workers, int index)
{
	return total / (uint64_t)workers + ((uint64_t)index < total % (uint64_t)workers);
}

static int watch_stop(struct load_worker *worker)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = STOP_PLACE};

	worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (worker->epoll_fd < 0)
		return -errno;
	return epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->stop_fd, &event) ? -errno : 0;
}

int load_worker_open(struct load_worker *worker, const struct load_plan *plan, int index)
{
	worker->plan = plan;
	worker->index = index;
	worker->epoll_fd = -1;
	worker->count = share(plan->count, plan->workers, index);
	worker->concurrency = (int)share((uint64_t)plan->concurrency, plan->workers, index);
	if ((uint64_t)worker->concurrency > worker->count)
		worker->concurrency = (int)worker->count;
	worker->oldest = worker->newest = worker->free = -1;
	if (worker->concurrency) {
		worker->slots = calloc((size_t)worker->concurrency, sizeof(*worker->slots));
		if (!worker->slots)
			return -ENOMEM;
	}
	for (int i = worker->concurrency - 1; i >= 0; i--) {
		worker->slots[i].fd = -1;
		worker->slots[i].after = worker->free;
		worker->free = i;
	}
	return watch_stop(worker);
}

void load_worker_close(struct load_worker *worker)
{
	for (int i = 0; worker->slots && i < worker->concurrency; i++)
		load_slot_close(&worker->slots[i]);
	free(worker->slots);
	worker->slots = NULL;
	fd_close(&worker->epoll_fd);
}

/* All have the same time: in the order in which they begin they also expire. */
static void enqueue(struct load_worker *worker, int place)
{
	struct load_slot *slot = &worker->slots[place];

	worker->free = slot->after;
	slot->before = worker->newest;
	slot->after = -1;
	slot->is_busy = true;
	if (worker->newest >= 0)
		worker->slots[worker->newest].after = place;
	else
		worker->oldest = place;
	worker->newest = place;
}

static void dequeue(struct load_worker *worker, int place)
{
	struct load_slot *slot = &worker->slots[place];

	if (slot->before >= 0)
		worker->slots[slot->before].after = slot->after;
	else
		worker->oldest = slot->after;
	if (slot->after >= 0)
		worker->slots[slot->after].before = slot->before;
	else
		worker->newest = slot->before;
	slot->after = worker->free;
	slot->is_busy = false;
	worker->free = place;
}

static bool has_more(const struct load_worker *worker)
{
	return worker->started < worker->count;
}

/* The number of the next exchange among those of all workers. */
static uint64_t next_number(const struct load_worker *worker)
{
	return worker->started * (uint64_t)worker->plan->workers + (uint64_t)worker->index;
}

static int64_t next_start_ns(const struct load_worker *worker)
{
	return worker->begin_ns + load_schedule_ns(worker->plan->rate, next_number(worker));
}

static void start(struct load_worker *worker, int64_t start_ns, int64_t now_ns)
{
	int place = worker->free;
	struct load_slot *slot = &worker->slots[place];
	uint64_t number = next_number(worker);
	int result;

	worker->started++;
	slot->start_ns = start_ns;
	slot->deadline_ns = now_ns + worker->plan->timeout_ns;
	result = load_slot_start(slot, worker->plan, worker->epoll_fd, place, number);
	if (result == LOAD_WAITING)
		enqueue(worker, place);
	else
		load_result_failed(&worker->result, result);
}

/*
 * Begins what is due, and no more than so many at a time: where each fails at once, a server's
 * answers must not wait for all of them. Returns until when nothing else need be begun.
 */
static int64_t start_due(struct load_worker *worker)
{
	for (int round = 0; round < EVENTS_MAX; round++) {
		int64_t now_ns;
		int64_t start_ns;

		if (worker->free < 0 || !has_more(worker))
			return DEADLINE_NEVER;
		now_ns = clock_now_ns();
		start_ns = worker->plan->rate ? next_start_ns(worker) : now_ns;
		if (start_ns > now_ns)
			return start_ns;
		start(worker, start_ns, now_ns);
	}
	return 0;
}

static void finish(struct load_worker *worker, int place, int failure, int64_t now_ns)
{
	struct load_slot *slot = &worker->slots[place];
	bool is_whole = !failure;

	if (!failure)
		failure = load_verify(&worker->verifier, slot->bytes, slot->length);
	load_slot_end(slot, worker->plan, is_whole);
	dequeue(worker, place);
	if (failure)
		load_result_failed(&worker->result, failure);
	else
		load_result_answered(&worker->result, now_ns - slot->start_ns);
}

static void handle(struct load_worker *worker, const struct epoll_event *event, int64_t now_ns)
{
	uint32_t place = event->data.u32;
	int result;

	if (place == STOP_PLACE) {
		worker->is_stopped = true;
		return;
	}
	if (!worker->slots[place].is_busy)
		return;
	result = load_slot_read(&worker->slots[place], worker->plan, event->events);
	if (result != LOAD_WAITING)
		finish(worker, (int)place, result, now_ns);
}

static void expire(struct load_worker *worker, int64_t now_ns)
{
	while (worker->oldest >= 0 && worker->slots[worker->oldest].deadline_ns <= now_ns)
		finish(worker, worker->oldest, LOAD_TIMEOUT, now_ns);
}

/* epoll_wait(2) with nanoseconds where the kernel has it (Linux 5.11). */
static int wait_until(struct load_worker *worker, struct epoll_event *events, int64_t until_ns)
{
	int64_t left_ns;
	struct timespec timeout;
	int count;

	if (until_ns == DEADLINE_NEVER)
		return epoll_wait(worker->epoll_fd, events, EVENTS_MAX, -1);
	left_ns = until_ns ? until_ns - clock_now_ns() : 0;
	if (left_ns < 0)
		left_ns = 0;
	timeout.tv_sec = left_ns / NS_PER_S;
	timeout.tv_nsec = left_ns % NS_PER_S;
	count = epoll_pwait2(worker->epoll_fd, events, EVENTS_MAX, &timeout, NULL);
	if (count < 0 && errno == ENOSYS)
		count = epoll_wait(worker->epoll_fd, events, EVENTS_MAX, clock_poll_ms(until_ns));
	return count;
}

void load_worker_run(struct load_worker *worker)
{
	struct epoll_event events[EVENTS_MAX];

	while (!worker->is_stopped) {
		int64_t until_ns = start_due(worker);
		int64_t now_ns;
		int count;

		if (worker->oldest >= 0)
			until_ns = earlier(until_ns, worker->slots[worker->oldest].deadline_ns);
		else if (!has_more(worker))
			break;
		count = wait_until(worker, events, until_ns);
		now_ns = clock_now_ns();
		for (int i = 0; i < count; i++)
			handle(worker, &events[i], now_ns);
		expire(worker, now_ns);
	}
	worker->result.duration_ns = clock_now_ns() - worker->begin_ns;
}
