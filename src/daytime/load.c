/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/progress.h"
#include "daytime/load_worker.h"

/* The standard ones, the two below, and what libc may open. */
#define DESCRIPTORS_BESIDE 16

/* How often the bar is drawn. */
#define LOOK_NS (100 * NS_PER_MS)

struct load {
	const struct load_plan *plan;
	struct load_worker *workers;
	int opened;  /* workers that are to be closed */
	int threads; /* and joined */
	int stop_fd; /* readable once all are to end */
};

int64_t load_schedule_ns(uint64_t rate, uint64_t number)
{
	if (!rate)
		return 0;
	return (int64_t)(number / rate) * NS_PER_S +
	       (int64_t)(number % rate * (uint64_t)NS_PER_S / rate);
}

static int allow_descriptors(const struct load_plan *plan, struct error *err)
{
	rlim_t needed = (rlim_t)plan->concurrency + (rlim_t)plan->workers + DESCRIPTORS_BESIDE;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return error_errno(err, errno, "getrlimit");
	if (limit.rlim_cur >= needed)
		return 0;
	limit.rlim_cur = needed;
	if (limit.rlim_max < needed)
		limit.rlim_max = needed; /* for root alone */
	if (!setrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	getrlimit(RLIMIT_NOFILE, &limit);
	return error_set(err, EMFILE,
		_("--concurrency %d: it needs %llu descriptors, and %llu are allowed ('ulimit -Hn' "
		  "as root raises that)"),
		plan->concurrency, (unsigned long long)needed, (unsigned long long)limit.rlim_max);
}

/* The worker's CPU is the index-th of those allowed, round and round. */
static void pin(int index)
{
	cpu_set_t allowed;
	cpu_set_t one;
	int left;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) || !CPU_COUNT(&allowed))
		return;
	left = index % CPU_COUNT(&allowed);
	CPU_ZERO(&one);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &allowed) && left-- == 0)
			CPU_SET(cpu, &one);
	}
	sched_setaffinity(0, sizeof(one), &one);
}

static void *run_worker(void *context)
{
	struct load_worker *worker = context;
	const uint64_t one = 1;

	if (worker->plan->is_pinned)
		pin(worker->index);
	prctl(PR_SET_TIMERSLACK, 1); /* the schedule of a --rate is in nanoseconds */
	load_worker_run(worker);
	/* An eventfd takes 2^64 - 2 of these before it would refuse one. */
	if (write(worker->ended_fd, &one, sizeof(one)) < 0)
		abort();
	return NULL;
}

static void stop(const struct load *load)
{
	const uint64_t one = 1;

	if (write(load->stop_fd, &one, sizeof(one)) < 0)
		abort();
}

static int open_workers(struct load *load, int ended_fd, struct error *err)
{
	load->workers = calloc((size_t)load->plan->workers, sizeof(*load->workers));
	if (!load->workers)
		return error_errno(err, ENOMEM, _("%d workers"), load->plan->workers);
	for (int i = 0; i < load->plan->workers; i++) {
		struct load_worker *worker = &load->workers[i];
		int result;

		worker->stop_fd = load->stop_fd;
		worker->ended_fd = ended_fd;
		load->opened++;
		result = load_worker_open(worker, load->plan, i);
		if (result)
			return error_errno(err, -result, _("cannot make worker %d"), i + 1);
	}
	return 0;
}

static int start_threads(struct load *load, struct error *err)
{
	int64_t begin_ns = clock_now_ns();

	for (; load->threads < load->plan->workers; load->threads++) {
		struct load_worker *worker = &load->workers[load->threads];
		int result;

		worker->begin_ns = begin_ns;
		result = pthread_create(&worker->thread, NULL, run_worker, worker);
		if (result) {
			stop(load);
			return error_errno(
				err, result, _("cannot start worker %d"), load->threads + 1);
		}
	}
	return 0;
}

static void close_workers(struct load *load)
{
	for (int i = 0; i < load->threads; i++)
		pthread_join(load->workers[i].thread, NULL);
	for (int i = 0; i < load->opened; i++)
		load_worker_close(&load->workers[i]);
	free(load->workers);
	fd_close(&load->stop_fd);
}

static void show(const struct load *load, struct progress *progress)
{
	uint64_t done = 0;

	for (int i = 0; i < load->threads; i++)
		done += load_result_done(&load->workers[i].result);
	progress_show_count(progress, done, load->plan->count);
}

/*
 * Until all workers have ended. The signals are let in while we wait and only then, so that none
 * slips between the question and the wait.
 */
static void await(struct load *load, int ended_fd, const sigset_t *awake, const char *title)
{
	const struct timespec look = {.tv_nsec = LOOK_NS};
	const int64_t begin_ns = clock_now_ns();
	uint64_t ended = 0;
	bool is_stopped = false;
	struct progress progress;

	progress_start(&progress, title);
	while (ended < (uint64_t)load->threads) {
		struct pollfd poll_fd = {.fd = ended_fd, .events = POLLIN};
		uint64_t more;

		if (interrupt_requested() && !is_stopped) {
			stop(load);
			is_stopped = true;
		}
		if (ppoll(&poll_fd, 1, progress.is_shown ? &look : NULL, awake) > 0 &&
			read(ended_fd, &more, sizeof(more)) == sizeof(more))
			ended += more;
		if (clock_now_ns() - begin_ns >= NS_PER_S)
			show(load, &progress);
	}
	progress_finish(&progress);
}

static int64_t timeval_ns(struct timeval time)
{
	return time.tv_sec * NS_PER_S + time.tv_usec * NS_PER_US;
}

static void sum_up(const struct load *load, const struct rusage *before, struct load_result *sum)
{
	struct rusage after;

	getrusage(RUSAGE_SELF, &after);
	*sum = (struct load_result){
		.user_ns = timeval_ns(after.ru_utime) - timeval_ns(before->ru_utime),
		.system_ns = timeval_ns(after.ru_stime) - timeval_ns(before->ru_stime),
	};
	for (int i = 0; i < load->threads; i++)
		load_result_add(sum, &load->workers[i].result);
}

static int run(
	struct load *load, const char *title, struct load_result *ret_result, struct error *err)
{
	_cleanup_fd_ int ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct rusage before;
	sigset_t interrupts;
	sigset_t awake;
	int result;

	load->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (load->stop_fd < 0 || ended_fd < 0)
		return error_errno(err, errno, "eventfd");
	result = open_workers(load, ended_fd, err);
	if (result)
		return result;
	sigemptyset(&interrupts);
	sigaddset(&interrupts, SIGINT);
	sigaddset(&interrupts, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &interrupts, &awake);
	getrusage(RUSAGE_SELF, &before);
	result = start_threads(load, err);
	if (!result) {
		await(load, ended_fd, &awake, title);
		sum_up(load, &before, ret_result);
	}
	pthread_sigmask(SIG_SETMASK, &awake, NULL);
	return result;
}

int load_run(const struct load_plan *plan, const char *title, struct load_result *ret_result,
	struct error *err)
{
	struct load load = {.plan = plan, .stop_fd = -1};
	int result = allow_descriptors(plan, err);

	if (!result)
		result = run(&load, title, ret_result, err);
	close_workers(&load);
	return result;
}
