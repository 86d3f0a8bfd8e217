/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/interrupt.h"

#include <signal.h>

static volatile sig_atomic_t is_requested;

static void request(int signal_number)
{
	(void)signal_number;
	is_requested = 1;
}

void interrupt_watch(void)
{
	struct sigaction action = {.sa_handler = request};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool interrupt_requested(void)
{
	return is_requested;
}
