/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef RANDOM_H
#define RANDOM_H

/* Numbers that look like chance and are the same in every run (splitmix64). */

#include <stdint.h>

static uint64_t random_state = 0x13;

static inline uint64_t random_number(void)
{
	uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Of any length: a third of them is short. */
static inline uint64_t random_of_any_length(void)
{
	return random_number() >> random_number() % 64;
}

#endif
