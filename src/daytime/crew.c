/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/crew.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "daytime/statistics.h"
#include "daytime/steering.h"
#include "daytime/worker.h"

/* Bursts: whoever has been quiet for a second may ask so often at once. */
static int open_limits(struct crew *crew)
{
	const struct server_options *options = &crew->options;
	int result = prefix_key_make(&crew->key);

	if (!result && options->rate)
		result = rate_open(&crew->rate, options->rate, options->rate);
	if (!result && options->max_per_source)
		result = share_open(&crew->share, options->max_per_source);
	return result;
}

static int make_workers(struct crew *crew, int count)
{
	int result = 0;

	crew->workers = calloc((size_t)count, sizeof(*crew->workers));
	crew->owners = calloc(crew->listeners.count + 1, sizeof(*crew->owners));
	if (!crew->workers || !crew->owners)
		return -ENOMEM;
	while (!result && crew->worker_count < count) {
		int number = crew->worker_count++;

		result = worker_init(&crew->workers[number], crew, number);
	}
	return result;
}

int crew_init(struct crew *crew, const struct server_options *options, struct listen_set *listeners,
	struct error *err)
{
	int result;

	*crew = (struct crew){.options = *options, .listeners = *listeners, .report_fd = -1};
	*listeners = (struct listen_set){0};
	crew->report_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	result = crew->report_fd < 0 ? -errno : open_limits(crew);
	if (!result)
		result = make_workers(
			crew, options->workers ? options->workers : steering_count_lanes());
	if (result)
		return error_errno(err, -result,
			_("cannot make the workers for %d connections (fewer --workers or "
			  "--max-connections need less)"),
			options->max_connections);
	return 0;
}

void crew_finish(struct crew *crew)
{
	for (int i = 0; i < crew->worker_count; i++)
		worker_finish(&crew->workers[i]);
	free(crew->workers);
	free(crew->owners);
	rate_close(crew->rate);
	share_close(crew->share);
	listen_close(&crew->listeners);
	fd_close(&crew->report_fd);
}

/* How many workers make sense now: no more than CPUs, nor than sockets that each can call its own. */
static int count_wanted(const struct crew *crew, const struct steering_cpus *cpus)
{
	int lanes = crew->options.listen.lanes;
	int wanted = cpus->count;

	if (crew->options.workers)
		return crew->worker_count;
	if (lanes > 1 && wanted > lanes)
		wanted = lanes;
	return wanted < crew->worker_count ? wanted : crew->worker_count;
}

/* Starts the first `wanted` as far as they do not run. Returns how many of them do. */
static int start(struct crew *crew, int wanted, int *ret_result)
{
	int running = 0;

	*ret_result = 0;
	while (running < wanted) {
		if (!crew->workers[running].is_started)
			*ret_result = worker_start(&crew->workers[running]);
		if (*ret_result)
			break;
		running++;
	}
	return running;
}

static void give_sockets(struct crew *crew, const struct steering_cpus *cpus, int workers)
{
	for (size_t i = 0; i < crew->listeners.count; i++) {
		int lane = crew->listeners.sockets[i].lane;
		int owner = lane == LISTEN_SHARED ? CREW_EVERYONE
						  : steering_worker(lane, cpus,
							    crew->options.listen.lanes, workers);

		atomic_store(&crew->owners[i], owner);
	}
}

/* Fewer workers than CPUs go wherever there is room. */
static void place(struct crew *crew, const struct steering_cpus *cpus, int workers)
{
	for (int i = 0; i < workers; i++) {
		if (workers == cpus->count)
			steering_place_on(&crew->workers[i].place, cpus->numbers[i]);
		else
			steering_place_anywhere(&crew->workers[i].place, cpus);
	}
}

int crew_arrange(struct crew *crew)
{
	struct steering_cpus cpus;
	int running;
	int result;

	steering_find_cpus(&cpus);
	running = start(crew, count_wanted(crew, &cpus), &result);
	if (!running)
		return result;
	give_sockets(crew, &cpus, running);
	place(crew, &cpus, running);
	if (crew->options.listen.lanes > 1)
		steering_attach(&crew->listeners, &cpus, crew->options.listen.lanes);
	crew_ring(crew);
	return 0;
}

void crew_ring(struct crew *crew)
{
	for (int i = 0; i < crew->worker_count; i++)
		worker_ring(&crew->workers[i]);
}

void crew_ask(struct crew *crew)
{
	for (int i = 0; i < crew->worker_count; i++)
		atomic_fetch_add(&crew->workers[i].asked, 1);
	crew_ring(crew);
}

bool crew_is_alive(const struct crew *crew)
{
	for (int i = 0; i < crew->worker_count; i++) {
		const struct worker *worker = &crew->workers[i];

		if (worker->is_started && !atomic_load(&worker->has_ended) &&
			atomic_load(&worker->answered) != atomic_load(&worker->asked))
			return false;
	}
	return true;
}

bool crew_has_drained(const struct crew *crew)
{
	for (int i = 0; i < crew->worker_count; i++) {
		if (crew->workers[i].is_started && !atomic_load(&crew->workers[i].has_drained))
			return false;
	}
	return true;
}

bool crew_has_ended(const struct crew *crew)
{
	for (int i = 0; i < crew->worker_count; i++) {
		if (crew->workers[i].is_started && !atomic_load(&crew->workers[i].has_ended))
			return false;
	}
	return true;
}

int crew_join(struct crew *crew, struct error *err)
{
	int result = 0;

	for (int i = 0; i < crew->worker_count; i++) {
		struct worker *worker = &crew->workers[i];

		if (!worker->is_started)
			continue;
		pthread_join(worker->thread, NULL);
		worker->is_started = false;
		if (worker->error.code && !result) {
			*err = worker->error;
			result = -worker->error.code;
		}
	}
	return result;
}

struct statistics *crew_statistics(const struct crew *crew, struct statistics_moment *ret_moment)
{
	struct statistics *sum = calloc(1, sizeof(*sum));
	int most = atomic_load(&crew->most_open);

	if (!sum)
		return NULL;
	*ret_moment = (struct statistics_moment){.open = atomic_load(&crew->open)};
	for (int i = 0; i < crew->worker_count; i++) {
		statistics_merge(sum, &crew->workers[i].statistics);
		ret_moment->workers += crew->workers[i].is_started;
	}
	/* Those that are answered and closed at once are not counted one by one. */
	ret_moment->most_open = !most && atomic_load(&sum->accepted) ? 1 : most;
	return sum;
}

bool crew_tells_zone(const struct crew *crew)
{
	return !crew->options.is_utc && crew->options.format != FORMAT_NIST;
}
