/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_PCAPNG_H
#define REPORT_PCAPNG_H

/*
 * The blocks of a pcapng file (draft-ietf-opsawg-pcapng), appended to a text, in this machine's byte
 * order, as the format allows. Comments are UTF-8, and NULL or "" for none; what is longer than
 * an option may be is cut.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define PCAPNG_RAW_IP 101 /* LINKTYPE_RAW: IPv4 or IPv6, as its first four bits say */

/* The section header: what begins a file. `program` wrote it. */
void pcapng_section(struct text *out, const char *program, const char *comment);

/*
 * Describes the interface that all packets are of. One only: libpcap 1.10, and tcpdump with it, takes a
 * second one of raw IP for one of another kind, and reads no further. Times are in nanoseconds.
 */
void pcapng_interface(struct text *out, uint16_t link_type, const char *name);

/* A whole packet. */
void pcapng_packet(
	struct text *out, int64_t unix_ns, const void *packet, size_t length, const char *comment);

#endif
