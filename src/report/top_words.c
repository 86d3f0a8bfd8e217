/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/top_words.h"

#include <stdio.h>
#include <string.h>

/* Three digits at most and a letter, cut and not rounded: no more is claimed than there is. */
static const char *put_short(double value, char text[TOP_WORD_BYTES])
{
	static const char letters[] = {'\0', 'k', 'M', 'G', 'T'};
	size_t step = 0;

	while (value >= 1000 && step + 1 < sizeof(letters)) {
		value /= 1000;
		step++;
	}
	if (value < 100 && step)
		snprintf(text, TOP_WORD_BYTES, "%.1f%c", (double)(long)(value * 10) / 10,
			letters[step]);
	else
		snprintf(text, TOP_WORD_BYTES, "%.0f%c", (double)(long)value, letters[step]);
	return text;
}

const char *top_word_count(double value, size_t width, char text[TOP_WORD_BYTES])
{
	char digits[TOP_WORD_BYTES];
	size_t count, used = 0;

	if (value < 0)
		return strcpy(text, "-");
	if (value >= 1e15)
		return put_short(value, text);
	count = (size_t)snprintf(digits, sizeof(digits), "%.0f", value);
	if (count + (count - 1) / 3 > width)
		return put_short(value, text);
	for (size_t i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

const char *top_word_rate(double value, char text[TOP_WORD_BYTES])
{
	if (value < 0)
		return strcpy(text, "-");
	if (value > 0 && value < 9.95)
		snprintf(text, TOP_WORD_BYTES, "%.1f", value);
	else if (value < 9999.5)
		snprintf(text, TOP_WORD_BYTES, "%.0f", value);
	else
		put_short(value, text);
	return text;
}

const char *top_word_duration(double seconds, char text[TOP_WORD_BYTES])
{
	if (seconds < 0)
		return strcpy(text, "-");
	if (seconds < 120)
		snprintf(text, TOP_WORD_BYTES, "%.0f s", seconds);
	else if (seconds < 2.0 * 3600)
		snprintf(text, TOP_WORD_BYTES, "%.0f min", seconds / 60);
	else if (seconds < 48.0 * 3600)
		snprintf(text, TOP_WORD_BYTES, "%.0f h", seconds / 3600);
	else if (seconds < 1e6 * 86400)
		snprintf(text, TOP_WORD_BYTES, "%.0f d", seconds / 86400);
	else
		return strcpy(text, "-");
	return text;
}
