/* SPDX-License-Identifier: BSD-2-Clause */
#include "scenario/suite_message.h"

#include <stdlib.h>
#include <string.h>

#include "base/list.h"

/* A string that is not there; no string is as long. */
#define NO_STRING UINT32_MAX

/* In front of each message. */
struct head {
	uint32_t kind;
	uint32_t length; /* of what follows */
};

/* What is left to read. */
struct reader {
	const char *bytes;
	size_t length;
	bool is_broken;
};

static void put_number(struct text *out, uint64_t number)
{
	text_append_bytes(out, &number, sizeof(number));
}

static void put_bytes(struct text *out, const char *bytes, size_t length)
{
	uint32_t size = (uint32_t)length;

	text_append_bytes(out, &size, sizeof(size));
	text_append_bytes(out, bytes, length);
}

static void put_string(struct text *out, const char *string)
{
	uint32_t none = NO_STRING;

	if (string)
		put_bytes(out, string, strlen(string));
	else
		text_append_bytes(out, &none, sizeof(none));
}

static void put_error(struct text *out, const struct error *err)
{
	put_number(out, (uint64_t)err->code);
	put_string(out, err->text);
}

static void get(struct reader *reader, void *into, size_t length)
{
	if (length > reader->length) {
		reader->is_broken = true;
		reader->length = 0;
		memset(into, 0, length);
		return;
	}
	memcpy(into, reader->bytes, length);
	reader->bytes += length;
	reader->length -= length;
}

static uint64_t get_number(struct reader *reader)
{
	uint64_t number;

	get(reader, &number, sizeof(number));
	return number;
}

/* NULL where there is none. */
static char *get_string(struct reader *reader, size_t *ret_length)
{
	uint32_t length;
	char *string;

	get(reader, &length, sizeof(length));
	if (length == NO_STRING || reader->is_broken)
		return NULL;
	if (length > reader->length) {
		reader->is_broken = true;
		return NULL;
	}
	string = malloc((size_t)length + 1);
	if (!string)
		abort();
	get(reader, string, length);
	string[length] = '\0';
	if (ret_length)
		*ret_length = length;
	return string;
}

static void get_error(struct reader *reader, struct error *ret_err)
{
	char *words;

	*ret_err = (struct error){.code = (int)get_number(reader)};
	words = get_string(reader, NULL);
	if (words)
		strncpy(ret_err->text, words, sizeof(ret_err->text) - 1);
	free(words);
}

static void put_message(struct text *out, enum suite_message_kind kind, const struct text *body)
{
	struct head head = {.kind = kind, .length = (uint32_t)body->length};

	text_append_bytes(out, &head, sizeof(head));
	text_append_bytes(out, body->bytes, body->length);
}

void suite_message_report(struct text *out, const struct suite_report *report)
{
	_cleanup_text_ struct text body = TEXT_INIT;

	put_number(&body, report->item);
	put_number(&body, report->run);
	put_number(&body, report->outcome);
	put_number(&body, report->is_slow_skip);
	put_string(&body, report->reason);
	put_string(&body, report->last_states);
	put_error(&body, &report->render_error);
	put_bytes(&body, report->output.bytes, report->output.length);
	put_number(&body, report->failure_count);
	for (size_t i = 0; i < report->failure_count; i++) {
		const struct suite_failure *failure = &report->failures[i];

		put_number(&body, (uint64_t)failure->line);
		put_string(&body, failure->text);
		put_string(&body, failure->expected);
		put_string(&body, failure->observed);
	}
	put_message(out, SUITE_MESSAGE_REPORT, &body);
}

void suite_message_refused(struct text *out, const struct error *err)
{
	_cleanup_text_ struct text body = TEXT_INIT;

	put_error(&body, err);
	put_message(out, SUITE_MESSAGE_REFUSED, &body);
}

static void get_output(struct reader *reader, struct text *out)
{
	size_t length = 0;
	char *bytes = get_string(reader, &length);

	if (bytes)
		text_append_bytes(out, bytes, length);
	free(bytes);
}

static void get_report(struct reader *reader, struct suite_report *report)
{
	uint64_t failures;

	report->item = (size_t)get_number(reader);
	report->run = get_number(reader);
	report->outcome = (enum run_outcome)get_number(reader);
	report->is_slow_skip = get_number(reader) != 0;
	report->reason = get_string(reader, NULL);
	report->last_states = get_string(reader, NULL);
	get_error(reader, &report->render_error);
	get_output(reader, &report->output);
	failures = get_number(reader);
	for (uint64_t i = 0; i < failures && !reader->is_broken; i++) {
		struct suite_failure *failure =
			list_grow(&report->failures, &report->failure_count, &report->failure_room);

		failure->line = (int)get_number(reader);
		failure->text = get_string(reader, NULL);
		failure->expected = get_string(reader, NULL);
		failure->observed = get_string(reader, NULL);
	}
	if (report->outcome > RUN_INTERRUPTED)
		reader->is_broken = true;
}

enum suite_message_kind suite_message_take(const void *bytes, size_t length, size_t *ret_used,
	struct suite_report *ret_report, struct error *ret_err)
{
	struct reader reader = {.bytes = bytes, .length = length};
	struct suite_report report = {.output = TEXT_INIT};
	struct head head;

	if (length < sizeof(head))
		return SUITE_MESSAGE_NONE;
	get(&reader, &head, sizeof(head));
	if (head.kind != SUITE_MESSAGE_REPORT && head.kind != SUITE_MESSAGE_REFUSED)
		return SUITE_MESSAGE_BROKEN;
	if (reader.length < head.length)
		return SUITE_MESSAGE_NONE;
	reader.length = head.length;
	*ret_used = sizeof(head) + head.length;
	if (head.kind == SUITE_MESSAGE_REFUSED)
		get_error(&reader, ret_err);
	else
		get_report(&reader, &report);
	if (reader.is_broken || reader.length) {
		suite_report_finish(&report);
		return SUITE_MESSAGE_BROKEN;
	}
	if (head.kind == SUITE_MESSAGE_REPORT)
		*ret_report = report;
	return (enum suite_message_kind)head.kind;
}

struct suite_report suite_report_take(struct suite_report *report)
{
	struct suite_report taken = *report;

	*report = (struct suite_report){.output = TEXT_INIT};
	return taken;
}

void suite_report_finish(struct suite_report *report)
{
	for (size_t i = 0; i < report->failure_count; i++) {
		free(report->failures[i].text);
		free(report->failures[i].expected);
		free(report->failures[i].observed);
	}
	free(report->failures);
	free(report->reason);
	free(report->last_states);
	text_finish(&report->output);
	*report = (struct suite_report){.output = TEXT_INIT};
}
