/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/client_options.h"

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"

#define DEFAULT_TIMEOUT_S 5

static const struct option_spec specs[] = {
	{'u', "udp", NULL, N_("ask by UDP")},
	{'4', "ipv4", NULL, N_("use IPv4 alone")},
	{'6', "ipv6", NULL, N_("use IPv6 alone")},
	{'t', "timeout", "S", N_("seconds for the whole exchange (5)")},
	{'p', "parse", NULL,
		N_("understand the reply: print it as ISO 8601, and how far\n"
		   "the server's clock is ahead of ours")},
	{'z', "utc", NULL, N_("with --parse: a reply without zone is UTC, not local time")},
	{'C', "close-first", "[=line|now]",
		N_("close before the server does: after the first line, or\n"
		   "(now) our half at once")},
	{'R', "reset", NULL, N_("end with RST after the first line; nobody waits")},
	{'n', "count", "COUNT",
		N_("ask so many times, and report how fast, how late and\n"
		   "how often in vain; the options below go with it")},
	{'c', "concurrency", "N", N_("so many at once (1)")},
	{'r', "rate", "N",
		N_("begin N a second, on an absolute schedule (as soon as\n"
		   "there is room); latency counts from the time planned")},
	{'s', "source", "PREFIX",
		N_("from the local addresses of PREFIX in turn, such as\n"
		   "127.0.0.0/8, so that ports do not run out")},
	{'w', "workers", "N", N_("threads, each on a CPU of its own (1, on any)")},
	{'j', "json", NULL, N_("report as one JSON object")},
	{0},
};

static const struct command_line line = {
	.command = "daytime",
	.usage = N_("[OPTION]... [HOST [SERVICE]]"),
	.summary =
		N_("Asks HOST (localhost) for the time of day (RFC 867), on port 13 or SERVICE."),
	.options = specs,
	.details = N_("The end that closes first is the one whose socket goes to TIME_WAIT."),
};

static int take_close_first(struct client_options *options, const char *value)
{
	static const char *const moments[] = {"line", "now", NULL};
	int index = 0;
	int result = OPTIONS_GO_ON;

	if (value)
		result = options_word("--close-first", value, moments, &index);
	options->request.leaving = index ? LEAVING_NOW : LEAVING_AFTER_LINE;
	options->is_closing_first = true;
	return result;
}

static int take_source(struct load_plan *plan, const char *value)
{
	if (!load_source_parse(value, &plan->source))
		return OPTIONS_GO_ON;
	console_error(
		_("--source '%s': not an IP address or prefix such as 127.0.0.0/8 or fd00::/64"),
		value);
	return EXIT_USAGE;
}

/* The options that go with --count. */
static int take_load(struct client_options *options, int id, const char *value)
{
	struct load_plan *plan = &options->plan;
	uint64_t number = 0;
	int result;

	switch (id) {
	case 'n':
		options->is_load = true;
		return options_number("--count", value, 1, LOAD_COUNT_MAX, &plan->count);
	case 'c':
		options->load_only = "--concurrency";
		result = options_number("--concurrency", value, 1, LOAD_CONCURRENCY_MAX, &number);
		plan->concurrency = (int)number;
		return result;
	case 'r':
		options->load_only = "--rate";
		return options_number("--rate", value, 1, LOAD_RATE_MAX, &plan->rate);
	case 's': options->load_only = "--source"; return take_source(plan, value);
	case 'w':
		options->load_only = "--workers";
		result = options_number("--workers", value, 1, LOAD_WORKERS_MAX, &number);
		plan->workers = (int)number;
		plan->is_pinned = true;
		return result;
	default:
		options->load_only = "--json";
		options->is_json = true;
		return OPTIONS_GO_ON;
	}
}

static int take(void *context, int id, const char *value)
{
	struct client_options *options = context;
	struct client_request *request = &options->request;

	switch (id) {
	case 'u': request->is_datagram = true; break;
	case '4': options->wants_ipv4 = true; break;
	case '6': options->wants_ipv6 = true; break;
	case 'p': options->is_parsed = true; break;
	case 'z': options->is_utc = true; break;
	case 'R':
		request->leaving = LEAVING_RESET;
		options->is_resetting = true;
		break;
	case 'C': return take_close_first(options, value);
	case 't': return options_seconds("--timeout", value, 0.001, 86400, &request->timeout_ns);
	default: return take_load(options, id, value);
	}
	return OPTIONS_GO_ON;
}

static int refuse(const char *complaint)
{
	console_error("%s", complaint);
	return options_usage(&line);
}

static int check_load(struct client_options *options)
{
	const struct load_plan *plan = &options->plan;
	int family = plan->source.family;

	if (options->load_only && !options->is_load) {
		console_error(_("%s goes with --count alone"), options->load_only);
		return options_usage(&line);
	}
	if (options->is_load && options->is_parsed)
		return refuse(_("--count and --parse exclude each other"));
	if (plan->workers > plan->concurrency) {
		console_error(_("--workers %d: more than --concurrency %d, and each has at least "
				"one connection"),
			plan->workers, plan->concurrency);
		return options_usage(&line);
	}
	if (family && options->request.family && options->request.family != family)
		return refuse(_("--source is of the one family and -4 or -6 of the other"));
	if (family)
		options->request.family = family;
	return OPTIONS_GO_ON;
}

static int check(struct client_options *options)
{
	struct client_request *request = &options->request;

	if (options->is_closing_first && options->is_resetting)
		return refuse(_("--close-first and --reset exclude each other"));
	if (request->is_datagram && (options->is_closing_first || options->is_resetting))
		return refuse(_("--udp has no connection that --close-first or --reset could end"));
	if (options->wants_ipv4 != options->wants_ipv6)
		request->family = options->wants_ipv4 ? AF_INET : AF_INET6;
	return check_load(options);
}

static int take_operands(struct client_options *options, int argc, char **argv, int first)
{
	struct client_request *request = &options->request;
	const char *service = argc - first > 1 ? argv[first + 1] : "daytime";
	int result;

	if (argc - first > 2)
		return options_unexpected(&line, argv[first + 2]);
	result = check(options);
	if (result != OPTIONS_GO_ON)
		return result;
	if (argc > first)
		request->host = argv[first];
	if (client_service_port(service, request->is_datagram, &request->port)) {
		console_error(_("SERVICE '%s': neither a port from 1 to 65535 nor a name in "
				"/etc/services"),
			service);
		return EXIT_USAGE;
	}
	return OPTIONS_GO_ON;
}

int client_options_parse(int argc, char **argv, struct client_options *ret_options)
{
	int first;
	int result;

	*ret_options = (struct client_options){
		.request = {.host = "localhost", .timeout_ns = DEFAULT_TIMEOUT_S * NS_PER_S},
		.plan = {.concurrency = 1, .workers = 1},
	};
	result = options_parse(&line, argc, argv, take, ret_options, &first);
	if (result == OPTIONS_GO_ON)
		result = take_operands(ret_options, argc, argv, first);
	return result;
}
