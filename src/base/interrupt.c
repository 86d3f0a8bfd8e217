/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t is_requested, is_final;

static void request(int signal_number)
{
	is_requested = 1;
	if (signal_number != SIGINT)
		is_final = 1;
}

static void watch(int signal_number)
{
	struct sigaction action = {.sa_handler = request};

	sigemptyset(&action.sa_mask);
	sigaction(signal_number, &action, NULL);
}

void interrupt_watch(void)
{
	watch(SIGINT);
	watch(SIGTERM);
}

void interrupt_watch_hangup(void)
{
	watch(SIGHUP);
}

bool interrupt_requested(void)
{
	return is_requested;
}

bool interrupt_forget(void)
{
	is_requested = is_final;
	return !is_final;
}
