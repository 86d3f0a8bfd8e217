/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_COMMAND_H
#define DAYTIME_LOAD_COMMAND_H

#include <netdb.h>

#include "daytime/client_options.h"

/*
 * `daytime --count`: plan, load, report on stdout. Where there are several addresses, one
 * exchange more finds the first that can be talked to. Returns the exit code, having said what
 * went wrong: EXIT_FAILED unless every exchange was answered with a daytime.
 */
int load_command(struct client_options *options, const struct addrinfo *addresses);

#endif
