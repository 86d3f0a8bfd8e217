/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/budget.h"

#include <stdlib.h>
#include <string.h>

/* What a port is; where several would do, the last. */
enum use {
	USE_NONE,
	USE_SHARED,
	USE_REUSABLE,
	USE_WAITING,
	USE_CONNECTED,
	USE_HELD,
	USE_RESERVED, /* as it is now; whether a socket has it nevertheless is told by the next */
	USE_RESERVED_AND_TAKEN,
};

/* What the kernel has when it does not tell. */
#define DEFAULT_LOW      32768
#define DEFAULT_HIGH     60999
#define DEFAULT_TW_REUSE 2
/* Before there was tcp_tw_reuse_delay, it was the next second of a clock of seconds: this at most. */
#define DEFAULT_REUSE_DELAY_MS 1000

static int64_t value_of(const struct settings *settings, enum setting setting, int64_t otherwise)
{
	return settings->is_known[setting] ? settings->values[setting] : otherwise;
}

static enum budget_reuse judge_reuse(const struct budget *budget, const struct settings *settings)
{
	int64_t reuse = value_of(settings, SETTING_TW_REUSE, DEFAULT_TW_REUSE);

	if (reuse == 0)
		return BUDGET_REUSE_OFF;
	if (reuse == 2 && !endpoint_is_loopback(&budget->local) &&
		!endpoint_is_loopback(&budget->peer))
		return BUDGET_REUSE_LOOPBACK_ONLY;
	if (!budget->has_timestamps)
		return BUDGET_REUSE_NO_TIMESTAMPS;
	return BUDGET_REUSE_ON;
}

/*
 * The search goes by twos, and through an even number of ports. Of three it never comes to the last;
 * of more it leaves out the first or the last, by where it begins, which differs by destination and time.
 */
bool budget_may_pass_over(const struct budget *budget, uint32_t port)
{
	if (budget->range == 1 || budget->range % 2 == 0)
		return false;
	return port == budget->high || (port == budget->low && budget->range > 3);
}

/* Would connect() to one destination or another take that end of the range, if the search came to it? */
static bool is_lost(const struct budget *budget, uint32_t port)
{
	return budget_may_pass_over(budget, port) && budget->ports[port] < USE_HELD;
}

void budget_start(struct budget *budget, const struct settings *settings,
	const struct endpoint *local, const struct endpoint *peer)
{
	*budget = (struct budget){
		.local = endpoint_unmap(local),
		.peer = endpoint_unmap(peer),
		.low = settings->has_port_range ? settings->port_low : DEFAULT_LOW,
		.high = settings->has_port_range ? settings->port_high : DEFAULT_HIGH,
		.reuse_delay_ms = (uint32_t)value_of(
			settings, SETTING_TW_REUSE_DELAY_MS, DEFAULT_REUSE_DELAY_MS),
		.ports = calloc(SETTINGS_PORTS, 1),
	};
	if (!budget->ports)
		abort();
	budget->range = budget->high - budget->low + 1;
	budget->has_timestamps = value_of(settings, SETTING_TIMESTAMPS, 1) != 0;
	budget->reuse = judge_reuse(budget, settings);
	for (uint32_t port = budget->low; port < SETTINGS_PORTS; port++) {
		if (!settings_reserves(settings, port))
			continue;
		budget->reserved += port <= budget->high;
		budget->ports[port] = USE_RESERVED;
	}
	budget->loses_one = is_lost(budget, budget->low) || is_lost(budget, budget->high);
}

static bool is_of_destination(const struct budget *budget, const struct diag_socket *socket)
{
	struct endpoint local = endpoint_unmap(&socket->local),
			peer = endpoint_unmap(&socket->peer);

	return local.family == budget->local.family &&
	       !memcmp(local.address, budget->local.address, sizeof(local.address)) &&
	       endpoint_equal(&peer, &budget->peer);
}

/* How long it has been in TIME_WAIT; at least, for the timer may have been put back. */
static uint32_t age_ms(const struct diag_socket *socket)
{
	return socket->timer_ms < BUDGET_TIME_WAIT_MS ? BUDGET_TIME_WAIT_MS - socket->timer_ms : 0;
}

static enum use weigh_time_wait(struct budget *budget, const struct diag_socket *socket)
{
	uint32_t age = age_ms(socket), back_ms = socket->timer_ms;

	budget->births += age < BUDGET_WINDOW_MS;
	if (budget->reuse == BUDGET_REUSE_ON) {
		if (age > budget->reuse_delay_ms)
			return USE_REUSABLE;
		if (budget->reuse_delay_ms - age < back_ms)
			back_ms = budget->reuse_delay_ms - age;
	}
	budget->aged += age > budget->reuse_delay_ms;
	/* The timer rounds up: of one at zero, a second is left at most to be reckoned with. */
	uint32_t second = back_ms / 1000 + 1;

	budget->back_in[second < BUDGET_SECONDS ? second : BUDGET_SECONDS - 1]++;
	return USE_WAITING;
}

static enum use weigh(struct budget *budget, const struct diag_socket *socket)
{
	if (socket->state == TCP_STATE_LISTEN || socket->state == TCP_STATE_BOUND)
		return USE_HELD;
	if (!is_of_destination(budget, socket))
		return USE_SHARED;
	budget->by_state[tcp_state_fold(socket->state)]++;
	if (socket->state == TCP_STATE_TIME_WAIT)
		return weigh_time_wait(budget, socket);
	return USE_CONNECTED;
}

void budget_add(struct budget *budget, const struct diag_socket *socket)
{
	uint32_t port = socket->local.port;
	enum use use;

	/* A request has no place in the table of ports; its listener has. */
	if (socket->state == TCP_STATE_SYN_RECV && !socket->inode &&
		!is_of_destination(budget, socket))
		return;
	if (budget->ports[port] >= USE_RESERVED)
		use = USE_RESERVED_AND_TAKEN;
	else if (port < budget->low || port > budget->high)
		use = USE_HELD;
	else
		use = weigh(budget, socket);
	if (use > budget->ports[port])
		budget->ports[port] = (uint8_t)use;
}

static void round_off(struct budget *budget)
{
	if (budget->range == 1 || budget->range % 2 == 0)
		return;
	if (budget->range > 3) {
		budget->is_one_passed_over = budget->ports[budget->low] == USE_NONE ||
					     budget->ports[budget->high] == USE_NONE;
	} else if (budget->ports[budget->high] == USE_NONE) {
		budget->free--;
		budget->free_first--;
	}
}

void budget_count(struct budget *budget)
{
	uint32_t *counts[] = {
		[USE_NONE] = &budget->free,
		[USE_SHARED] = &budget->shared,
		[USE_REUSABLE] = &budget->reusable,
		[USE_WAITING] = &budget->waiting,
		[USE_CONNECTED] = &budget->connected,
		[USE_HELD] = &budget->held,
	};

	for (uint32_t port = budget->low; port <= budget->high; port++) {
		budget->reserved_untaken +=
			budget->ports[port] == USE_RESERVED && !budget_may_pass_over(budget, port);
		if (budget->ports[port] >= USE_RESERVED)
			continue;
		++*counts[budget->ports[port]];
		budget->waiting_inside +=
			budget->ports[port] == USE_WAITING && !budget_may_pass_over(budget, port);
		if (budget->ports[port] != USE_NONE)
			continue;
		if ((port - budget->low) % 2 == 0)
			budget->free_first++;
		else
			budget->free_second++;
	}
	budget->is_next_free =
		budget->high + 1 < SETTINGS_PORTS && budget->ports[budget->high + 1] == USE_NONE;
	budget->loses_one = is_lost(budget, budget->low) || is_lost(budget, budget->high);
	round_off(budget);
}

void budget_finish(struct budget *budget)
{
	free(budget->ports);
	budget->ports = NULL;
}

uint32_t budget_usable(const struct budget *budget)
{
	uint32_t away = budget->reserved + budget->held;

	away += budget->loses_one;
	return budget->range > away ? budget->range - away : 0;
}

uint32_t budget_certain(const struct budget *budget)
{
	return budget->free - (budget->is_one_passed_over && budget->free);
}

double budget_rate(const struct budget *budget)
{
	return budget->births / (BUDGET_WINDOW_MS / 1000.0);
}

double budget_exhaustion_s(const struct budget *budget, double rate)
{
	double left = budget_certain(budget) + budget->shared + budget->reusable;
	uint32_t horizon = BUDGET_TIME_WAIT_MS / 1000;

	if (rate <= 0)
		return -1;
	/* After the first of the new ones has come back, as many come as go. */
	if (budget->reuse == BUDGET_REUSE_ON)
		horizon = (budget->reuse_delay_ms + 999) / 1000;
	for (uint32_t second = 1; second <= horizon; second++) {
		if (left < rate)
			return second - 1 + left / rate;
		left += (second < BUDGET_SECONDS ? budget->back_in[second] : 0) - rate;
	}
	return -1;
}
