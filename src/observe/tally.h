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
	/* Set by the caller: TIME_WAITs that no destination needs are left out, for they are counted elsewhere. */
	bool leaves_waiting;

	/* Of the last dump: */
	int64_t took_ns;         /* owners included */
	uint32_t fin_timeout_ms; /* net.ipv4.tcp_fin_timeout */

	struct tally_groups before[SURVEY_BYS]; /* the groups of the look before */
	/* Ports with a listener, or that had one; of this look, and of the one before. */
	uint8_t listening[PORT_BITMAP_BYTES], listened[PORT_BITMAP_BYTES];
};

/*
 * Dumps and counts all sockets: replaces the survey's states, all of its groups, range, unreadable, dump_ns and
 * over_ns. The tally starts zeroed. 0 or a negative errno, with what was counted until then.
 */
int tally_take(struct tally *tally, struct survey *survey, struct diag *diag, struct error *err);
void tally_finish(struct tally *tally);

/* The four keys under which a socket counts; false where it does not count there. */
bool tally_key_of(const struct tally *tally, const struct survey_range *range, enum survey_by by,
	const struct diag_socket *socket, const struct owner *owner, struct tally_key *ret_key);

#endif
