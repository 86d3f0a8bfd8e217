/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * honest: asks a daytime server at a steady pace, however slowly it answers, by TCP and UDP in turn and
 * of all addresses in turn, until SIGTERM; each answer must be the right time, and come in time. Says in
 * one line of JSON how it went. Exit code 0 if every question was answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "soak/question.h"

#define PLACES      8192
#define MAX_TARGETS 8
#define TICK_NS     (20 * NS_PER_MS)
/* Whoever was not let run for longer than this asks on from there: all at once would be no honest pace. */
#define CATCH_UP_NS (NS_PER_S / 2)
#define COMPLAINTS  20

struct kind_tally {
	uint64_t asked, answered, wrong, failed, repeated;
	int64_t slowest_ns;
};

struct honest {
	struct question_plan plan;
	struct sockaddr_storage targets[MAX_TARGETS];
	int target_count;
	int64_t time_ns;
	uint32_t first_source; /* host order; 0: the kernel chooses */
	uint64_t source_count, per_s, count;
	int epoll_fd;
	struct question questions[PLACES];
	int free[PLACES];
	int free_count;
	struct kind_tally tcp, udp;
	int complaints;
};

static const struct option_spec options[] = {
	{'r', "rate", "N", "questions in a second (200)"},
	{'n', "count", "N", "stop after so many; else at SIGTERM"},
	{'T', "time", "S", "stop after that long, whatever comes (3600)"},
	{'p', "patience", "S", "how long each answer may take (10)"},
	{'s', "source", "ADDR", "the first address that IPv4 questions come from"},
	{'S', "sources", "N", "how many addresses from there on (1)"},
	{'c', "close-first", NULL, "close after the line, without waiting for the server"},
	{0},
};

static const struct command_line line = {
	.command = "honest",
	.usage = "[OPTION]... PORT ADDR...",
	.summary = "Asks for the time by TCP and UDP in turn, and checks each answer (ctime, UTC).",
	.options = options,
};

static int take(void *context, int id, const char *value)
{
	struct honest *honest = context;
	struct in_addr source;

	switch (id) {
	case 'r': return options_number("--rate", value, 1, 100000, &honest->per_s);
	case 'n': return options_number("--count", value, 1, UINT32_MAX, &honest->count);
	case 'T': return options_seconds("--time", value, 0.01, 86400, &honest->time_ns);
	case 'p':
		return options_seconds("--patience", value, 0.01, 3600, &honest->plan.patience_ns);
	case 's':
		if (inet_pton(AF_INET, value, &source) == 1) {
			honest->first_source = ntohl(source.s_addr);
			return OPTIONS_GO_ON;
		}
		console_error("--source '%s': not an IPv4 address", value);
		return EXIT_USAGE;
	case 'S': return options_number("--sources", value, 1, 1 << 24, &honest->source_count);
	case 'c': honest->plan.closes_first = true; return OPTIONS_GO_ON;
	default: return OPTIONS_GO_ON;
	}
}

static int take_target(struct honest *honest, const char *text, uint64_t port)
{
	struct sockaddr_storage *target = &honest->targets[honest->target_count];
	struct sockaddr_in *ipv4 = (struct sockaddr_in *)target;
	struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)target;

	if (honest->target_count == MAX_TARGETS) {
		console_error("at most %d addresses", MAX_TARGETS);
		return EXIT_USAGE;
	}
	if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
		target->ss_family = AF_INET;
	} else if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
		target->ss_family = AF_INET6;
	} else {
		console_error("ADDR '%s': not an address", text);
		return EXIT_USAGE;
	}
	ipv4->sin_port = htons((uint16_t)port); /* in the same place in both */
	honest->target_count++;
	return OPTIONS_GO_ON;
}

static struct kind_tally *tally_of(struct honest *honest, const struct question *question)
{
	return question->is_datagram ? &honest->udp : &honest->tcp;
}

static void complain(struct honest *honest, const struct question *question, int result)
{
	if (++honest->complaints > COMPLAINTS)
		return;
	if (question->is_wrong)
		console_note("%s: %zu bytes that are not the time: '%.*s'",
			question->is_datagram ? "UDP" : "TCP", question->length,
			(int)strcspn(question->reply, "\r\n"), question->reply);
	else
		console_note("%s: no answer after %.3f s, asked %d times: %s",
			question->is_datagram ? "UDP" : "TCP",
			(double)(clock_now_ns() - question->begun_ns) / NS_PER_S,
			question->repeated + 1, strerror(-result));
}

/* Takes note of how a question ended. */
static void conclude(struct honest *honest, struct question *question, int result)
{
	struct kind_tally *tally = tally_of(honest, question);
	int64_t took_ns = clock_now_ns() - question->begun_ns;

	tally->repeated += (uint64_t)question->repeated;
	if (took_ns > tally->slowest_ns)
		tally->slowest_ns = took_ns;
	if (result == 0)
		tally->answered++;
	else if (question->is_wrong)
		tally->wrong++;
	else
		tally->failed++;
	if (result < 0)
		complain(honest, question, result);
	honest->free[honest->free_count++] = (int)(question - honest->questions);
}

static void begin(struct honest *honest)
{
	uint64_t number = honest->tcp.asked + honest->udp.asked;
	struct epoll_event event = {.events = EPOLLIN};
	struct question *question;
	int result;

	event.data.u32 = (uint32_t)honest->free[--honest->free_count];
	question = &honest->questions[event.data.u32];
	honest->plan.is_datagram = number % 2;
	honest->plan.target = honest->targets[number / 2 % (uint64_t)honest->target_count];
	honest->plan.target_length = honest->plan.target.ss_family == AF_INET
					     ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
	if (honest->first_source) {
		honest->plan.source.sin_family = AF_INET;
		honest->plan.source.sin_addr.s_addr =
			htonl(honest->first_source + (uint32_t)(number / 4 % honest->source_count));
	}
	result = question_begin(&honest->plan, question);
	tally_of(honest, question)->asked++;
	if (result == 0 && epoll_ctl(honest->epoll_fd, EPOLL_CTL_ADD, question->fd, &event) < 0)
		result = -errno;
	if (result < 0)
		conclude(honest, question, result);
}

static void tick(struct honest *honest, int64_t now_ns)
{
	for (int i = 0; i < PLACES; i++) {
		struct question *question = &honest->questions[i];
		int result;

		if (question->fd < 0)
			continue;
		result = question_tick(question, now_ns);
		if (result != -EINPROGRESS)
			conclude(honest, question, result);
	}
}

static void hear(struct honest *honest, int64_t until_ns)
{
	struct epoll_event events[64];
	int count = epoll_wait(honest->epoll_fd, events, 64, clock_poll_ms(until_ns));

	for (int i = 0; i < count; i++) {
		struct question *question = &honest->questions[events[i].data.u32];
		int result = question_continue(question);

		if (result != -EINPROGRESS)
			conclude(honest, question, result);
	}
}

static int64_t earlier(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

/* Asks until it is told to end, then waits for what is still open. */
static void converse(struct honest *honest)
{
	int64_t begun_ns = clock_now_ns();
	int64_t end_ns = begun_ns + honest->time_ns;
	int64_t tick_ns = begun_ns;
	bool is_asking = true;

	while (is_asking || honest->free_count < PLACES) {
		int64_t now_ns = clock_now_ns();
		uint64_t asked = honest->tcp.asked + honest->udp.asked;
		int64_t next_ns = begun_ns + (int64_t)(asked * NS_PER_S / honest->per_s);
		int64_t late_ns = now_ns - next_ns - CATCH_UP_NS;

		if (late_ns > 0) {
			begun_ns += late_ns;
			next_ns += late_ns;
		}
		if (interrupt_requested() || now_ns >= end_ns ||
			(honest->count && asked >= honest->count))
			is_asking = false;
		/* With all places taken the pace is the server's, until it is made up for. */
		if (!honest->free_count)
			next_ns = tick_ns;
		else if (is_asking && next_ns <= now_ns)
			begin(honest);
		if (tick_ns <= now_ns) {
			tick(honest, now_ns);
			tick_ns = now_ns + TICK_NS;
		}
		hear(honest, is_asking ? earlier(next_ns, tick_ns) : tick_ns);
	}
}

static void print_kind(const char *name, const struct kind_tally *tally)
{
	printf("\"%s\":{\"asked\":%llu,\"answered\":%llu,\"wrong\":%llu,\"failed\":%llu,"
	       "\"repeated\":%llu,\"slowest_s\":%.4f}",
		name, (unsigned long long)tally->asked, (unsigned long long)tally->answered,
		(unsigned long long)tally->wrong, (unsigned long long)tally->failed,
		(unsigned long long)tally->repeated, (double)tally->slowest_ns / NS_PER_S);
}

static int report(const struct honest *honest)
{
	uint64_t asked = honest->tcp.asked + honest->udp.asked;
	uint64_t answered = honest->tcp.answered + honest->udp.answered;

	printf("{\"v\":1,\"asked\":%llu,\"answered\":%llu,", (unsigned long long)asked,
		(unsigned long long)answered);
	print_kind("tcp", &honest->tcp);
	printf(",");
	print_kind("udp", &honest->udp);
	printf("}\n");
	if (console_flush() != EXIT_OK || answered != asked || !asked)
		return EXIT_FAILED;
	return EXIT_OK;
}

static int take_operands(struct honest *honest, int argc, char **argv, int first)
{
	uint64_t port = 0;
	int result;

	if (first + 2 > argc)
		return options_missing(&line, "PORT ADDR");
	result = options_number("PORT", argv[first], 1, UINT16_MAX, &port);
	for (int i = first + 1; i < argc && result == OPTIONS_GO_ON; i++)
		result = take_target(honest, argv[i], port);
	return result;
}

int main(int argc, char **argv)
{
	static struct honest honest = {.plan = {.patience_ns = 10 * NS_PER_S},
		.source_count = 1,
		.per_s = 200,
		.time_ns = 3600 * NS_PER_S};
	int first;
	int result;

	console_init("honest");
	interrupt_watch();
	result = options_parse(&line, argc, argv, take, &honest, &first);
	if (result == OPTIONS_GO_ON)
		result = take_operands(&honest, argc, argv, first);
	if (result != OPTIONS_GO_ON)
		return result;
	for (int i = 0; i < PLACES; i++) {
		honest.questions[i].fd = -1;
		honest.free[honest.free_count++] = i;
	}
	honest.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (honest.epoll_fd < 0) {
		console_error("cannot wait for answers: %s", strerror(errno));
		return EXIT_FAILED;
	}
	converse(&honest);
	fd_close(&honest.epoll_fd);
	return report(&honest);
}
