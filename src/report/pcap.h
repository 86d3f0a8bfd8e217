/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_PCAP_H
#define REPORT_PCAP_H

/*
 * The packets of a run as a capture that tcpdump and Wireshark read: a pcapng file of raw IP,
 * with times in nanoseconds. Its comment is the title and the explanation. A
 * packet's comment is what the scenario said and did since the packet before it, and how the states
 * of both ends moved: what the diagram shows in that row and above it.
 */

#include "base/error.h"
#include "base/text.h"
#include "lab/timeline.h"

/*
 * Appends every packet when it was sent: held and dropped ones too, a duplicated one twice, an
 * injected one as its receiver got it. The release of a held one is no packet of its own: what it
 * led to is told with the next that is one.
 */
void pcap_append(const struct timeline *timeline, struct text *out);

/* The same into a file, which is replaced; "-" is standard output. 0 or a negative errno; what was
 * written before a failure stays. */
int pcap_write(const struct timeline *timeline, const char *path, struct error *err);

#endif
