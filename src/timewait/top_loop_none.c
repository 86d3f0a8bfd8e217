/* SPDX-License-Identifier: BSD-2-Clause */

/* In place of top_loop.c where there is no ncursesw. */

#include "base/console.h"
#include "base/i18n.h"
#include "timewait/top_session.h"

int top_run_screen(struct top_session *session)
{
	(void)session;
	console_error(_("no screen: this timewait was built without ncursesw (--batch prints "
			"frames as text)"));
	return EXIT_UNAVAILABLE;
}
