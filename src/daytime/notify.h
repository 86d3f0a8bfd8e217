/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_NOTIFY_H
#define DAYTIME_NOTIFY_H

/*
 * Tells the service manager how we are: sd_notify(3)'s protocol, datagrams of lines NAME=VALUE to
 * the AF_UNIX socket in NOTIFY_SOCKET.
 *
 * Not by libsystemd: its sd_notify() makes a socket for each message, and the system call filter is
 * to have no need of socket(). Ours is opened and connected once, before privileges go, and from then
 * on a message is one send(2), which needs neither the path nor any right. (systemd keeps its end
 * over daemon-reexec, so once is enough.) activation.h says what else the library costs.
 *
 * Every function takes a struct that is not open (NOTIFY_CLOSED) and does nothing then: without a service
 * manager nothing has to be asked first. None allocates. A status is one line for people; what is
 * over NOTIFY_STATUS_BYTES or behind a newline is left out. NULL: leave the last one as it is.
 */

#include <stdint.h>

#include "base/error.h"

#define NOTIFY_STATUS_BYTES 256

struct notify {
	int fd; /* -1: nobody wants to know */
	/* How often notify_watchdog() is to be called: half of what WatchdogSec= allows. 0: never. */
	int64_t watchdog_every_ns;
};

#define NOTIFY_CLOSED                                                                              \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * Opens the socket that NOTIFY_SOCKET names (a path, or "@..." in the abstract namespace) and reads
 * WATCHDOG_USEC and WATCHDOG_PID. NOTIFY_SOCKET unset or empty: 0, and *ret_notify is closed. A
 * negative errno with *err filled where it cannot be reached, or WATCHDOG_USEC is no number;
 * *ret_notify is closed then. One may go on serving: say err->text as a warning.
 */
int notify_open(struct notify *ret_notify, struct error *err);
void notify_close(struct notify *notify);

/*
 * What has to arrive. Where the manager is slow to read they wait for it, a second at most. 0, or a
 * negative errno.
 */
int notify_ready(const struct notify *notify, const char *status); /* after a reload, too */
int notify_reloading(const struct notify *notify);
/* Ending will take this long at most: the manager does not lose patience earlier. */
int notify_stopping(const struct notify *notify, int64_t at_most_ns, const char *status);

/* What may get lost, for it comes again. Never wait. */
int notify_status(const struct notify *notify, const char *status);
int notify_watchdog(const struct notify *notify);

#endif
