/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/clock.h"
#include "daytime/load_report.h"

/* Nanoseconds of a day have fourteen digits. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(14))

static void set_number(json_t *object, const char *key, uint64_t number)
{
	json_object_set_new(object, key, json_integer((json_int_t)number));
}

static void set_seconds(json_t *object, const char *key, double ns)
{
	json_object_set_new(object, key, json_real(ns / (double)NS_PER_S));
}

static void set_address(json_t *object, const union load_address *address)
{
	char text[INET6_ADDRSTRLEN];
	bool is_ipv4 = address->any.sa_family == AF_INET;

	inet_ntop(address->any.sa_family,
		is_ipv4 ? (const void *)&address->ipv4.sin_addr
			: (const void *)&address->ipv6.sin6_addr,
		text, sizeof(text));
	json_object_set_new(object, "address", json_string(text));
	set_number(
		object, "port", ntohs(is_ipv4 ? address->ipv4.sin_port : address->ipv6.sin6_port));
}

static json_t *latency_of(const struct histogram *latency)
{
	json_t *object = json_object();

	set_seconds(object, "min", (double)histogram_min_ns(latency));
	set_seconds(object, "p50", (double)histogram_percentile_ns(latency, 50));
	set_seconds(object, "p90", (double)histogram_percentile_ns(latency, 90));
	set_seconds(object, "p99", (double)histogram_percentile_ns(latency, 99));
	set_seconds(object, "p999", (double)histogram_percentile_ns(latency, 99.9));
	set_seconds(object, "max", (double)histogram_max_ns(latency));
	set_seconds(object, "mean", histogram_mean_ns(latency));
	return object;
}

static json_t *cpu_of(const struct load_result *result)
{
	json_t *object = json_object();

	set_seconds(object, "user", (double)result->user_ns);
	set_seconds(object, "system", (double)result->system_ns);
	return object;
}

static json_t *errors_of(const struct load_result *result)
{
	json_t *object = json_object();
	char buffer[ERROR_NAME_BYTES];

	for (int i = 0; i < LOAD_FAILURES; i++) {
		if (result->failures[i])
			set_number(object, load_failure_name(i, buffer), result->failures[i]);
	}
	return object;
}

/* A host's name that is no UTF-8 is left out: json_string() gives NULL, which sets nothing. */
static json_t *object_of(
	const char *host, const struct load_plan *plan, const struct load_result *result)
{
	json_t *object = json_object();

	set_number(object, "v", 1);
	json_object_set_new(object, "type", json_string("load"));
	json_object_set_new(object, "host", json_string(host));
	set_address(object, &plan->address);
	json_object_set_new(object, "transport", json_string(plan->is_datagram ? "udp" : "tcp"));
	set_number(object, "count", plan->count);
	set_number(object, "answered", result->answered);
	set_number(object, "failed", result->failed);
	set_number(object, "concurrency", (uint64_t)plan->concurrency);
	set_number(object, "workers", (uint64_t)plan->workers);
	if (plan->rate)
		set_number(object, "rate", plan->rate);
	set_seconds(object, "duration_s", (double)result->duration_ns);
	json_object_set_new(object, "per_second", json_real(load_result_per_second(result)));
	if (result->answered)
		json_object_set_new(object, "latency_s", latency_of(&result->latency));
	json_object_set_new(object, "cpu_s", cpu_of(result));
	json_object_set_new(object, "errors", errors_of(result));
	return object;
}

void load_report_json(const char *host, const struct load_plan *plan,
	const struct load_result *result, struct text *text)
{
	json_t *object = object_of(host, plan, result);
	char *line = json_dumps(object, DUMP_FLAGS);

	if (!line)
		abort(); /* out of memory, as in text.h */
	text_append(text, line);
	text_append(text, "\n");
	free(line);
	json_decref(object);
}
