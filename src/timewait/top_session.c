/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/top_session.h"

#include <poll.h>
#include <time.h>

#include "base/clock.h"

int top_session_look(struct top_session *session, struct error *err)
{
	int r = survey_take(session->source, &session->survey, err);

	if (r == 0)
		top_model_add(&session->model, &session->survey);
	return r;
}

void top_session_hold(sigset_t *ret_mask)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&held, signals[i]);
	sigprocmask(SIG_BLOCK, &held, ret_mask);
}

bool top_session_wait(const sigset_t *mask, int fd, int64_t deadline_ns)
{
	struct pollfd input = {.fd = fd, .events = POLLIN};
	int64_t left_ns =
		deadline_ns == DEADLINE_NEVER ? NS_PER_S * 3600 : deadline_ns - clock_now_ns();
	struct timespec timeout = {0};

	if (left_ns > 0) {
		timeout.tv_sec = left_ns / NS_PER_S;
		timeout.tv_nsec = left_ns % NS_PER_S;
	}
	return ppoll(&input, 1, &timeout, mask) > 0;
}

void top_session_release(const sigset_t *mask)
{
	sigprocmask(SIG_SETMASK, mask, NULL);
}

struct top_frame top_session_frame(struct top_session *session, const char *note)
{
	time_t now = time(NULL);
	struct tm broken;

	if (!localtime_r(&now, &broken) ||
		!strftime(session->time, sizeof(session->time), "%H:%M:%S", &broken))
		session->time[0] = '\0';
	return (struct top_frame){
		.survey = &session->survey,
		.model = &session->model,
		.view = &session->view,
		.netns = session->netns,
		.time = session->time,
		.note = note,
	};
}
