/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/load_result.h"

#include "base/clock.h"

/* Relaxed: plain loads and stores, of whole words. */
static void count(uint64_t *counter)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1, __ATOMIC_RELAXED);
}

void load_result_answered(struct load_result *result, int64_t latency_ns)
{
	histogram_record(&result->latency, latency_ns);
	count(&result->answered);
}

void load_result_failed(struct load_result *result, int failure)
{
	result->failures[failure > 0 && failure < LOAD_FAILURES ? failure : 0]++;
	count(&result->failed);
}

uint64_t load_result_done(const struct load_result *result)
{
	return __atomic_load_n(&result->answered, __ATOMIC_RELAXED) +
	       __atomic_load_n(&result->failed, __ATOMIC_RELAXED);
}

void load_result_add(struct load_result *to, const struct load_result *from)
{
	to->answered += from->answered;
	to->failed += from->failed;
	for (int i = 0; i < LOAD_FAILURES; i++)
		to->failures[i] += from->failures[i];
	histogram_add(&to->latency, &from->latency);
	if (from->duration_ns > to->duration_ns)
		to->duration_ns = from->duration_ns;
	to->user_ns += from->user_ns;
	to->system_ns += from->system_ns;
}

double load_result_per_second(const struct load_result *result)
{
	if (result->duration_ns <= 0)
		return 0;
	return (double)result->answered * (double)NS_PER_S / (double)result->duration_ns;
}

double load_result_cpu_s_each(const struct load_result *result)
{
	uint64_t done = load_result_done(result);

	if (!done)
		return 0;
	return (double)(result->user_ns + result->system_ns) / (double)NS_PER_S / (double)done;
}

const char *load_failure_name(int failure, char buffer[ERROR_NAME_BYTES])
{
	switch (failure) {
	case LOAD_WRONG_REPLY: return "wrong_reply";
	case LOAD_NO_LINE: return "no_line";
	case LOAD_TIMEOUT: return "timeout";
	default: return error_name(failure, buffer);
	}
}
