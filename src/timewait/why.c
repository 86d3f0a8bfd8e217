/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/why.h"

#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "base/progress.h"
#include "base/text.h"
#include "explain/attempt.h"
#include "explain/verdict.h"
#include "observe/counters.h"
#include "observe/netns.h"
#include "report/why_report.h"
#include "timewait/output.h"
#include "timewait/why_operand.h"

enum {
	OPTION_REUSEADDR = OPTION_LONG,
	OPTION_REUSEPORT,
	OPTION_V6ONLY,
	OPTION_FROM,
	OPTION_NETNS,
	OPTION_RATE,
};

static const struct option_spec options[] = {
	{OPTION_REUSEADDR, "reuseaddr", NULL, N_("the program sets SO_REUSEADDR before bind()")},
	{OPTION_REUSEPORT, "reuseport", NULL, N_("the program sets SO_REUSEPORT before bind()")},
	{OPTION_V6ONLY, "v6only", NULL, N_("the program sets IPV6_V6ONLY before bind()")},
	{'u', "user", "USER", N_("the program runs as this user, by name or number (as root)")},
	{OPTION_FROM, "from", "ADDR[:PORT]",
		N_("connect: the program calls bind() with it before")},
	{OPTION_RATE, "rate", "[=S]",
		N_("connect: also how many connections this host makes, for S seconds (1)")},
	{'4', "ipv4", NULL, N_("of a name, the IPv4 addresses alone")},
	{'6', "ipv6", NULL, N_("of a name, the IPv6 addresses alone; '*' is [::]")},
	{OPTION_NETNS, "netns", "PID|NAME|PATH", N_("in this network namespace (as root)")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait why",
	.usage = N_("bind|connect [OPTION]... ADDR:PORT"),
	.summary = N_("Say why bind() or connect() fails here and now, and what helps."),
	.options = options,
	.details = N_(
		"ADDR is an address ([::1] in brackets), a name, or * for every address. bind() "
		"is\n"
		"tried for real, with each set of options, and closed at once; connect() is "
		"judged\n"
		"by the kernel's rules, its route, its ports and the sockets there are. No packet\n"
		"is sent. Exit status: 0 if it would work now, 1 if not."),
};

struct why_options {
	unsigned int bind;
	const char *from, *netns;
	uid_t user;
	int family;
	int64_t rate_ns;
	bool json;
};

static int take_user(struct why_options *chosen, const char *value)
{
	const struct passwd *entry = getpwnam(value);
	uint64_t number;

	if (entry) {
		chosen->user = entry->pw_uid;
	} else if (text_to_number(value, 0, UINT32_MAX - 1, &number) == 0) {
		chosen->user = (uid_t)number;
	} else {
		_cleanup_text_ struct text safe = output_safe(value);

		console_error(_("--user '%s': there is no such user"), safe.bytes);
		return EXIT_USAGE;
	}
	return OPTIONS_GO_ON;
}

static int take(void *context, int id, const char *value)
{
	struct why_options *chosen = context;

	switch (id) {
	case OPTION_REUSEADDR: chosen->bind |= BIND_REUSEADDR; break;
	case OPTION_REUSEPORT: chosen->bind |= BIND_REUSEPORT; break;
	case OPTION_V6ONLY: chosen->bind |= BIND_V6ONLY; break;
	case OPTION_FROM: chosen->from = value; break;
	case OPTION_NETNS: chosen->netns = value; break;
	case OPTION_RATE:
		if (value)
			return options_seconds("--rate", value, 0.1, 3600, &chosen->rate_ns);
		chosen->rate_ns = NS_PER_S;
		break;
	case 'u': return take_user(chosen, value);
	case '4': chosen->family = AF_INET; break;
	case '6': chosen->family = AF_INET6; break;
	case 'j': chosen->json = true; break;
	default: break;
	}
	return OPTIONS_GO_ON;
}

/* Both ends as they were asked for, and what they come to. */
struct places {
	struct why_operand operand, from;
	struct endpoint endpoints[WHY_ADDRESSES], froms[WHY_ADDRESSES];
	size_t count, from_count;
};

static int resolve(struct places *places, const struct why_options *chosen, bool has_scope)
{
	struct error err;
	int r = 0;

	if (why_operand_has_scope(&places->operand) == has_scope)
		r = why_operand_resolve(
			&places->operand, chosen->family, places->endpoints, &places->count, &err);
	if (r == 0 && chosen->from && why_operand_has_scope(&places->from) == has_scope)
		r = why_operand_resolve(
			&places->from, chosen->family, places->froms, &places->from_count, &err);
	if (r == 0)
		return OPTIONS_GO_ON;
	console_print(&err);
	return EXIT_FAILED;
}

static int64_t value_of(const struct counters *counters, const char *name)
{
	const struct counter *counter = counters_find(counters, name);

	return counter ? counter->value : 0;
}

/* Lets the time pass, unless somebody does not want to wait. */
static bool let_pass(int64_t ns)
{
	struct progress progress;
	int64_t start = clock_now_ns(), end = start + ns, now;

	progress_start(&progress, _("counting connections"));
	interrupt_watch();
	while ((now = clock_now_ns()) < end && !interrupt_requested()) {
		int64_t left = end - now;

		progress_show(&progress, (double)(now - start), (double)ns, NULL);
		poll(NULL, 0,
			clock_poll_ms(now + (left < 100 * NS_PER_MS ? left : 100 * NS_PER_MS)));
	}
	progress_finish(&progress);
	return !interrupt_requested();
}

static int measure_rate(int64_t ns, struct why_rate *rate)
{
	struct counters before = {0}, after = {0};
	int64_t start = clock_now_ns();
	int r = counters_read(&before);

	if (r == 0 && !let_pass(ns)) {
		counters_finish(&before);
		return EXIT_INTERRUPTED;
	}
	rate->seconds = (double)(clock_now_ns() - start) / NS_PER_S;
	if (r == 0)
		r = counters_read(&after);
	if (r == 0) {
		rate->is_known = true;
		rate->opens = (double)(value_of(&after, "Tcp:ActiveOpens") -
				       value_of(&before, "Tcp:ActiveOpens")) /
			      rate->seconds;
		rate->time_waits =
			(double)(value_of(&after, "TcpExt:TW") - value_of(&before, "TcpExt:TW")) /
			rate->seconds;
	} else {
		console_note(_("the counters of the kernel: %s"), strerror(-r));
	}
	counters_finish(&before);
	counters_finish(&after);
	return OPTIONS_GO_ON;
}

static void print(struct text *out, const struct verdict *verdict, const struct why_rate *rate,
	bool json, bool is_first)
{
	const struct why_look look = {
		.utf8 = console_has_utf8(),
		.has_colour = console_has_colour(stdout),
		.columns = (size_t)console_columns(stdout),
	};

	if (json) {
		why_print_json(out, verdict, rate, netns_number(), is_first);
		return;
	}
	if (!is_first)
		text_append(out, "\n");
	why_print(out, verdict, rate, &look);
}

/* The first of the froms that can talk to the peer; NULL. */
static const struct endpoint *from_for(const struct places *places, const struct endpoint *peer)
{
	for (size_t i = 0; i < places->from_count; i++) {
		if (places->froms[i].family == peer->family)
			return &places->froms[i];
	}
	return NULL;
}

static int pose(struct verdict_question *question, const struct places *places, size_t number,
	bool has_from)
{
	const struct endpoint *from;

	if (question->call == VERDICT_BIND) {
		question->local = places->endpoints[number];
		return OPTIONS_GO_ON;
	}
	question->peer = places->endpoints[number];
	from = from_for(places, &question->peer);
	if (from)
		question->local = *from;
	if (!has_from || from)
		return OPTIONS_GO_ON;
	console_error(_("--from: an IPv4 address talks to IPv4 addresses alone, an IPv6 address to "
			"IPv6 addresses"));
	return EXIT_USAGE;
}

/* A server binds all addresses of its name, a client is content with one. */
static int judge(enum verdict_call call, const struct places *places,
	const struct why_options *chosen, const struct why_rate *rate)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	size_t working = 0;

	for (size_t i = 0; i < places->count; i++) {
		struct verdict_question question = {
			.call = call, .options = chosen->bind, .user = chosen->user};
		struct verdict verdict;
		struct error err;
		int r = pose(&question, places, i, chosen->from != NULL);

		if (r != OPTIONS_GO_ON)
			return r;
		if (verdict_reach(&question, &verdict, &err) < 0) {
			console_print(&err);
			return EXIT_UNAVAILABLE;
		}
		working += !verdict.code;
		print(&out, &verdict, rate, chosen->json, i == 0);
		verdict_finish(&verdict);
	}
	if (output_write(&out) != EXIT_OK)
		return EXIT_FAILED;
	return working == places->count || (working && call == VERDICT_CONNECT) ? EXIT_OK
										: EXIT_FAILED;
}

static int answer_there(
	enum verdict_call call, struct places *places, const struct why_options *chosen)
{
	struct why_rate rate = {0};
	int r = attempt_may_be(chosen->user);

	if (r < 0) {
		console_error(_("user %u: %s (root may become somebody else)"), chosen->user,
			strerror(-r));
		return EXIT_FAILED;
	}
	r = resolve(places, chosen, true);
	if (r == OPTIONS_GO_ON && chosen->rate_ns)
		r = measure_rate(chosen->rate_ns, &rate);
	return r == OPTIONS_GO_ON ? judge(call, places, chosen, &rate) : r;
}

static int answer(enum verdict_call call, struct places *places, const struct why_options *chosen)
{
	struct error err;
	int home;
	int r = resolve(places, chosen, false);

	if (r != OPTIONS_GO_ON)
		return r;
	if (netns_enter_named(chosen->netns, &home, &err) < 0) {
		console_print(&err);
		return EXIT_FAILED;
	}
	r = answer_there(call, places, chosen);
	if (netns_leave(&home, &err) < 0)
		console_print(&err);
	return r;
}

/* What makes no sense together: OPTIONS_GO_ON or EXIT_USAGE. */
static int check(
	enum verdict_call call, const struct places *places, const struct why_options *chosen)
{
	bool is_connect = call == VERDICT_CONNECT;

	if (!is_connect && (chosen->from || chosen->rate_ns))
		console_error(_("--from and --rate are for connect alone"));
	else if (is_connect && chosen->bind && !chosen->from)
		console_error(_("connect: options before bind() take a bind(): say --from"));
	else if (is_connect && !places->operand.host[0])
		console_error(_("connect: '*' is no destination (an address or a name is)"));
	else if (is_connect && !places->operand.port)
		console_error(_("connect: port 0 is no destination (1 to 65535 are)"));
	else
		return OPTIONS_GO_ON;
	return EXIT_USAGE;
}

static int read_places(struct places *places, const char *operand, const char *from)
{
	struct error err;
	int r = why_operand_split(operand, false, &places->operand, &err);

	if (r == 0 && from)
		r = why_operand_split(from, true, &places->from, &err);
	if (r == 0)
		return OPTIONS_GO_ON;
	console_print(&err);
	return EXIT_USAGE;
}

int command_why(int argc, char **argv)
{
	static const char *const calls[] = {"bind", "connect", NULL};
	struct why_options chosen = {.user = geteuid(), .family = AF_UNSPEC};
	struct places places = {0};
	int first, call;
	int r = options_parse(&command, argc, argv, take, &chosen, &first);

	if (r != OPTIONS_GO_ON)
		return r;
	if (first == argc)
		return options_missing(&command, _("bind or connect"));
	if (options_word("why", argv[first], calls, &call) != OPTIONS_GO_ON)
		return EXIT_USAGE;
	if (first + 1 == argc)
		return options_missing(&command, "ADDR:PORT");
	if (first + 2 < argc)
		return options_unexpected(&command, argv[first + 2]);
	/* What programs read is never translated. */
	if (chosen.json)
		setlocale(LC_MESSAGES, "C");
	r = read_places(&places, argv[first + 1], chosen.from);
	if (r == OPTIONS_GO_ON)
		r = check((enum verdict_call)call, &places, &chosen);
	return r == OPTIONS_GO_ON ? answer((enum verdict_call)call, &places, &chosen) : r;
}
