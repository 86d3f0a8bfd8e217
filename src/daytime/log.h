/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOG_H
#define DAYTIME_LOG_H

/*
 * How the messages of a daemon leave, with a level of syslog(3): LOG_ERR for what ends it,
 * LOG_WARNING for what somebody should see to, LOG_NOTICE for what is worth knowing, LOG_INFO for
 * what was asked for.
 *
 *   a terminal, a file, a pipe      daytimed: TEXT
 *   the journal                     <5>TEXT       sd-daemon(3); it knows the program itself
 *   syslog(3), under inetd          TEXT          at its level
 */

#include <syslog.h>

/*
 * Looks where stderr leads: to the journal if JOURNAL_STREAM names its device and inode. From then on
 * console_error() and console_note() go this way too, as LOG_ERR and LOG_NOTICE. Call it once
 * console_init() has been called; without, everything goes to stderr.
 */
void log_init(void);

/* From now on to syslog(3), whose socket is opened at once: for whom stderr is somebody else's. */
void log_to_syslog(void);

/*
 * One line; no newline at the end of `text`, what stands behind one or is longer than a thousand bytes
 * is left out. Does not allocate (syslog(3) itself may), and may be called by several threads: a line
 * is one write(2).
 */
void log_say(int level, const char *text);

#endif
