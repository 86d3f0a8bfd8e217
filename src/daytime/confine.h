/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_CONFINE_H
#define DAYTIME_CONFINE_H

/*
 * The system calls that are left to a server that listens and has dropped its privileges
 * (seccomp(2)). Whoever gets it to run code of theirs can do with these what the server does,
 * and no more: start no program, open no socket but the one of sd_notify(3), connect nowhere,
 * write no file, touch no other process. Any other call ends the process at once by SIGSYS.
 *
 * What is left, besides the calls of a connection and of a datagram:
 *   threads         that share everything with this process; no processes
 *   memory          that is not executable, nor ever becomes so
 *   files           opened for reading alone (the time zone, /sys/devices/system/cpu/online)
 *   epoll, timerfd, eventfd, signalfd, futex, signals of this process, its clocks
 *   of a thread     its own name (pthread_setname_np(pthread_self())) and its own affinity
 *                   (sched_setaffinity(0)), not those of another: a thread sets them itself
 *   setsockopt      SO_LINGER and SO_ATTACH_REUSEPORT_CBPF alone
 *
 * The calls of the hot path carry no condition: since Linux 5.11 the kernel answers these from
 * a bitmap and does not run the filter.
 *
 * A build with AddressSanitizer or ThreadSanitizer is left more, for their runtime needs it
 * (LeakSanitizer stops its own process by ptrace); it is no build to serve strangers with.
 */

#include <stdbool.h>

#include "base/error.h"

/* What this server does besides. */
enum confine_needs {
	CONFINE_NOTIFIES = 1, /* sd_notify(): a Unix datagram socket each time */
	CONFINE_LOGS = 2,     /* syslog(3): its connect() after a lost connection fails by EACCES
				 instead of ending the process; open it before (LOG_NDELAY) */
};

/* Built with a sanitizer, and so with more left than a server needs. */
extern const bool confine_is_relaxed;

/*
 * Confines the whole process for good, every thread that is and every thread to come. Call it
 * last: after the sockets are bound and privilege_drop() has run (no_new_privs is set here
 * too). Filters that others installed before stay in force: of two verdicts the stricter counts.
 *
 * 0, or a negative errno with *err saying why: -EINVAL and -ENOSYS from a kernel without
 * seccomp, -EPERM and -EACCES where a container or a filter above forbids it, -ESRCH where a
 * thread has a filter of its own, -ENOMEM. On failure nothing is confined; whether to serve
 * all the same the caller decides.
 */
int confine_install(unsigned needs, struct error *err);

#endif
