/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "daytime/load_report.h"

static bool can_be_talked_to(const struct client_request *request, const struct addrinfo *address)
{
	static struct reply reply;
	int64_t deadline_ns = clock_deadline_ns(request->timeout_ns);

	if (request->is_datagram)
		return !exchange_datagram(
			address->ai_addr, address->ai_addrlen, deadline_ns, &reply);
	return !exchange_stream(address->ai_addr, address->ai_addrlen, deadline_ns, deadline_ns,
		LEAVING_AFTER_LINE, &reply);
}

/* Where none can be talked to, the first, which then fails so many times, by name. */
static const struct addrinfo *choose(
	const struct client_request *request, const struct addrinfo *addresses)
{
	const struct addrinfo *each = addresses;

	if (!addresses->ai_next)
		return addresses;
	while (each && !interrupt_requested() && !can_be_talked_to(request, each))
		each = each->ai_next;
	return each ? each : addresses;
}

static int make_plan(
	struct client_options *options, const struct addrinfo *addresses, struct error *err)
{
	struct load_plan *plan = &options->plan;
	const struct addrinfo *address;

	if (plan->source.family) {
		int result = load_source_check(&plan->source, err);

		if (result)
			return result;
	}
	address = choose(&options->request, addresses);
	if (address->ai_addrlen > sizeof(plan->address))
		return error_errno(err, EAFNOSUPPORT, "%s", options->request.host);
	memcpy(&plan->address, address->ai_addr, address->ai_addrlen);
	plan->address_length = address->ai_addrlen;
	plan->is_datagram = options->request.is_datagram;
	plan->leaving = options->request.leaving;
	plan->timeout_ns = options->request.timeout_ns;
	return 0;
}

/* What a number alone does not tell, once however often it happened. */
static void advise(const struct load_result *result)
{
	if (result->failures[EADDRNOTAVAIL])
		console_note(_("ports ran out: connections in TIME_WAIT hold them (--source "
			       "127.0.0.0/8, or another prefix of this host, has more addresses)"));
	if (result->failures[EMFILE] || result->failures[ENFILE])
		console_note(_("descriptors ran out (a smaller --concurrency needs fewer)"));
}

static int report(const struct client_options *options, const struct load_result *result)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	int code;

	if (options->is_json)
		load_report_json(options->request.host, &options->plan, result, &text);
	else
		load_report_text(&options->plan, result, &text);
	fputs(text.bytes, stdout);
	code = console_flush();
	advise(result);
	if (interrupt_requested())
		return EXIT_INTERRUPTED;
	return result->answered == options->plan.count ? code : EXIT_FAILED;
}

int load_command(struct client_options *options, const struct addrinfo *addresses)
{
	_cleanup_free_ struct load_result *result = calloc(1, sizeof(*result));
	struct error err = {0};
	int code;

	if (!result)
		abort(); /* as in text.h */
	interrupt_watch();
	code = make_plan(options, addresses, &err);
	if (!code)
		code = load_run(&options->plan, _("asking"), result, &err);
	if (!code)
		return report(options, result);
	console_print(&err);
	return EXIT_FAILED;
}
