/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_SILENCE_H
#define OBSERVE_SILENCE_H

/*
 * For how long connections have been silent, as tcp_info has it (INET_DIAG_INFO): a dump of its own, for
 * the kernel locks a socket to tell it. Needs no privilege.
 */

#include <stdint.h>

#include "base/error.h"
#include "observe/diag.h"

struct silence {
	uint64_t cookie;
	uint32_t last_segment_ms; /* since the peer's last acknowledgement, its FIN included */
	uint32_t last_data_ms;    /* since the peer's last byte of data */
};

/* Returns 0, or a negative errno that ends the delivery. */
typedef int silence_each(void *context, const struct silence *silence);

/*
 * Of all full sockets in those states (minisockets and requests have no tcp_info). Not a snapshot, as
 * diag_dump() is none. 0 or a negative errno.
 */
int silence_dump(
	struct diag *diag, uint32_t states, silence_each *each, void *context, struct error *err);

#endif
