/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_report.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/i18n.h"

#define COLUMN 18

static void begin_line(struct text *text, const char *name)
{
	size_t columns = text_columns(name);

	text_append(text, name);
	text_repeat(text, " ", columns < COLUMN ? COLUMN - columns : 1);
}

static void append_count(struct text *text, const char *name, uint64_t count)
{
	begin_line(text, name);
	text_printf(text, "%12llu\n", (unsigned long long)count);
}

/* Four digits and a unit: "18.42 us", "1.500 s". */
static void append_duration(struct text *text, double ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	size_t unit = 0;

	while (ns >= 999.95 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	text_printf(text, "%.*f %s", ns < 9.9995 ? 3 : ns < 99.995 ? 2 : 1, ns, units[unit]);
}

static void append_percentile(struct text *text, const char *name, double ns)
{
	_cleanup_text_ struct text value = TEXT_INIT;

	append_duration(&value, ns);
	begin_line(text, name);
	text_printf(text, "%12s\n", value.bytes);
}

static void append_latency(struct text *text, const struct histogram *latency)
{
	append_percentile(text, _("latency min"), (double)histogram_min_ns(latency));
	append_percentile(text, "  p50", (double)histogram_percentile_ns(latency, 50));
	append_percentile(text, "  p90", (double)histogram_percentile_ns(latency, 90));
	append_percentile(text, "  p99", (double)histogram_percentile_ns(latency, 99));
	append_percentile(text, "  p99.9", (double)histogram_percentile_ns(latency, 99.9));
	append_percentile(text, _("  max"), (double)histogram_max_ns(latency));
	append_percentile(text, _("  mean"), histogram_mean_ns(latency));
}

static void append_failures(struct text *text, const struct load_result *result)
{
	for (int i = 0; i < LOAD_FAILURES; i++) {
		char buffer[ERROR_NAME_BYTES];
		_cleanup_text_ struct text name = TEXT_INIT;

		if (!result->failures[i])
			continue;
		text_printf(&name, "  %s", load_failure_name(i, buffer));
		append_count(text, name.bytes, result->failures[i]);
	}
}

static void append_heading(struct text *text, const struct load_plan *plan)
{
	char address[INET6_ADDRSTRLEN];
	bool is_ipv4 = plan->address.any.sa_family == AF_INET;

	inet_ntop(plan->address.any.sa_family,
		is_ipv4 ? (const void *)&plan->address.ipv4.sin_addr
			: (const void *)&plan->address.ipv6.sin6_addr,
		address, sizeof(address));
	text_printf(text, _("%s port %u, %s, %d at once"), address,
		ntohs(is_ipv4 ? plan->address.ipv4.sin_port : plan->address.ipv6.sin6_port),
		plan->is_datagram ? "UDP" : "TCP", plan->concurrency);
	if (plan->workers > 1)
		text_printf(text, _(", %d workers"), plan->workers);
	if (plan->rate)
		text_printf(text, _(", %llu a second"), (unsigned long long)plan->rate);
	text_append(text, "\n");
}

void load_report_text(
	const struct load_plan *plan, const struct load_result *result, struct text *text)
{
	append_heading(text, plan);
	append_count(text, plan->is_datagram ? _("queries") : _("connections"),
		load_result_done(result));
	append_count(text, _("  answered"), result->answered);
	append_count(text, _("  failed"), result->failed);
	append_failures(text, result);
	begin_line(text, _("seconds"));
	text_printf(text, "%12.3f\n", (double)result->duration_ns / (double)NS_PER_S);
	begin_line(text, _("a second"));
	text_printf(text, "%12.0f\n", load_result_per_second(result));
	if (result->answered)
		append_latency(text, &result->latency);
	append_percentile(
		text, _("own CPU each"), load_result_cpu_s_each(result) * (double)NS_PER_S);
}
