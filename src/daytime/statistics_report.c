/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/statistics_report.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/i18n.h"

const char *const statistics_form_names[] = {"text", "json", NULL};

/* Of an answer's time, these shares of all were at least as fast. */
static const struct {
	const char *key;
	double percent;
} percentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p999", 99.9}};

#define PERCENTILES (sizeof(percentiles) / sizeof(percentiles[0]))

/* What programs read, for refusals of either kind. */
static const char *const refusal_keys[REFUSALS] = {
	[REFUSAL_RATE] = "rate",
	[REFUSAL_SHARE] = "max_per_source",
};

static const char *const verdict_keys[DATAGRAM_VERDICTS] = {
	[DATAGRAM_TOO_SHORT] = "too_short",
	[DATAGRAM_SOURCE] = "source",
	[DATAGRAM_DESTINATION] = "destination",
	[DATAGRAM_LOW_PORT] = "low_port",
	[DATAGRAM_SERVICE_PORT] = "service_port",
	[DATAGRAM_OWN_PORT] = "own_port",
	[DATAGRAM_IS_DAYTIME] = "is_daytime",
	[DATAGRAM_RATE] = "rate",
};

static unsigned long long value(const statistics_count *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

static unsigned long long total(const statistics_count *counts, int from, int count)
{
	unsigned long long sum = 0;

	for (int i = from; i < count; i++)
		sum += value(&counts[i]);
	return sum;
}

/* Writes what stands between two items of a list, or before the first. */
static void begin_item(struct text *out, const char *title, bool *is_begun)
{
	text_append(out, *is_begun ? ", " : title);
	*is_begun = true;
}

static void print_refusals(const struct statistics *statistics, struct text *out)
{
	static const char *const options[REFUSALS] = {
		[REFUSAL_RATE] = "--rate",
		[REFUSAL_SHARE] = "--max-per-source",
	};
	bool is_begun = false;

	for (int i = 0; i < REFUSALS; i++) {
		if (!value(&statistics->refused[i]))
			continue;
		begin_item(out, _("refused: "), &is_begun);
		text_printf(out, _("%llu connections over %s"), value(&statistics->refused[i]),
			options[i]);
	}
	for (int i = DATAGRAM_ANSWER + 1; i < DATAGRAM_VERDICTS; i++) {
		if (!value(&statistics->datagrams[i]))
			continue;
		begin_item(out, _("refused: "), &is_begun);
		text_printf(out, _("%llu datagrams (%s)"), value(&statistics->datagrams[i]),
			datagram_reason((enum datagram_verdict)i));
	}
	if (is_begun)
		text_append(out, "\n");
}

static void print_errors(const struct statistics *statistics, struct text *out)
{
	bool is_begun = false;

	for (int i = 0; i < STATISTICS_ERRNOS; i++) {
		char name[ERROR_NAME_BYTES];

		if (!value(&statistics->errors[i]))
			continue;
		begin_item(out, _("errors: "), &is_begun);
		text_printf(out, "%s %llu", error_name(i, name), value(&statistics->errors[i]));
	}
	if (is_begun)
		text_append(out, "\n");
}

static void print_latency(const struct statistics *statistics, struct text *out)
{
	const struct histogram *latency = &statistics->latency;

	if (!histogram_count(latency))
		return;
	text_append(out, _("answered within (microseconds):"));
	for (size_t i = 0; i < PERCENTILES; i++)
		text_printf(out, " %s %.1f,", percentiles[i].key,
			(double)histogram_percentile_ns(latency, percentiles[i].percent) /
				(double)NS_PER_US);
	text_printf(
		out, _(" %.1f at most\n"), (double)histogram_max_ns(latency) / (double)NS_PER_US);
}

void statistics_print(const struct statistics *statistics, const struct statistics_moment *moment,
	struct text *out)
{
	text_printf(out,
		_("connections: %llu accepted, %llu answered, %llu timed out, %llu failed, %d open "
		  "(%d at most), %llu pauses; datagrams: %llu answered, %llu refused, %llu "
		  "failed; up %lld s\n"),
		value(&statistics->accepted), value(&statistics->answered),
		value(&statistics->timed_out), value(&statistics->failed), moment->open,
		moment->most_open, value(&statistics->exhausted),
		value(&statistics->datagrams[DATAGRAM_ANSWER]),
		total(statistics->datagrams, DATAGRAM_ANSWER + 1, DATAGRAM_VERDICTS),
		value(&statistics->datagrams_failed), (long long)(moment->up_ns / NS_PER_S));
	print_refusals(statistics, out);
	print_errors(statistics, out);
	print_latency(statistics, out);
}

static json_t *number(const statistics_count *count)
{
	return json_integer((json_int_t)value(count));
}

static json_t *counts(const statistics_count *all, const char *const *keys, int from, int count)
{
	json_t *object = json_object();

	for (int i = from; i < count; i++)
		json_object_set_new(object, keys[i], number(&all[i]));
	return object;
}

static json_t *errors(const struct statistics *statistics)
{
	json_t *object = json_object();

	for (int i = 0; i < STATISTICS_ERRNOS; i++) {
		char name[ERROR_NAME_BYTES];

		if (value(&statistics->errors[i]))
			json_object_set_new(
				object, error_name(i, name), number(&statistics->errors[i]));
	}
	return object;
}

static json_t *latency(const struct histogram *latency)
{
	json_t *object = json_object();

	if (!histogram_count(latency))
		return object; /* nothing is known */
	json_object_set_new(object, "count", json_integer((json_int_t)histogram_count(latency)));
	for (size_t i = 0; i < PERCENTILES; i++)
		json_object_set_new(object, percentiles[i].key,
			json_real((double)histogram_percentile_ns(latency, percentiles[i].percent) /
				  (double)NS_PER_S));
	json_object_set_new(
		object, "max", json_real((double)histogram_max_ns(latency) / (double)NS_PER_S));
	return object;
}

void statistics_print_json(const struct statistics *statistics,
	const struct statistics_moment *moment, struct text *out)
{
	json_t *object = json_pack("{s:i, s:s, s:f, s:i, s:{s:o, s:o, s:o, s:o, s:i, s:i, s:o}, "
				   "s:{s:o, s:o, s:o}, s:o, s:o, s:o}",
		"v", 1, "type", "statistics", "up_s", (double)moment->up_ns / (double)NS_PER_S,
		"workers", moment->workers, "connections", "accepted",
		number(&statistics->accepted), "answered", number(&statistics->answered),
		"timed_out", number(&statistics->timed_out), "failed", number(&statistics->failed),
		"open", moment->open, "most_open", moment->most_open, "refused",
		counts(statistics->refused, refusal_keys, 0, REFUSALS), "datagrams", "answered",
		number(&statistics->datagrams[DATAGRAM_ANSWER]), "failed",
		number(&statistics->datagrams_failed), "refused",
		counts(statistics->datagrams, verdict_keys, DATAGRAM_ANSWER + 1, DATAGRAM_VERDICTS),
		"pauses", number(&statistics->exhausted), "errors", errors(statistics), "latency_s",
		latency(&statistics->latency));
	char *line = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9));

	if (line) {
		text_append(out, line);
		text_append(out, "\n");
	}
	free(line);
	json_decref(object);
}
