/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command with its output in a file, and prints what it took: milliseconds, milliseconds of CPU, and the
 * most memory it had, in KiB. (What the parent has counts as the child's until exec: so the parent is small.)
 *
 *	timed FILE COMMAND ARG...
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double in_ms(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	double begin;
	pid_t child;
	int output, status;

	if (argc < 3)
		errx(2, "usage: timed FILE COMMAND ARG...");
	output = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (output < 0)
		err(1, "%s", argv[1]);
	begin = now_ms();
	child = fork();
	if (child == 0) {
		dup2(output, STDOUT_FILENO);
		execvp(argv[2], argv + 2);
		err(127, "%s", argv[2]);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child)
		err(1, "%s", argv[2]);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(1, "%s: ended with status %#x", argv[2], (unsigned int)status);
	printf("%.1f %.1f %ld\n", now_ms() - begin, in_ms(usage.ru_utime) + in_ms(usage.ru_stime),
		usage.ru_maxrss);
	return 0;
}
