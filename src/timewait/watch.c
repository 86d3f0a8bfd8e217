/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/text.h"
#include "observe/filter.h"
#include "observe/life.h"
#include "observe/netns.h"
#include "timewait/output.h"
#include "timewait/watch_output.h"

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

#define LAST_POLLS 16

struct watch {
	struct life_options filter;
	const char *netns; /* as it was typed; NULL for the caller's */
	bool json;
	struct watch_output output;
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

/* What had happened by Ctrl-C is told; what goes on happening is not waited for. */
static int finish(struct watch_output *output, struct life *life)
{
	int r = 1;

	for (int i = 0; i < LAST_POLLS && r > 0 && !output->failure; i++) {
		r = life_poll(life, watch_output_put, output, 0);
		watch_output_flush(output);
	}
	if (output->unwritten)
		console_note(_("not written, for nobody reads: %llu events"),
			(unsigned long long)output->unwritten);
	return r;
}

static int stream(struct watch *watch, struct life *life)
{
	struct watch_output *output = &watch->output;
	int r = 0;

	watch_output_header(output);
	watch_output_flush(output);
	console_note(_("watching; Ctrl-C ends it"));
	while (!interrupt_requested() && r >= 0 && !output->failure) {
		watch_output_look_at_clock(output);
		r = life_poll(life, watch_output_put, output, 1000);
		watch_output_flush(output);
		watch_output_look_at_reader(output);
		tell_losses(watch, life, false);
	}
	if (r >= 0)
		r = finish(output, life);
	tell_losses(watch, life, true);
	if (output->failure && output->failure != EPIPE) {
		console_error(_("cannot write: %s"), strerror(output->failure));
		return EXIT_FAILED;
	}
	if (r < 0 && !output->failure) {
		console_error(_("cannot read the events: %s"), strerror(-r));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static bool sees_all(const struct watch *watch)
{
	return watch->netns && !strcmp(watch->netns, "all");
}

/* One that is not there would be waited for in silence. */
static int check_process(uint32_t pid, struct error *err)
{
	if (!pid || kill((pid_t)pid, 0) == 0 || errno != ESRCH)
		return 0;
	return error_set(err, ESRCH, _("--pid %u: there is no such process"), pid);
}

/* The namespace that was named becomes ours: what is there already can be read in no other. */
static int enter(struct watch *watch, struct error *err)
{
	int home, r;

	if (sees_all(watch))
		return 0;
	r = netns_enter_named(watch->netns, &home, err);
	if (r == 0)
		watch->filter.netns = netns_number();
	return r;
}

/* Who may not watch at all need not hear that there is no such process or namespace, or that it is not to be entered. */
static int refuse(const struct error *err)
{
	struct error missing;

	if (life_check(&missing) < 0) {
		console_print(&missing);
		return EXIT_UNAVAILABLE;
	}
	console_print(err);
	return EXIT_FAILED;
}

static int watch_sockets(struct watch *watch)
{
	struct error err;
	struct life *life;
	int r;

	/* Before it takes its time to see what is there. */
	interrupt_watch();
	interrupt_watch_hangup();
	r = check_process(watch->filter.pid, &err);
	if (r == 0)
		r = enter(watch, &err);
	if (r < 0)
		return refuse(&err);
	watch->filter.has_events = true;
	r = life_open(&life, &watch->filter, &err);
	if (r < 0) {
		console_print(&err);
		return EXIT_UNAVAILABLE;
	}
	watch_output_open(&watch->output, watch->json, sees_all(watch));
	r = stream(watch, life);
	life_close(life);
	watch_output_close(&watch->output);
	return r;
}

int command_watch(int argc, char **argv)
{
	static struct watch watch;
	int r = options_parse_alone(&command, argc, argv, take, &watch);

	return r == OPTIONS_GO_ON ? watch_sockets(&watch) : r;
}
