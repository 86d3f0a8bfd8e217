/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_CLIENT_OPTIONS_H
#define DAYTIME_CLIENT_OPTIONS_H

/* The command line of daytime(1). */

#include <stdbool.h>

#include "daytime/client.h"
#include "daytime/load.h"

struct client_options {
	struct client_request request; /* its deadline is not set */
	bool is_parsed, is_utc;
	bool wants_ipv4, wants_ipv6;
	bool is_closing_first, is_resetting;
	bool is_load;          /* --count: many exchanges, by the plan */
	bool is_json;          /* the report of them */
	const char *load_only; /* an option that was given and has no meaning without --count */
	struct load_plan plan; /* without address */
};

/*
 * OPTIONS_GO_ON with *ret_options filled, its strings those of argv; or the exit code to leave
 * with, what was wrong having been said.
 */
int client_options_parse(int argc, char **argv, struct client_options *ret_options);

#endif
