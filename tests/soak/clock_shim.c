/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A wall clock that a test can set, for a program that runs under LD_PRELOAD: CLOCK_REALTIME is shifted
 * by what a file says that the environment names (CLOCK_SHIM); every other clock goes on
 * as it is. The file is mapped, for the program may have given up the right to read it when it is
 * written: 8 bytes, a signed number of nanoseconds in this machine's order.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)

static const volatile int64_t *shift_ns;
static int (*real_clock_gettime)(clockid_t clock, struct timespec *ret_time);

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("CLOCK_SHIM");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *mapped;

	*(void **)&real_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
	if (fd < 0)
		return;
	mapped = mmap(NULL, sizeof(*shift_ns), PROT_READ, MAP_SHARED, fd, 0);
	if (mapped != MAP_FAILED)
		shift_ns = mapped;
	close(fd);
}

static int64_t shift(void)
{
	return shift_ns ? *shift_ns : 0;
}

int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
	int r = real_clock_gettime(clock, ret_time);
	int64_t ns;

	if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
		ns = ret_time->tv_sec * NS_PER_S + ret_time->tv_nsec + shift();
		ret_time->tv_sec = ns / NS_PER_S;
		ret_time->tv_nsec = ns % NS_PER_S;
	}
	return r;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	ret_time->tv_sec = now.tv_sec;
	ret_time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret_time)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (ret_time)
		*ret_time = now.tv_sec;
	return now.tv_sec;
}
