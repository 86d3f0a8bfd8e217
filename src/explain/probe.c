/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"

#define PROBE_DEADLINE_NS (5 * NS_PER_S)

void probe_fail(struct probe_result *result, int code, const char *format, ...)
{
	va_list args;

	result->code = code;
	va_start(args, format);
	vsnprintf(result->reason, sizeof(result->reason), format, args);
	va_end(args);
}

void probe_advise(struct probe_result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->remedy, sizeof(result->remedy), format, args);
	va_end(args);
}

static _Noreturn void answer(probe_function *probe, int fd)
{
	struct probe_result result = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	probe(&result);
	/* Smaller than PIPE_BUF: whole or not at all. */
	_exit(write(fd, &result, sizeof(result)) != sizeof(result));
}

/* Waits for the answer, the end, or the deadline. */
static bool has_answered(int fd, struct probe_result *result)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	int64_t deadline_ns = clock_deadline_ns(PROBE_DEADLINE_NS);
	int ready;

	do
		ready = poll(&waiting, 1, clock_poll_ms(deadline_ns));
	while (ready < 0 && errno == EINTR);
	return ready > 0 && read(fd, result, sizeof(*result)) == sizeof(*result);
}

static void explain_silence(int status, struct probe_result *result)
{
	*result = (struct probe_result){0};
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		probe_fail(result, EPERM, _("the attempt was killed: %s"),
			strsignal(WTERMSIG(status)));
	else
		probe_fail(result, ETIMEDOUT, _("the attempt did not come to an end"));
	probe_advise(result, _("look for a security policy (seccomp, LSM) over this process"));
}

void probe_run(probe_function *probe, struct probe_result *ret_result)
{
	_cleanup_fd_ int answer_fd = -1;
	int ends[2], status = 0;
	bool answered;
	pid_t pid;

	*ret_result = (struct probe_result){0};
	if (pipe2(ends, O_CLOEXEC) < 0) {
		probe_fail(ret_result, errno, "pipe: %s", strerror(errno));
		return;
	}
	answer_fd = ends[0];
	pid = fork();
	if (pid == 0)
		answer(probe, ends[1]);
	close(ends[1]);
	if (pid < 0) {
		probe_fail(ret_result, errno, "fork: %s", strerror(errno));
		return;
	}
	answered = has_answered(answer_fd, ret_result);
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!answered)
		explain_silence(status, ret_result);
}
