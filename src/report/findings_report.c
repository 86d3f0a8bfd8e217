/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/findings_report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "report/wrap.h"
#include "scenario/library.h"
#include "scenario/parse.h"

static const struct {
	const char *utf8, *ascii, *colour;
} marks[] = {
	[SEVERITY_NOTE] = {"·", "-", "2"},
	[SEVERITY_WARN] = {"!", "!", "33"},
	[SEVERITY_BAD] = {"✗", "x", "1;31"},
};

#define INDENT 2
/* The longest heading, and a blank. */
#define COLUMN 12

/* "meaning:   ..." below a finding; further lines stand under the first word. */
static void print_words(
	struct text *out, const char *heading, const char *words, const struct findings_look *look)
{
	_cleanup_free_ char *safe = wrap_printable(words, look->utf8);
	const char *rest = safe;
	size_t used = text_columns(heading);
	size_t indent = INDENT + (used < COLUMN ? COLUMN : used + 1);
	size_t room = look->columns > indent + 20 ? look->columns - indent : 20;
	char *line;

	for (int i = 0; (line = wrap_line(&rest, room)); i++) {
		text_repeat(out, " ", i ? indent : INDENT);
		if (!i) {
			text_append(out, heading);
			text_repeat(out, " ", indent - INDENT - used);
		}
		text_printf(out, "%s\n", line);
		free(line);
	}
}

/* The words of a title stand in a column, whatever the mark. */
#define TITLE_COLUMN 8

static void print_mark(
	struct text *out, const struct finding *finding, const struct findings_look *look)
{
	const char *mark =
		look->utf8 ? marks[finding->severity].utf8 : marks[finding->severity].ascii;
	const char *name = severity_name(finding->severity);

	if (look->has_colour)
		text_printf(
			out, "\033[%sm%s %s\033[m", marks[finding->severity].colour, mark, name);
	else
		text_printf(out, "%s %s", mark, name);
	text_repeat(out, " ", TITLE_COLUMN - 2 - strlen(name));
}

static void print_title(
	struct text *out, const struct finding *finding, const struct findings_look *look)
{
	_cleanup_free_ char *title = wrap_printable(finding->title.bytes, look->utf8);
	const char *rest = title;
	size_t room = look->columns > TITLE_COLUMN + 20 ? look->columns - TITLE_COLUMN : 20;
	char *line;

	print_mark(out, finding, look);
	for (int i = 0; (line = wrap_line(&rest, room)); i++) {
		text_repeat(out, " ", i ? TITLE_COLUMN : 0);
		text_printf(out, "%s\n", line);
		free(line);
	}
}

static void print_number(struct text *words, const struct fact *fact)
{
	switch (fact->unit) {
	case FACT_COUNT: text_printf(words, "%.0f", fact->number); break;
	case FACT_SECONDS: text_printf(words, "%.1f s", fact->number); break;
	case FACT_PER_SECOND: text_printf(words, "%.1f/s", fact->number); break;
	case FACT_PERCENT: text_printf(words, "%.1f%%", fact->number); break;
	case FACT_BYTES: text_printf(words, _("%.0f bytes"), fact->number); break;
	case FACT_TEXT: text_append(words, fact->text); break;
	}
}

/* "in CLOSE_WAIT 3, unread 20 bytes". What has no label stands in the title already. */
static void print_evidence(
	struct text *out, const struct finding *finding, const struct findings_look *look)
{
	_cleanup_text_ struct text words = TEXT_INIT;

	for (size_t i = 0; i < finding->fact_count; i++) {
		const struct fact *fact = &finding->facts[i];

		if (!fact->label)
			continue;
		text_printf(&words, "%s%s ", words.length ? ", " : "", _(fact->label));
		print_number(&words, fact);
	}
	if (words.length)
		print_words(out, _("evidence:"), words.bytes, look);
}

static void print_socket(struct text *out, const struct checkup_socket *socket, const char *heading,
	const struct findings_look *look)
{
	char local[ENDPOINT_TEXT_BYTES], peer[ENDPOINT_TEXT_BYTES];
	_cleanup_text_ struct text words = TEXT_INIT;

	if (socket->pid)
		text_printf(&words, _("fd %d: "), socket->fd);
	text_printf(&words, "%s %s - %s", tcp_state_name(socket->socket.state),
		endpoint_format(&socket->socket.local, local),
		endpoint_format(&socket->socket.peer, peer));
	if (socket->has_silence)
		text_printf(&words, _(", silent for %.1f s"), socket->silent_ms / 1000.0);
	if (findings_unread_bytes(socket))
		text_printf(&words, _(", %" PRIu32 " bytes unread"), findings_unread_bytes(socket));
	else if (socket->socket.receive_queue)
		text_append(&words, _(", the FIN not read"));
	if (socket->socket.retransmissions)
		text_printf(
			&words, _(", repeated %" PRIu32 " times"), socket->socket.retransmissions);
	print_words(out, heading, words.bytes, look);
}

static void print_sockets(
	struct text *out, const struct finding *finding, const struct findings_look *look)
{
	_cleanup_text_ struct text more = TEXT_INIT;

	for (size_t i = 0; i < finding->socket_count; i++)
		print_socket(out, &finding->sockets[i], i ? "" : _("sockets:"), look);
	if (!finding->sockets_more)
		return;
	text_printf(&more, _("and %zu more"), finding->sockets_more);
	print_words(out, "", more.bytes, look);
}

/* Those that wait for the kernel's timers are run only when asked for twice. */
static bool waits_for_timers(const char *name)
{
	const struct library_entry *entry = library_find(name);
	struct parse_errors errors;
	struct scenario scenario;
	bool is_slow;

	if (!entry || scenario_parse(&scenario, name, entry->text, entry->length, &errors) < 0)
		return false;
	is_slow = scenario.is_slow;
	scenario_finish(&scenario);
	return is_slow;
}

/* Several listeners that are full, say: once is enough for what that means. */
static bool repeats(const struct finding *finding, const struct finding *before)
{
	return before && !strcmp(finding->check, before->check) &&
	       !strcmp(finding->meaning.bytes, before->meaning.bytes) &&
	       !strcmp(finding->remedy.bytes, before->remedy.bytes);
}

static void print_finding(struct text *out, const struct finding *finding,
	const struct finding *before, const struct findings_look *look)
{
	_cleanup_text_ struct text see = TEXT_INIT;

	print_title(out, finding, look);
	print_evidence(out, finding, look);
	print_sockets(out, finding, look);
	if (repeats(finding, before)) {
		print_words(out, _("meaning:"), _("as above"), look);
	} else {
		print_words(out, _("meaning:"), finding->meaning.bytes, look);
		print_words(out, _("remedy:"), finding->remedy.bytes, look);
		text_printf(&see, "timewait run %s%s; timewait explain %s",
			waits_for_timers(finding->scenario) ? "--slow " : "", finding->scenario,
			finding->page);
		print_words(out, _("see:"), see.bytes, look);
	}
	text_append(out, "\n");
}

static uint64_t count_sockets(const struct checkup *checkup)
{
	uint64_t count = 0;

	for (size_t i = 0; i < TCP_STATE_COUNT; i++)
		count += checkup->states[i];
	return count;
}

void findings_print(struct text *out, const struct findings *findings,
	const struct checkup *checkup, const struct findings_look *look)
{
	size_t checks;

	findings_checks(&checks);
	if (!findings->count) {
		if (checkup->has_sockets)
			text_printf(out,
				_("Nothing to find fault with: %zu checks, %" PRIu64 " sockets.\n"),
				checks, count_sockets(checkup));
		else
			text_append(out, _("Nothing to find fault with, but the sockets could not "
					   "be looked at.\n"));
		return;
	}
	for (size_t i = 0; i < findings->count; i++)
		print_finding(
			out, &findings->findings[i], i ? &findings->findings[i - 1] : NULL, look);
	text_printf(out, _("%zu bad, %zu to be warned of, %zu to be noted.\n"),
		findings_count(findings, SEVERITY_BAD), findings_count(findings, SEVERITY_WARN),
		findings_count(findings, SEVERITY_NOTE));
}

size_t findings_missing(const struct checkup *checkup, const char *names[FINDINGS_MISSING_MAX])
{
	/* What every kernel that is supported has, in a network namespace that is not the first too. */
	static const enum setting expected[] = {SETTING_TW_REUSE, SETTING_TIMESTAMPS,
		SETTING_FIN_TIMEOUT_S, SETTING_MAX_TW_BUCKETS, SETTING_RFC1337, SETTING_MAX_ORPHANS,
		SETTING_SYNCOOKIES, SETTING_SOMAXCONN};
	size_t count = 0;

	if (!checkup->has_sockets)
		names[count++] = "sockets";
	if (!checkup->has_counters)
		names[count++] = "counters";
	if (!checkup->sockstat.is_known)
		names[count++] = "sockstat";
	if (!checkup->has_owners)
		names[count++] = "owners";
	if (!checkup->settings.has_port_range)
		names[count++] = "ip_local_port_range";
	if (checkup->files.unreadable)
		names[count++] = "sysctl.d";
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		if (!checkup->settings.is_known[expected[i]])
			names[count++] = setting_name(expected[i]);
	}
	return count;
}
