/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "base/text.h"
#include "daytime/client.h"
#include "daytime/format.h"
#include "daytime/parse.h"

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

struct settings {
	struct client_request request;
	bool is_parsed, is_utc;
	bool wants_ipv4, wants_ipv6;
	bool is_closing_first, is_resetting;
};

static int take(void *context, int id, const char *value)
{
	static const char *const moments[] = {"line", "now", NULL};
	struct settings *settings = context;
	struct client_request *request = &settings->request;
	int index = 0;
	int result = OPTIONS_GO_ON;

	switch (id) {
	case 'u': request->is_datagram = true; break;
	case '4': settings->wants_ipv4 = true; break;
	case '6': settings->wants_ipv6 = true; break;
	case 'p': settings->is_parsed = true; break;
	case 'z': settings->is_utc = true; break;
	case 'R':
		request->leaving = LEAVING_RESET;
		settings->is_resetting = true;
		break;
	case 'C':
		if (value)
			result = options_word("--close-first", value, moments, &index);
		request->leaving = index ? LEAVING_NOW : LEAVING_AFTER_LINE;
		settings->is_closing_first = true;
		break;
	default: result = options_seconds("--timeout", value, 0.001, 86400, &request->timeout_ns);
	}
	return result;
}

static int refuse(const char *complaint)
{
	console_error("%s", complaint);
	return options_usage(&line);
}

static int take_operands(struct settings *settings, int argc, char **argv, int first)
{
	struct client_request *request = &settings->request;
	const char *service = argc - first > 1 ? argv[first + 1] : "daytime";

	if (argc - first > 2)
		return options_unexpected(&line, argv[first + 2]);
	if (settings->is_closing_first && settings->is_resetting)
		return refuse(_("--close-first and --reset exclude each other"));
	if (request->is_datagram && (settings->is_closing_first || settings->is_resetting))
		return refuse(_("--udp has no connection that --close-first or --reset could end"));
	if (argc > first)
		request->host = argv[first];
	if (settings->wants_ipv4 != settings->wants_ipv6)
		request->family = settings->wants_ipv4 ? AF_INET : AF_INET6;
	if (client_service_port(service, request->is_datagram, &request->port)) {
		console_error(_("SERVICE '%s': neither a port from 1 to 65535 nor a name in "
				"/etc/services"),
			service);
		return EXIT_USAGE;
	}
	return OPTIONS_GO_ON;
}

static void interrupted(int signal)
{
	(void)signal;
	_exit(EXIT_INTERRUPTED);
}

/* Made before it is needed: a signal handler may not format. */
static struct text lookup_complaint = TEXT_INIT;

static void lookup_timed_out(int signal)
{
	(void)signal;
	if (write(STDERR_FILENO, lookup_complaint.bytes, lookup_complaint.length) < 0)
		_exit(EXIT_FAILED);
	_exit(EXIT_FAILED);
}

/* libc's resolver may take half a minute and knows no deadline: a timer ends the program. */
static int resolve(
	const struct client_request *request, struct addrinfo **ret_addresses, struct error *err)
{
	struct itimerval timer = {
		.it_value.tv_sec = request->timeout_ns / NS_PER_S,
		.it_value.tv_usec = request->timeout_ns % NS_PER_S / NS_PER_US,
	};
	int result;

	text_printf(&lookup_complaint,
		_("%s: cannot find host '%s': no name server answered in time (check the network "
		  "and /etc/resolv.conf, or give an IP address)\n"),
		console_program(), request->host);
	signal(SIGALRM, lookup_timed_out);
	setitimer(ITIMER_REAL, &timer, NULL);
	result = client_resolve(request, ret_addresses, err);
	setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
	text_finish(&lookup_complaint);
	return result;
}

static void print_reading(const struct reading *reading, const struct reply *reply)
{
	char iso[FORMAT_LINE_BYTES];
	double ahead_s = (double)(reading->time_s - reply->received.tv_sec) -
			 (double)reply->received.tv_nsec / (double)NS_PER_S;

	if (ahead_s > -0.05 && ahead_s < 0)
		ahead_s = 0; /* "-0.0" would puzzle */
	format_iso8601(reading->time_s, reading->offset_s, iso, sizeof(iso));
	printf("%s offset %+.1f s\n", iso, ahead_s);
}

static int parse(const struct settings *settings, const struct reply *reply)
{
	_cleanup_text_ struct text first = TEXT_INIT;
	struct reading reading;
	struct error err;

	reply_first_line(reply, &first);
	if (parse_line(first.bytes, settings->is_utc, &reading, &err)) {
		console_print(&err);
		return EXIT_FAILED;
	}
	print_reading(&reading, reply);
	return console_flush();
}

static int show(const struct reply *reply)
{
	_cleanup_text_ struct text shown = TEXT_INIT;

	reply_print(reply, console_has_utf8(), &shown);
	fputs(shown.bytes, stdout);
	return console_flush();
}

static int ask(const struct settings *settings)
{
	static struct reply reply;
	const struct client_request *request = &settings->request;
	struct addrinfo *addresses;
	struct error err;
	int verdict;
	int result = resolve(request, &addresses, &err);

	if (!result) {
		result = client_ask(request, addresses, &reply, &err);
		freeaddrinfo(addresses);
	}
	if (result) {
		console_print(&err);
		return EXIT_FAILED;
	}
	verdict = client_judge(request, &reply, &err);
	/* What came is shown even if it is no good, but a bad one is not given a meaning. */
	result = settings->is_parsed && !verdict ? parse(settings, &reply) : EXIT_OK;
	if (!settings->is_parsed)
		result = show(&reply);
	if (err.text[0])
		console_print(&err);
	return verdict ? EXIT_FAILED : result;
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.request = {.host = "localhost", .timeout_ns = DEFAULT_TIMEOUT_S * NS_PER_S},
	};
	int first;
	int result;

	console_init("daytime");
	signal(SIGINT, interrupted);
	result = options_parse(&line, argc, argv, take, &settings, &first);
	if (result == OPTIONS_GO_ON)
		result = take_operands(&settings, argc, argv, first);
	if (result != OPTIONS_GO_ON)
		return result;
	settings.request.deadline_ns = clock_deadline_ns(settings.request.timeout_ns);
	return ask(&settings);
}
