/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

/*
 * Numbers as characters, for output that is too long for printf(). No NUL is written; what is returned
 * is the place behind the last character. The room must be there: DIGITS_BYTES is enough for one.
 */

#include <stdint.h>
#include <string.h>

/* 18446744073709551615 */
#define DIGITS_BYTES 20

/* In decimal, as %u and %llu. */
char *digits_put(char *at, uint64_t number);

/* Thousandths as a decimal fraction, "59.984": no zeros at its end but the first digit, "60.0". */
char *digits_put_thousandths(char *at, uint64_t thousandths);

/* Thousandths as hundredths, rounded half up: "59.98". */
char *digits_put_hundredths(char *at, uint64_t thousandths);

/* How many characters digits_put() would write. */
unsigned int digits_count(uint64_t number);

/* Blanks from `at` to `until`, which may lie before it: then nothing. Room for DIGITS_BLANKS more
 * behind `until` must be there, for it writes in strides. Returns the later of the two. */
#define DIGITS_BLANKS 32
static inline char *digits_pad(char *at, char *until)
{
	static const char blanks[DIGITS_BLANKS + 1] = "                                ";

	while (at < until) {
		memcpy(at, blanks, DIGITS_BLANKS);
		if (until - at <= DIGITS_BLANKS)
			return until;
		at += DIGITS_BLANKS;
	}
	return at;
}

#endif
