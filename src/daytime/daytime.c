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
#include "daytime/client_options.h"
#include "daytime/format.h"
#include "daytime/load_command.h"
#include "daytime/parse.h"

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

static int parse(const struct client_options *options, const struct reply *reply)
{
	_cleanup_text_ struct text first = TEXT_INIT;
	struct reading reading;
	struct error err;

	reply_first_line(reply, &first);
	if (parse_line(first.bytes, options->is_utc, &reading, &err)) {
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

/* The exchange that is all there is, and what is to be shown of it. */
static int ask(const struct client_options *options, const struct addrinfo *addresses)
{
	static struct reply reply;
	const struct client_request *request = &options->request;
	struct error err;
	int verdict;
	int result;

	if (client_ask(request, addresses, &reply, &err)) {
		console_print(&err);
		return EXIT_FAILED;
	}
	verdict = client_judge(request, &reply, &err);
	/* What came is shown even if it is no good, but a bad one is not given a meaning. */
	result = options->is_parsed && !verdict ? parse(options, &reply) : EXIT_OK;
	if (!options->is_parsed)
		result = show(&reply);
	if (err.text[0])
		console_print(&err);
	return verdict ? EXIT_FAILED : result;
}

int main(int argc, char **argv)
{
	struct client_options options;
	struct addrinfo *addresses;
	struct error err;
	int result;

	console_init("daytime");
	signal(SIGINT, interrupted);
	result = client_options_parse(argc, argv, &options);
	if (result != OPTIONS_GO_ON)
		return result;
	options.request.deadline_ns = clock_deadline_ns(options.request.timeout_ns);
	if (resolve(&options.request, &addresses, &err)) {
		console_print(&err);
		return EXIT_FAILED;
	}
	if (options.is_load)
		result = load_command(&options, addresses);
	else
		result = ask(&options, addresses);
	freeaddrinfo(addresses);
	return result;
}
