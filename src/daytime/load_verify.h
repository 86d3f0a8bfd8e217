/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_LOAD_VERIFY_H
#define DAYTIME_LOAD_VERIFY_H

/*
 * Is what came a daytime? Asked of every reply, at the price of comparing it with the last one
 * that was: a server says the same for a whole second.
 */

#include <stddef.h>

/* More than any daytime has; a reply that fills it is none. */
#define LOAD_REPLY_BYTES 256

/* Initialise with {0}; each thread has its own. */
struct load_verifier {
	size_t known_length;
	char known[LOAD_REPLY_BYTES];
};

/* 0, or LOAD_NO_LINE, or LOAD_WRONG_REPLY when the first line that is not empty is no daytime. */
int load_verify(struct load_verifier *verifier, const char *bytes, size_t length);

#endif
