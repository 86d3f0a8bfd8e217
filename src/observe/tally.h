/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_TALLY_H
#define OBSERVE_TALLY_H

/* One dump, counted into a survey's states and groups: what both sources of a survey share. */

#include <stdbool.h>
#include <stdint.h>

#include "observe/diag.h"
#include "observe/owner.h"
#include "observe/survey.h"

#define PORT_BITMAP_BYTES (65536 / 8)

struct tally {
	struct tally_groups before[SURVEY_BYS]; /* the groups of the look before */
	uint8_t listening
		[PORT_BITMAP_BYTES]; /* ports with a listener, of this look or the one before */
	uint32_t fin_timeout_ms;     /* net.ipv4.tcp_fin_timeout */
};

/*
 * Dumps and counts the sockets in the states of the mask: replaces the survey's states of those, all of its
 * groups, dump_ns and over_ns. What holds a full socket is looked up in `owners`. The tally starts
 * zeroed. 0 or a negative errno, with what was counted until then.
 */
int tally_take(struct tally *tally, struct survey *survey, struct diag *diag, uint32_t states,
	const struct owner_table *owners, struct error *err);
void tally_finish(struct tally *tally);

/* The four keys under which a socket counts; false where it does not count there. */
bool tally_key_of(const struct tally *tally, const struct survey_range *range, enum survey_by by,
	const struct diag_socket *socket, const struct owner *owner, struct tally_key *ret_key);

/* Reads range and reserved ports of the caller's network namespace; 32768 to 60999 where they cannot be. */
struct survey_range survey_range_read(void);

#endif
