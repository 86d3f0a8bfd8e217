/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pcap.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"

#define SNAPSHOT_BYTES 65535

static void write_packet(
	pcap_dumper_t *dumper, const struct timeline *timeline, const struct event *event)
{
	int64_t unix_ns = timeline->start_unix_ns + event->time_ns;
	struct pcap_pkthdr header = {
		.ts.tv_sec = unix_ns / NS_PER_S,
		.ts.tv_usec = unix_ns % NS_PER_S, /* nanoseconds, as the file's header says */
		.caplen = (bpf_u_int32)event->length,
		.len = (bpf_u_int32)event->length,
	};

	if (header.caplen > SNAPSHOT_BYTES)
		header.caplen = SNAPSHOT_BYTES;
	pcap_dump((u_char *)dumper, &header, event->bytes);
	if (event->fate == PACKET_DUPLICATED)
		pcap_dump((u_char *)dumper, &header, event->bytes);
}

static int write_all(const struct timeline *timeline, pcap_dumper_t *dumper)
{
	errno = 0;
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind == EVENT_PACKET && !event->is_release)
			write_packet(dumper, timeline, event);
	}
	if (pcap_dump_flush(dumper) < 0 || ferror(pcap_dump_file(dumper)))
		return errno ? -errno : -EIO;
	return 0;
}

/* libpcap takes the stream over, and closes it even when it fails. */
static pcap_dumper_t *open_dumper(pcap_t *pcap, const char *path, struct error *err)
{
	bool is_stdout = !strcmp(path, "-");
	FILE *stream = is_stdout ? stdout : fopen(path, "we");
	pcap_dumper_t *dumper;

	if (!stream) {
		error_errno(err, errno, _("cannot create the capture %s"), path);
		return NULL;
	}
	dumper = pcap_dump_fopen(pcap, stream);
	if (!dumper)
		error_set(err, EIO, _("cannot write the capture %s: %s"), path, pcap_geterr(pcap));
	return dumper;
}

int pcap_write(const struct timeline *timeline, const char *path, struct error *err)
{
	pcap_t *pcap = pcap_open_dead_with_tstamp_precision(
		DLT_RAW, SNAPSHOT_BYTES, PCAP_TSTAMP_PRECISION_NANO);
	struct error why = {0};
	pcap_dumper_t *dumper;
	int status;

	if (!pcap)
		return error_errno(err, ENOMEM, _("cannot write the capture %s"), path);
	dumper = open_dumper(pcap, path, &why);
	if (!dumper) {
		pcap_close(pcap);
		if (err)
			*err = why;
		return -why.code;
	}
	status = write_all(timeline, dumper);
	/* Standard output is the command's to close. */
	if (strcmp(path, "-"))
		pcap_dump_close(dumper);
	pcap_close(pcap);
	if (status < 0)
		return error_errno(err, -status, _("cannot write the capture %s"), path);
	return 0;
}
