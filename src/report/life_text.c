/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/life_text.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/i18n.h"

/* "192.168.100.200:12345" */
#define COLUMNS_LEAST 21
#define TIME_COLUMNS  15

#define LOOK_BORN     "33"
#define LOOK_EXPIRED  "2"
#define LOOK_CUT      "1;31"

static void put_time(struct text *out, uint64_t ns)
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm local;
	char clock[16];

	localtime_r(&seconds, &local);
	strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	text_printf(out, "%s.%06u", clock, (unsigned int)(ns % NS_PER_S / NS_PER_US));
}

static void put_endpoint(struct text *out, const struct life_event *event, const uint8_t *address,
	uint16_t port, size_t *columns)
{
	struct endpoint endpoint = {.family = event->family, .port = port};
	char words[ENDPOINT_TEXT_BYTES];
	size_t length;

	memcpy(endpoint.address, address, sizeof(endpoint.address));
	endpoint_format(&endpoint, words);
	/* No port yet, or none at all. */
	if (!port)
		strcpy(strrchr(words, ':') + 1, "*");
	length = strlen(words);
	if (*columns < length)
		*columns = length;
	text_printf(out, "  %-*s", (int)*columns, words);
}

static void put_process(
	const struct life_text *look, struct text *out, const struct life_event *event)
{
	const char *cgroup = cgroup_path(look->cgroups, event->cgroup);

	text_append_escaped(
		out, event->comm, strnlen(event->comm, sizeof(event->comm)), look->utf8);
	if (event->pid)
		text_printf(out, "[%u]", event->pid);
	if (cgroup && strcmp(cgroup, "/") != 0) {
		text_append(out, " ");
		text_append_escaped(out, cgroup, strlen(cgroup), look->utf8);
	}
}

static void put_state(
	const struct life_text *look, struct text *out, const struct life_event *event)
{
	text_printf(out, "%s > %s", tcp_state_name(event->from), tcp_state_name(event->to));
	if (!(event->flags & LIFE_HAS_CLOSER))
		return;
	text_append(out, _(", by "));
	put_process(look, out, event);
}

static void put_closer(
	const struct life_text *look, struct text *out, const struct life_event *event)
{
	if (event->flags & LIFE_HAS_CLOSER) {
		text_append(out, _(", closed by "));
		put_process(look, out, event);
	} else if (event->flags & LIFE_WAS_BEFORE) {
		text_append(out, _(", here before we watched"));
	}
}

/* In what it is, what happened, why, and after how long. */
static void put_life(const struct life_text *look, struct text *out, const struct life_event *event)
{
	const char *state = event->kind == LIFE_NOT_BORN ? "TIME_WAIT" : tcp_state_name(event->to);
	const char *cause = life_cause_name(event->cause);
	double lifetime_s = (double)event->lifetime_ns / (double)NS_PER_S;

	if (event->kind == LIFE_BORN)
		text_printf(out, _("%s born"), state);
	else if (event->kind == LIFE_RESTARTED)
		text_printf(out, _("%s restarted"), state);
	else if (event->kind == LIFE_DIED)
		text_printf(out, _("%s died: %s"), state, cause);
	else
		text_printf(out, _("%s not born: %s, from %s"), state, cause,
			tcp_state_name(event->from));
	if (event->lifetime_ns && !(event->flags & LIFE_WAS_BEFORE))
		text_printf(out, _(" after %.3f s"), lifetime_s);
	if (event->ended_by)
		text_printf(out, _(" by process %u"), event->ended_by);
	put_closer(look, out, event);
}

static const char *look_of(const struct life_event *event)
{
	if (event->kind == LIFE_STATE || event->kind == LIFE_RESTARTED)
		return NULL;
	if (event->kind == LIFE_BORN)
		return LOOK_BORN;
	return event->cause == LIFE_EXPIRED ? LOOK_EXPIRED : LOOK_CUT;
}

static void start_columns(struct life_text *look)
{
	if (!look->local_columns)
		look->local_columns = look->peer_columns = COLUMNS_LEAST;
}

void life_text_put_header(struct life_text *look, struct text *out)
{
	start_columns(look);
	text_printf(out, "%-*s  %-*s  %-*s  %s\n", TIME_COLUMNS, _("Time"),
		(int)look->local_columns, _("Local Address"), (int)look->peer_columns,
		_("Foreign Address"), _("Event"));
}

void life_text_put(struct life_text *look, struct text *out, const struct life_event *event)
{
	const char *sgr = look->has_colour ? look_of(event) : NULL;

	start_columns(look);
	put_time(out, event->time_ns + (uint64_t)look->real_ns);
	put_endpoint(out, event, event->local, event->local_port, &look->local_columns);
	put_endpoint(out, event, event->peer, event->peer_port, &look->peer_columns);
	text_append(out, "  ");
	if (sgr)
		text_printf(out, "\033[%sm", sgr);
	if (event->kind == LIFE_STATE)
		put_state(look, out, event);
	else
		put_life(look, out, event);
	if (look->has_netns)
		text_printf(out, ", netns %u", event->netns);
	text_append(out, sgr ? "\033[0m\n" : "\n");
}
