/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Any bytes as what a daytime server said: the parser reads nothing outside them, answers yes or no,
 * and what it takes for a date is one, whichever zone the reader is in.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daytime/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

#define DAY_S    86400
#define YEAR_MAX INT64_C(1000000000)

static void check(const char *line, bool utc)
{
	struct error err = {0};
	struct reading reading = {.time_s = INT64_MIN, .offset_s = INT32_MIN};
	int result = parse_line(line, utc, &reading, &err);

	CHECK(result == 0 || result == -EINVAL || result == -ENOENT);
	if (result) {
		CHECK(err.code == -result && *err.text);
		CHECK(reading.time_s == INT64_MIN && reading.offset_s == INT32_MIN);
	} else {
		CHECK(parse_recognises(line));
		/* POSIX lets a zone be 24 hours and some minutes away. */
		CHECK(abs(reading.offset_s) < DAY_S + 3600);
		/* Years have at most nine digits, before and after the year 0. */
		CHECK(reading.time_s > -YEAR_MAX * 366 * DAY_S);
		CHECK(reading.time_s < YEAR_MAX * 366 * DAY_S);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);

	CHECK(line);
	memcpy(line, data, size);
	line[size] = '\0';
	check(line, true);
	check(line, false);
	free(line);
	return 0;
}
