/* SPDX-License-Identifier: BSD-2-Clause */
#include "timelines.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/pcap.h"

/* A file of its own for each test, gone at its end. */
static int make_file(void **state)
{
	char path[] = "/tmp/timewait-test-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		return -1;
	close(fd);
	*state = strdup(path);
	return *state ? 0 : -1;
}

static int remove_file(void **state)
{
	unlink(*state);
	free(*state);
	return 0;
}

/* Every sending, in order, at its time, byte for byte. */
static void test_holds_what_was_sent(void **state)
{
	char message[PCAP_ERRBUF_SIZE];
	struct timeline timeline;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	pcap_t *pcap;

	sample_trouble(&timeline);
	assert_int_equal(pcap_write(&timeline, *state, NULL), 0);
	pcap = pcap_open_offline_with_tstamp_precision(*state, PCAP_TSTAMP_PRECISION_NANO, message);
	assert_non_null(pcap);
	assert_int_equal(pcap_datalink(pcap), DLT_RAW);
	for (size_t i = 0; i < timeline.event_count; i++) {
		const struct event *event = &timeline.events[i];
		int64_t unix_ns = timeline.start_unix_ns + event->time_ns;
		int times = event->fate == PACKET_DUPLICATED ? 2 : 1;

		while (event->kind == EVENT_PACKET && times--) {
			assert_int_equal(pcap_next_ex(pcap, &header, &bytes), 1);
			assert_int_equal(header->len, event->length);
			assert_int_equal(header->caplen, event->length);
			assert_memory_equal(bytes, event->bytes, event->length);
			assert_int_equal(
				header->ts.tv_sec * NS_PER_S + header->ts.tv_usec, unix_ns);
		}
	}
	assert_int_equal(pcap_next_ex(pcap, &header, &bytes), PCAP_ERROR_BREAK);
	pcap_close(pcap);
	timeline_finish(&timeline);
}

/* A held packet was sent once: its release is no packet. */
static void test_release_is_no_packet(void **state)
{
	char message[PCAP_ERRBUF_SIZE];
	struct timeline timeline;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	int fins = 0;
	pcap_t *pcap;

	sample_both(&timeline);
	assert_int_equal(pcap_write(&timeline, *state, NULL), 0);
	timeline_finish(&timeline);
	pcap = pcap_open_offline(*state, message);
	assert_non_null(pcap);
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		struct segment segment;

		assert_int_equal(segment_verify(bytes, header->caplen), 0);
		assert_int_equal(segment_decode(bytes, header->caplen, &segment), 0);
		fins += !!(segment.flags & SEGMENT_FIN);
	}
	assert_int_equal(fins, 2);
	pcap_close(pcap);
}

/* Whether the capture has the words as a comment: libpcap reads over them. */
static bool has_comment(const struct text *capture, const char *words)
{
	return memmem(capture->bytes, capture->length, words, strlen(words)) != NULL;
}

/* What the scenario says and does, and how the states move, travels with the packets. */
static void test_comments_travel(void **state)
{
	_cleanup_text_ struct text capture = TEXT_INIT;
	struct timeline timeline;

	(void)state;
	sample_both(&timeline);
	timeline_comment(&timeline, 99, "the last words");
	pcap_append(&timeline, &capture);
	assert_true(has_comment(&capture, "Both ends close at once, so both wait"));
	assert_true(has_comment(&capture, "SYN,ACK seq 0 ack 1; client ESTABLISHED"));
	assert_true(has_comment(&capture, "\nthe last words"));
	timeline_finish(&timeline);
}

/* Blocks are multiples of four bytes, and say their length at both ends. */
static void test_blocks(void **state)
{
	_cleanup_text_ struct text capture = TEXT_INIT;
	struct timeline timeline;
	size_t at = 0;

	(void)state;
	sample_trouble(&timeline);
	for (const char *words = "a comment of any length"; *words; words++)
		timeline_comment(&timeline, 1, words);
	pcap_append(&timeline, &capture);
	timeline_finish(&timeline);
	while (at < capture.length) {
		uint32_t length, again;

		memcpy(&length, capture.bytes + at + 4, sizeof(length));
		assert_int_equal(length % 4, 0);
		assert_true(length >= 12 && length <= capture.length - at);
		memcpy(&again, capture.bytes + at + length - 4, sizeof(again));
		assert_int_equal(length, again);
		at += length;
	}
	assert_int_equal(at, capture.length);
}

/* A comment longer than an option may be is cut, between two characters. */
static void test_long_comment(void **state)
{
	_cleanup_text_ struct text words = TEXT_INIT;
	char message[PCAP_ERRBUF_SIZE];
	struct timeline timeline;
	struct pcap_pkthdr *header;
	const u_char *bytes;
	struct error err;
	pcap_t *pcap;

	text_repeat(&words, "\xea\xb0\x80", 40000);
	sample_trouble(&timeline);
	timeline_comment(&timeline, 1, words.bytes);
	assert_int_equal(pcap_write(&timeline, *state, &err), 0);
	timeline_finish(&timeline);
	pcap = pcap_open_offline(*state, message);
	assert_non_null(pcap);
	while (pcap_next_ex(pcap, &header, &bytes) == 1)
		;
	assert_string_equal(pcap_geterr(pcap), "");
	pcap_close(pcap);
}

static void test_says_why_not(void **state)
{
	struct error err = {0};
	struct timeline timeline;

	(void)state;
	sample_both(&timeline);
	assert_int_equal(pcap_write(&timeline, "/nowhere/at/all.pcap", &err), -ENOENT);
	assert_string_equal(err.text, "cannot create the capture /nowhere/at/all.pcap: "
				      "No such file or directory");
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(pcap_write(&timeline, "/dev/full", &err), -ENOSPC);
	assert_string_equal(
		err.text, "cannot write the capture /dev/full: No space left on device");
	timeline_finish(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_holds_what_was_sent, make_file, remove_file),
		cmocka_unit_test_setup_teardown(test_release_is_no_packet, make_file, remove_file),
		cmocka_unit_test(test_comments_travel),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test_setup_teardown(test_long_comment, make_file, remove_file),
		cmocka_unit_test(test_says_why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
