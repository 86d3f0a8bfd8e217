/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile: what a server on the open net has to live with, of one kind, against 127.0.0.1 or another
 * address of a namespace made for it. Says in one line of JSON what it did.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "soak/hostile.h"

#define MAX_AT_ONCE 200000
#define MAX_COUNT   UINT64_C(1000000000)
#define MAX_TIME_S  86400.0

static const struct option_spec options[] = {
	{'t', "target", "ADDR", "the server's IPv4 address (127.0.0.1)"},
	{'s', "source", "ADDR", "the first address that connections come from (127.66.0.0)"},
	{'S', "sources", "N", "how many addresses from there on, a power of two (256)"},
	{'n', "count", "N", "connections or packets (20000)"},
	{'o', "at-once", "N", "connections open at once, at most (1000)"},
	{'H', "hold", "S", "how long a connection is kept that is kept (0.2)"},
	{'T', "time", "S", "stop after that long (60)"},
	{'R', "seed", "N", "another run of chance (1)"},
	{0},
};

static const struct command_line line = {
	.command = "hostile",
	.usage = "[OPTION]... KIND PORT",
	.summary =
		"Hostile traffic of one kind: silent, reset, garbage, slow, tcp_flood, half_open,\n"
		"udp_flood or udp_spoof. Prints what it did, as JSON.",
	.options = options,
};

static int take_address(const char *what, const char *value, uint32_t *ret_address)
{
	struct in_addr address;

	if (inet_pton(AF_INET, value, &address) != 1) {
		console_error("%s '%s': not an IPv4 address", what, value);
		return EXIT_USAGE;
	}
	*ret_address = ntohl(address.s_addr);
	return OPTIONS_GO_ON;
}

static int take(void *context, int id, const char *value)
{
	struct hostile_plan *plan = context;
	uint64_t number = 1;
	uint32_t address;
	int result = OPTIONS_GO_ON;

	switch (id) {
	case 't':
		result = take_address("--target", value, &address);
		if (result == OPTIONS_GO_ON)
			plan->target.sin_addr.s_addr = htonl(address);
		return result;
	case 's': return take_address("--source", value, &plan->first_source);
	case 'S':
		result = options_number("--sources", value, 1, 1 << 24, &number);
		plan->source_count = (uint32_t)number;
		return result;
	case 'n': return options_number("--count", value, 1, MAX_COUNT, &plan->count);
	case 'o':
		result = options_number("--at-once", value, 1, MAX_AT_ONCE, &number);
		plan->at_once = (uint32_t)number;
		return result;
	case 'H': return options_seconds("--hold", value, 0.001, MAX_TIME_S, &plan->hold_ns);
	case 'T': return options_seconds("--time", value, 0.001, MAX_TIME_S, &plan->deadline_ns);
	case 'R':
		result = options_number("--seed", value, 1, UINT32_MAX, &number);
		/* Neighbouring seeds shall not begin alike. */
		plan->random = number * UINT64_C(0x9e3779b97f4a7c15);
		return result;
	default: return result;
	}
}

static int find(const char *const *names, const char *name)
{
	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

static void print(const char *kind, const struct hostile_tally *tally, int64_t took_ns)
{
	char name[ERROR_NAME_BYTES];

	printf("{\"v\":1,\"kind\":\"%s\",\"begun\":%llu,\"answered\":%llu,\"turned_away\":%llu,"
	       "\"failed\":%llu,",
		kind, (unsigned long long)tally->begun, (unsigned long long)tally->answered,
		(unsigned long long)tally->turned_away, (unsigned long long)tally->failed);
	if (tally->first_error)
		printf("\"first_error\":\"%s\",", error_name(tally->first_error, name));
	printf("\"bytes\":%llu,\"seconds\":%.3f}\n", (unsigned long long)tally->bytes,
		(double)took_ns / NS_PER_S);
}

static int carry_out(struct hostile_plan *plan, const char *kind)
{
	struct hostile_tally tally = {0};
	struct error err = {0};
	int64_t begun_ns = clock_now_ns();
	int number = find(crowd_kinds, kind);
	int r;

	plan->deadline_ns = clock_deadline_ns(plan->deadline_ns);
	if (number >= 0) {
		r = crowd_run(number, plan, &tally, &err);
	} else {
		number = find(flood_kinds, kind);
		if (number < 0) {
			console_error("KIND '%s': there is no such kind", kind);
			return EXIT_USAGE;
		}
		r = flood_run(number, plan, &tally, &err);
	}
	if (r < 0) {
		console_print(&err);
		return EXIT_FAILED;
	}
	print(kind, &tally, clock_now_ns() - begun_ns);
	return console_flush();
}

int main(int argc, char **argv)
{
	struct hostile_plan plan = {
		.target = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}},
		.first_source = 0x7f420000,
		.source_count = 256,
		.count = 20000,
		.at_once = 1000,
		.hold_ns = 200 * NS_PER_MS,
		.deadline_ns = 60 * NS_PER_S,
		.random = 1,
	};
	uint64_t port = 0;
	int first;
	int result;

	console_init("hostile");
	interrupt_watch();
	result = options_parse(&line, argc, argv, take, &plan, &first);
	if (result != OPTIONS_GO_ON)
		return result;
	if (first + 2 != argc)
		return options_missing(&line, "KIND PORT");
	result = options_number("PORT", argv[first + 1], 1, UINT16_MAX, &port);
	if (result != OPTIONS_GO_ON)
		return result;
	plan.target.sin_port = htons((uint16_t)port);
	return carry_out(&plan, argv[first]);
}
