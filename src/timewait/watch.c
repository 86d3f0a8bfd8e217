/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/watch.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/text.h"
#include "observe/cgroup.h"
#include "observe/filter.h"
#include "observe/life.h"
#include "observe/netns.h"
#include "report/life_json.h"
#include "report/life_text.h"
#include "timewait/output.h"

static const struct option_spec options[] = {
	{'p', "pid", "PID", N_("connections that this process opens or closes, from then on")},
	{'P', "port", "PORT", N_("this port on either side")},
	{'a', "peer", "CIDR", N_("peers within this prefix, such as 192.0.2.0/24")},
	{'c', "cause", "WORD[,WORD]", N_("ends of TIME_WAIT for these reasons alone, see below")},
	{'t', "time-wait", NULL, N_("TIME_WAIT's life alone, no other changes of state")},
	{'n', "netns", "PID|NAME|PATH|all", N_("another network namespace, or all of them")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait watch",
	.usage = N_("[OPTION]..."),
	.summary = N_("Watch connections change state, and every TIME_WAIT be born and die."),
	.options = options,
	.details =
		N_("A TIME_WAIT's birth tells which process closed; its death, how long it lived "
		   "and what\n"
		   "ended it: expired, reused_by_connect, reopened_by_syn, killed_by_rst,\n"
		   "data_after_close, sock_destroy, namespace_gone, unknown. Some are never born:\n"
		   "bucket_overflow, linger, reset. Ctrl-C ends it. Events that were lost are told "
		   "on\n"
		   "standard error. It needs root, or CAP_BPF, CAP_PERFMON and CAP_SYSLOG."),
};

/* Written in pieces of this size under load, and whenever there is a pause. */
#define BUFFER_BYTES  (512 << 10)

#define LAST_POLLS    16
#define LAST_WRITE_MS 1000

struct watch {
	struct life_options filter;
	const char *netns; /* as it was typed; NULL for the caller's */
	bool json;

	struct cgroup_cache cgroups;
	struct life_json as_json;
	struct life_text as_text;
	struct text line; /* of as_text */
	char *buffer;
	size_t length;
	int failure; /* errno of a write that failed */
	struct life_losses told;
	int64_t looked_ns; /* when at the losses */
};

static int take_peer(struct watch *watch, const char *value)
{
	if (filter_parse_prefix(value, &watch->filter.peer, &watch->filter.peer_bits) < 0) {
		_cleanup_text_ struct text safe = output_safe(value);

		console_error(_("--peer '%s': not an address or prefix (such as 192.0.2.0/24)"),
			safe.bytes);
		return EXIT_USAGE;
	}
	return OPTIONS_GO_ON;
}

static int take_causes(struct watch *watch, const char *value)
{
	const char *words[LIFE_CAUSE_COUNT] = {NULL};
	char *copy = text_copy(value), *rest = copy, *word;
	int r = OPTIONS_GO_ON;

	for (int i = LIFE_EXPIRED; i < LIFE_CAUSE_COUNT; i++)
		words[i - LIFE_EXPIRED] = life_cause_name((enum life_cause)i);
	while (r == OPTIONS_GO_ON && (word = strsep(&rest, ","))) {
		int index;

		r = options_word("--cause", word, words, &index);
		if (r == OPTIONS_GO_ON)
			watch->filter.causes |= 1u << (index + LIFE_EXPIRED);
	}
	free(copy);
	return r;
}

static int take(void *context, int id, const char *value)
{
	struct watch *watch = context;
	uint64_t number = 0;
	int r = OPTIONS_GO_ON;

	switch (id) {
	case 'p':
		r = options_number("--pid", value, 1, INT32_MAX, &number);
		watch->filter.pid = (uint32_t)number;
		break;
	case 'P':
		r = options_number("--port", value, 1, UINT16_MAX, &number);
		watch->filter.port = (uint16_t)number;
		break;
	case 'a': r = take_peer(watch, value); break;
	case 'c': r = take_causes(watch, value); break;
	case 't': watch->filter.has_no_states = true; break;
	case 'n': watch->netns = value; break;
	case 'j': watch->json = true; break;
	}
	return r;
}

/* After Ctrl-C no reader may hold us up for long. */
static bool may_write(void)
{
	struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return !interrupt_requested() || poll(&ready, 1, LAST_WRITE_MS) > 0;
}

static int flush(struct watch *watch)
{
	size_t written = 0;

	while (written < watch->length && !watch->failure) {
		size_t left = watch->length - written;
		ssize_t r;

		if (!may_write()) {
			watch->failure = EPIPE;
			break;
		}
		if (interrupt_requested() && left > PIPE_BUF)
			left = PIPE_BUF;
		r = write(STDOUT_FILENO, watch->buffer + written, left);
		if (r >= 0)
			written += (size_t)r;
		else if (errno != EINTR)
			watch->failure = errno;
	}
	watch->length = 0;
	return -watch->failure;
}

static void put_text(struct watch *watch, const struct life_event *event)
{
	text_clear(&watch->line);
	life_text_put(&watch->as_text, &watch->line, event);
	memcpy(watch->buffer + watch->length, watch->line.bytes, watch->line.length);
	watch->length += watch->line.length;
}

static int put_event(void *context, const struct life_event *event)
{
	struct watch *watch = context;
	char *at = watch->buffer + watch->length;

	if (watch->json)
		watch->length += (size_t)(life_json_put(&watch->as_json, at, event) - at);
	else
		put_text(watch, event);
	return watch->length > BUFFER_BYTES - LIFE_JSON_BYTES ? flush(watch) : 0;
}

static void tell_losses(struct watch *watch, struct life *life, bool is_end)
{
	struct life_losses now;

	if (!is_end && clock_now_ns() - watch->looked_ns < NS_PER_S)
		return;
	watch->looked_ns = clock_now_ns();
	if (life_losses(life, &now) < 0)
		return;
	if (!memcmp(&now, &watch->told, sizeof(now)) && !(is_end && (now.events | now.missed)))
		return;
	watch->told = now;
	console_note(_("lost so far: %llu events for which there was no room (whoever reads is too "
		       "slow), %llu that the kernel did not tell; closers not kept: %llu"),
		(unsigned long long)now.events, (unsigned long long)now.missed,
		(unsigned long long)now.untracked);
}

static void print_header(struct watch *watch)
{
	struct text header = TEXT_INIT;

	if (watch->json)
		return;
	life_text_put_header(&watch->as_text, &header);
	memcpy(watch->buffer, header.bytes, header.length);
	watch->length = header.length;
	text_finish(&header);
	flush(watch);
}

static int stream(struct watch *watch, struct life *life)
{
	int r = 0;

	print_header(watch);
	console_note(_("watching; Ctrl-C ends it"));
	while (!interrupt_requested() && r >= 0 && !watch->failure) {
		/* The time of day may be set while we watch. */
		watch->as_json.real_ns = clock_real_ns() - clock_now_ns();
		watch->as_text.real_ns = watch->as_json.real_ns;
		r = life_poll(life, put_event, watch, 1000);
		flush(watch);
		tell_losses(watch, life, false);
	}
	/* What had happened by then is told; what goes on happening is not waited for. */
	for (int i = 0; i < LAST_POLLS && r >= 0 && !watch->failure; i++) {
		r = life_poll(life, put_event, watch, 0);
		flush(watch);
		if (r == 0)
			break;
	}
	tell_losses(watch, life, true);
	if (watch->failure && watch->failure != EPIPE) {
		console_error(_("cannot write: %s"), strerror(watch->failure));
		return EXIT_FAILED;
	}
	if (r < 0 && !watch->failure) {
		console_error(_("cannot read the events: %s"), strerror(-r));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

/* The namespace that was named becomes ours: what is there already can be read in no other. */
static int enter(struct watch *watch, struct error *err)
{
	struct netns netns;
	int home, r;

	if (watch->netns && !strcmp(watch->netns, "all")) {
		watch->as_text.has_netns = true;
		return 0;
	}
	if (watch->netns) {
		r = netns_open(watch->netns, &netns, err);
		if (r < 0)
			return r;
		r = netns_enter(&netns, &home, err);
		netns_close(&netns);
		if (r < 0)
			return r;
	}
	watch->filter.netns = netns_number();
	return 0;
}

static int watch_sockets(struct watch *watch)
{
	struct error err;
	struct life *life;
	int r = enter(watch, &err);

	if (r < 0) {
		console_print(&err);
		return EXIT_FAILED;
	}
	watch->filter.has_events = true;
	r = life_open(&life, &watch->filter, &err);
	if (r < 0) {
		console_print(&err);
		return EXIT_UNAVAILABLE;
	}
	interrupt_watch();
	interrupt_watch_hangup();
	watch->buffer = malloc(BUFFER_BYTES);
	if (!watch->buffer)
		abort();
	cgroup_cache_open(&watch->cgroups);
	watch->as_json.cgroups = watch->as_text.cgroups = &watch->cgroups;
	watch->as_text.has_colour = console_has_colour(stdout);
	watch->as_text.utf8 = console_has_utf8();
	r = stream(watch, life);
	life_close(life);
	cgroup_cache_close(&watch->cgroups);
	text_finish(&watch->line);
	free(watch->buffer);
	return r;
}

int command_watch(int argc, char **argv)
{
	static struct watch watch = {.line = TEXT_INIT};
	int r = options_parse_alone(&command, argc, argv, take, &watch);

	return r == OPTIONS_GO_ON ? watch_sockets(&watch) : r;
}
