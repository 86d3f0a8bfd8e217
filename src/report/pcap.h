/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPORT_PCAP_H
#define REPORT_PCAP_H

/*
 * The packets of a run as a capture that tcpdump and Wireshark read: raw IP, times in nanoseconds.
 */

#include "base/error.h"
#include "lab/timeline.h"

/*
 * Writes every packet when it was sent: held and dropped ones too, a duplicated one twice, an
 * injected one as its receiver got it; the release of a held one is no packet of its own. Replaces
 * the file; "-" is standard output. 0 or a negative errno; what was written before a failure stays.
 */
int pcap_write(const struct timeline *timeline, const char *path, struct error *err);

#endif
