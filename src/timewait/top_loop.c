/* SPDX-License-Identifier: BSD-2-Clause */

/* `timewait top` on the screen: keys, the clock, the next look. */

#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "timewait/top_session.h"
#include "timewait/top_terminal.h"

struct loop {
	struct top_session *session;
	struct grid grid;
	struct error err; /* of the last look; code 0 when it went well */
	int64_t next_ns;  /* when to look again */
	uint64_t looks;
	bool has_changed; /* the screen is to be drawn */
	bool has_ended;
};

static void draw(struct loop *loop)
{
	struct top_session *session = loop->session;
	struct top_frame frame = top_session_frame(session, loop->err.code ? loop->err.text : NULL);
	int rows, columns;

	terminal_size(&rows, &columns);
	grid_reset(&loop->grid, rows, columns, console_has_utf8());
	top_screen_draw(&loop->grid, &frame);
	terminal_show(&loop->grid);
	loop->has_changed = false;
}

/* What fails once may go well the next time: it is said on the screen. */
static void look(struct loop *loop)
{
	struct top_session *session = loop->session;
	int64_t now_ns;

	loop->err.code = 0;
	if (top_session_look(session, &loop->err) < 0)
		loop->has_changed = true;
	now_ns = clock_now_ns();
	loop->next_ns += session->view.interval_ns;
	/* Late by more than one: the looks that were missed are not made up for. */
	if (loop->next_ns < now_ns)
		loop->next_ns = now_ns + session->view.interval_ns;
	loop->has_changed = true;
	if (session->iterations && ++loop->looks >= session->iterations)
		loop->has_ended = true;
}

static void act_on(struct loop *loop, int key)
{
	struct top_session *session = loop->session;
	int64_t interval_ns = session->view.interval_ns;
	enum top_effect effect = TOP_REDRAW;

	if (key != TERMINAL_RESIZED)
		effect = top_view_key(&session->view, key);
	if (effect == TOP_QUIT)
		loop->has_ended = true;
	if (effect == TOP_COMPARE)
		session->source->wants_drift = true;
	if (effect == TOP_SURVEY || effect == TOP_COMPARE)
		loop->next_ns = clock_now_ns();
	loop->next_ns += session->view.interval_ns - interval_ns;
	loop->has_changed |= effect != TOP_NOTHING;
}

/* More than a person types between two looks: what pours in must not keep us from drawing. */
#define KEYS_AT_ONCE 256

/* True when there may be more. */
static bool take_keys(struct loop *loop)
{
	for (int i = 0; i < KEYS_AT_ONCE && !loop->has_ended; i++) {
		int key = terminal_key();

		if (key == TERMINAL_NO_KEY)
			return false;
		act_on(loop, key);
	}
	return true;
}

/* Waits for a key, a signal or the next look. */
static void wait(struct loop *loop)
{
	const struct top_view *view = &loop->session->view;
	bool was_readable = false;
	sigset_t mask;

	top_session_hold(&mask);
	/* Keys, and that of a resize, which came meanwhile. */
	if (!take_keys(loop) && !loop->has_changed && !loop->has_ended && !interrupt_requested())
		was_readable = top_session_wait(
			&mask, STDIN_FILENO, view->is_paused ? DEADLINE_NEVER : loop->next_ns);
	top_session_release(&mask);
	/* Readable, and there is nothing: the terminal has gone. */
	if (was_readable && !take_keys(loop) && !loop->has_changed)
		loop->has_ended |= !isatty(STDIN_FILENO);
}

static void run(struct loop *loop)
{
	const struct top_view *view = &loop->session->view;

	loop->next_ns = clock_now_ns();
	while (!loop->has_ended && !interrupt_requested()) {
		if (!view->is_paused && clock_now_ns() >= loop->next_ns)
			look(loop);
		if (loop->has_changed)
			draw(loop);
		wait(loop);
	}
}

int top_run_screen(struct top_session *session)
{
	struct loop loop = {.session = session};
	int r = terminal_open(&loop.err);

	if (r < 0) {
		console_print(&loop.err);
		return EXIT_UNAVAILABLE;
	}
	run(&loop);
	terminal_close();
	grid_finish(&loop.grid);
	return EXIT_OK;
}
