/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/verdict.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/list.h"
#include "explain/verdict_internal.h"

void verdict_set_reason(struct verdict *verdict, const char *format, ...)
{
	struct text text = TEXT_INIT;
	va_list args;

	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	free(verdict->reason);
	verdict->reason = text_steal(&text);
}

void verdict_note(struct verdict *verdict, const char *format, ...)
{
	struct text text = TEXT_INIT;
	va_list args;

	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	*list_grow(&verdict->notes, &verdict->note_count, &verdict->note_room) = text_steal(&text);
}

void verdict_add_remedy(
	struct verdict *verdict, enum remedy_id id, bool works_now, const char *format, ...)
{
	struct verdict_remedy *remedy =
		list_grow(&verdict->remedies, &verdict->remedy_count, &verdict->remedy_room);
	struct text text = TEXT_INIT;
	va_list args;

	remedy->id = id;
	remedy->works_now = works_now;
	if (!format)
		return;
	va_start(args, format);
	text_vprintf(&text, format, args);
	va_end(args);
	remedy->detail = text_steal(&text);
}

char *verdict_owner(const struct verdict_blocker *blocker)
{
	struct text text = TEXT_INIT;

	if (blocker->pid) {
		text_printf(&text, "%d/", (int)blocker->pid);
		text_append_escaped(&text, blocker->comm, strlen(blocker->comm), false);
		text_printf(&text, " (fd %d)", blocker->fd);
	}
	return text_steal(&text);
}

static int by_safety(const void *left, const void *right)
{
	const struct verdict_remedy *a = left, *b = right;

	return (int)a->id - (int)b->id;
}

int verdict_reach(
	const struct verdict_question *question, struct verdict *ret_verdict, struct error *err)
{
	struct verdict verdict = {.question = *question, .is_sure = true};
	int r = question->call == VERDICT_BIND ? verdict_judge_bind(&verdict, err)
					       : verdict_judge_connect(&verdict, err);

	if (r < 0) {
		verdict_finish(&verdict);
		return r;
	}
	if (verdict.remedy_count)
		qsort(verdict.remedies, verdict.remedy_count, sizeof(*verdict.remedies), by_safety);
	*ret_verdict = verdict;
	return 0;
}

void verdict_finish(struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->remedy_count; i++)
		free(verdict->remedies[i].detail);
	for (size_t i = 0; i < verdict->note_count; i++)
		free(verdict->notes[i]);
	free(verdict->remedies);
	free(verdict->notes);
	free(verdict->blockers);
	free(verdict->reason);
	budget_finish(&verdict->budget);
	*verdict = (struct verdict){0};
}
