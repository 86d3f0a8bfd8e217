/* SPDX-License-Identifier: BSD-2-Clause */

/* Would bind() work? By trying it, and, where sockets are in the way, by looking at them. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "explain/attempt.h"
#include "explain/verdict_internal.h"
#include "observe/settings.h"

struct survey {
	struct verdict *verdict;
	unsigned int options;
	struct blocker_list list;
};

static int look_at(void *context, const struct diag_socket *socket)
{
	struct survey *survey = context;

	blockers_take(survey->verdict, &survey->list, &survey->verdict->question.local,
		survey->options, socket);
	return 0;
}

static int find_blockers(struct verdict *verdict, struct error *err)
{
	struct survey survey = {.verdict = verdict, .options = blockers_options(verdict)};
	struct diag diag;
	int r = diag_open(&diag, err);

	if (r < 0)
		return r;
	r = diag_dump(&diag, DIAG_ALL_STATES, look_at, &survey, err);
	diag_close(&diag);
	blockers_settle(verdict, &survey.list);
	return r;
}

static void explain_success(struct verdict *verdict)
{
	char at[ENDPOINT_TEXT_BYTES];

	endpoint_format(&verdict->question.local, at);
	if (!verdict->question.local.port)
		verdict_set_reason(verdict, _("The kernel finds a free port by itself."));
	else if (!verdict->blocker_count)
		verdict_set_reason(verdict, _("No socket has %s, or what would include it."), at);
	else
		verdict_set_reason(verdict,
			_("Sockets have this port, but let the new one in: all of them have set "
			  "what it sets (%s)."),
			bind_options_name(verdict->question.options));
	for (size_t i = 0; i < verdict->blocker_count; i++) {
		if (verdict->blockers[i].socket.state != TCP_STATE_BOUND)
			continue;
		verdict_note(verdict, _("one of them does not listen yet: as soon as it does, "
					"listen() of the other fails with EADDRINUSE"));
		break;
	}
}

int verdict_judge_bind(struct verdict *verdict, struct error *err)
{
	const struct endpoint *at = &verdict->question.local;
	int r = 0;

	verdict_try_bind(verdict, at);
	verdict->code = verdict_attempt_code(verdict, verdict->question.options);
	if (at->port && (!verdict->code || verdict->code == EADDRINUSE || verdict->code == EACCES))
		r = find_blockers(verdict, err);
	if (r < 0)
		return r;
	if (verdict->code)
		verdict_explain_bind(verdict, at, verdict->code);
	else
		explain_success(verdict);
	return 0;
}
