/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/closer.h"

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "lab/process.h"

static void *close_it(void *argument)
{
	struct closer *closer = argument;

	atomic_store(&closer->tid, gettid());
	closer->code = close(closer->fd) < 0 ? errno : 0;
	atomic_store(&closer->has_closed, true);
	return NULL;
}

int closer_start(struct closer *closer, int fd)
{
	*closer = (struct closer){.fd = fd};
	return -pthread_create(&closer->thread, NULL, close_it, closer);
}

bool closer_has_closed(struct closer *closer)
{
	while (!atomic_load(&closer->has_closed)) {
		pid_t tid = atomic_load(&closer->tid);

		if (tid && !thread_is_moving(getpid(), tid))
			break;
		sched_yield();
	}
	return atomic_load(&closer->has_closed);
}

int closer_finish(struct closer *closer)
{
	pthread_join(closer->thread, NULL);
	return closer->code;
}

void closer_abort(struct closer *closer)
{
	/* close() is where a thread can be cancelled: the signal ends its wait in the kernel. */
	pthread_cancel(closer->thread);
	pthread_join(closer->thread, NULL);
}
