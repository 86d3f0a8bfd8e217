/* SPDX-License-Identifier: BSD-2-Clause */

/* `timewait top --batch`: frames for scripts. */

#include <stdio.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/interrupt.h"
#include "report/top_json.h"
#include "timewait/output.h"
#include "timewait/top_session.h"

static void append_text(struct top_session *session, struct text *out)
{
	struct top_frame frame = top_session_frame(session, NULL);

	top_screen_print(out, &frame, console_columns(stdout), session->rows, console_has_utf8());
}

static void append_json(const struct top_session *session, bool is_first, struct text *out)
{
	struct top_json json = {
		.survey = &session->survey,
		.model = &session->model,
		.netns = session->netns_number,
		.time_s = (double)(clock_real_ns() / NS_PER_MS) / 1000,
		.rows = session->rows,
		.is_first = is_first,
	};

	top_json_print(out, &json);
}

static int print(struct top_session *session, bool is_first)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	if (session->json)
		append_json(session, is_first, &out);
	else
		append_text(session, &out);
	return output_write(&out);
}

/* Until then, or until we are to end. */
static void wait_until(int64_t deadline_ns)
{
	sigset_t mask;

	top_session_hold(&mask);
	while (!interrupt_requested() && clock_now_ns() < deadline_ns)
		top_session_wait(&mask, -1, deadline_ns);
	top_session_release(&mask);
}

/* Rates need two looks: the first is not shown. */
int top_run_batch(struct top_session *session)
{
	int64_t next_ns = clock_now_ns();
	struct error err;

	session->source->wants_dumps = true;
	for (uint64_t shown = 0; !interrupt_requested(); shown++) {
		if (top_session_look(session, &err) < 0) {
			console_print(&err);
			return EXIT_FAILED;
		}
		if (shown && print(session, shown == 1) != EXIT_OK)
			return EXIT_FAILED;
		if (shown == session->iterations)
			break;
		next_ns += session->view.interval_ns;
		wait_until(next_ns);
	}
	return EXIT_OK;
}
