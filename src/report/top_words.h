/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_TOP_WORDS_H
#define REPORT_TOP_WORDS_H

/* Numbers as `timewait top` writes them: short, and in a width that is known beforehand. Pure. */

#include <stddef.h>

#define TOP_WORD_BYTES 32

/* Each returns `text`; "-" for what is below 0, which is not known. */

/* "1,234,567"; where that takes more than `width` columns "1.2M". */
const char *top_word_count(double value, size_t width, char text[TOP_WORD_BYTES]);

/* A rate: "0.3", "4.2", "412", "12.3k"; without "/s". */
const char *top_word_rate(double value, char text[TOP_WORD_BYTES]);

/* "0 s", "45 s", "12 min", "3 h", "9 d". */
const char *top_word_duration(double seconds, char text[TOP_WORD_BYTES]);

#endif
