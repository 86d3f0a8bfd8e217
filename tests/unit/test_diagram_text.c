/* SPDX-License-Identifier: BSD-2-Clause */
#include "timelines.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/diagram_text.h"
#include "report/wrap.h"

typedef void sample(struct timeline *timeline);

static sample *const samples[] = {sample_server_first, sample_both, sample_trouble, sample_two};

static void build(struct diagram *diagram, sample *fill)
{
	struct timeline timeline;

	fill(&timeline);
	sample_settle(&timeline);
	diagram_build(diagram, &timeline);
	/* The diagram must not need it any more. */
	timeline_finish(&timeline);
}

static char *draw_diagram(const struct diagram *diagram, struct diagram_text_options options)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	diagram_text_print(diagram, stream, options);
	fclose(stream);
	return text;
}

static char *draw(sample *fill, int columns, bool utf8, bool colour)
{
	struct diagram diagram;
	char *text;

	build(&diagram, fill);
	text = draw_diagram(&diagram,
		(struct diagram_text_options){.columns = columns, .utf8 = utf8, .colour = colour});
	diagram_finish(&diagram);
	return text;
}

static void assert_drawn(sample *fill, int columns, bool utf8, const char *expected)
{
	char *text = draw(fill, columns, utf8, false);

	assert_string_equal(text, expected);
	free(text);
}

/* clang-format off */
static const char server_first[] =
	"TIME_WAIT belongs to the end that closes first\n"
	"\n"
	"             server                                 client\n"
	"          192.0.2.1:13                          192.0.2.2:36712\n"
	"                ┊                                      ┊\n"
	"run daytimed 13 ┊                                      ┊\n"
	"       listen() ┊                                      ┊\n"
	"         LISTEN ●                                      ┊\n"
	"                │                                      ┊ run daytime server\n"
	"                │                                      ┊ connect()\n"
	"       SYN_RECV ●◄───────────── SYN  seq 0 ────────────● SYN_SENT\n"
	"       SYN_RECV │─────── SYN,ACK  seq 0  ack 1 ───────►● ESTABLISHED\n"
	"    ESTABLISHED ●◄───────────── ACK  ack 1 ────────────│ ESTABLISHED\n"
	"       accept() │                                      │\n"
	" send(26 bytes) │                                      │\n"
	"    ESTABLISHED │─── DATA  seq 1  26 bytes  ack 1 ────►│ ESTABLISHED\n"
	"    ESTABLISHED │◄──────────── ACK  ack 27 ────────────│ ESTABLISHED\n"
	"        close() │                                      │\n"
	"      FIN_WAIT1 ●────── FIN,ACK  seq 27  ack 1 ───────►● CLOSE_WAIT\n"
	"      FIN_WAIT2 ●◄──────────── ACK  ack 28 ────────────│ CLOSE_WAIT\n"
	"                │                                      │ close()\n"
	"    [TIME_WAIT] ●◄─────── FIN,ACK  seq 1  ack 28 ──────● LAST_ACK\n"
	"    [TIME_WAIT] ║──────────── ACK  ack 2 ─────────────►● CLOSED\n"
	"                ║                                      ┊\n";

static const char both[] =
	"Both ends close at once, so both wait\n"
	"The wire keeps the FINs until both are on their way.\n"
	"\n"
	"         server                                  client\n"
	"      192.0.2.1:13                           192.0.2.2:36712\n"
	"            :                                       :\n"
	"   listen() :                                       :\n"
	"     LISTEN *                                       :\n"
	"   SYN_RECV *<------------- SYN  seq 0 -------------* SYN_SENT\n"
	"   SYN_RECV |------- SYN,ACK  seq 0  ack 1 -------->* ESTABLISHED\n"
	"ESTABLISHED *<------------- ACK  ack 1 -------------| ESTABLISHED\n"
	"            |             wire hold FIN             |\n"
	"      close |                                       |\n"
	"  FIN_WAIT1 *--- FIN,ACK  seq 1  ack 1 ---| held    | ESTABLISHED\n"
	"            |                                       | close\n"
	"  FIN_WAIT1 |    held |--- FIN,ACK  seq 1  ack 1 ---* FIN_WAIT1\n"
	"            |                                       |\n"
	"Now each FIN meets an end that has sent its own.\n"
	"            |                                       |\n"
	"            |             wire release              |\n"
	"  FIN_WAIT1 |  released |- FIN,ACK  seq 1  ack 1 -->* CLOSING\n"
	"    CLOSING *<-- FIN,ACK  seq 1  ack 1 -| released  | CLOSING\n"
	"[TIME_WAIT] *<------------- ACK  ack 2 -------------| CLOSING\n"
	"[TIME_WAIT] #------------- ACK  ack 2 ------------->* [TIME_WAIT]\n"
	"            #                                       #\n";

static const char trouble[] =
	"                 server                                         client\n"
	"              192.0.2.1:13                                  192.0.2.2:36712\n"
	"                    ┊                                              ┊\n"
	"           listen() ┊                                              ┊\n"
	"             LISTEN ●                                              ┊\n"
	"           SYN_RECV ●◄───────────────── SYN  seq 0 ────────────────● SYN_SENT\n"
	"           SYN_RECV │─────────── SYN,ACK  seq 0  ack 1 ───────────►● ESTABLISHED\n"
	"        ESTABLISHED ●◄───────────────── ACK  ack 1 ────────────────│ ESTABLISHED\n"
	"      send 26 bytes │                                              │\n"
	"        ESTABLISHED │─── DATA  seq 1  26 bytes  ack 1 ───╳ lost    │ ESTABLISHED\n"
	"                    │┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ 0.20 s later ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄│\n"
	"        ESTABLISHED │─ DATA seq 1 26 bytes ack 1 retransmission ──►│ ESTABLISHED\n"
	"        ESTABLISHED │◄◄════════════ ACK  ack 27  twice ════════════│ ESTABLISHED\n"
	"        ESTABLISHED │◄───── ACK  seq 1  ack 5 ────○ injected       │ ESTABLISHED\n"
	"                    │                                              │ close\n"
	"             CLOSED ●◄─────────── RST,ACK  seq 1  ack 27 ──────────● CLOSED\n"
	" recv 1 bytes fails │                                              ┊\n"
	"         ECONNRESET │                                              ┊\n"
	"                    │                                              ┊\n";

static const char narrow[] =
	"         server                             client\n"
	"      192.0.2.1:13                      192.0.2.2:36712\n"
	"            :                                  :\n"
	"   listen() :                                  :\n"
	"     LISTEN *                                  :\n"
	"   SYN_RECV *<----------- SYN  seq 0 ----------* SYN_SENT\n"
	"   SYN_RECV |----- SYN,ACK  seq 0  ack 1 ----->* ESTABLISHED\n"
	"ESTABLISHED *<----------- ACK  ack 1 ----------| ESTABLISHED\n"
	"    send 26 |                                  |\n"
	"      bytes |                                  |\n"
	"ESTABLISHED |-- DATA seq 1 26 bytes --X lost   | ESTABLISHED\n"
	"            |.......... 0.20 s later ..........|\n"
	"ESTABLISHED |- DATA 26 bytes retransmission -->| ESTABLISHED\n"
	"ESTABLISHED |<<====== ACK  ack 27  twice ======| ESTABLISHED\n"
	"ESTABLISHED |<-- ACK  seq 1  ack 5 -o injected | ESTABLISHED\n"
	"            |                                  | close\n"
	"     CLOSED *<----- RST,ACK  seq 1  ack 27 ----* CLOSED\n"
	"     recv 1 |                                  :\n"
	"bytes fails |                                  :\n"
	" ECONNRESET |                                  :\n"
	"            |                                  :\n";
/* clang-format on */

static void test_server_first(void **state)
{
	(void)state;
	assert_drawn(sample_server_first, 80, true, server_first);
}

static void test_both_in_ascii(void **state)
{
	(void)state;
	assert_drawn(sample_both, 80, false, both);
}

static void test_trouble(void **state)
{
	(void)state;
	assert_drawn(sample_trouble, 80, true, trouble);
}

static void test_narrow(void **state)
{
	(void)state;
	assert_drawn(sample_trouble, 60, false, narrow);
}

static void assert_no_line_wider(const char *text, size_t columns)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		char *line = strndup(text, length);

		assert_non_null(line);
		if (text_columns(line) > columns)
			fail_msg("wider than %zu: %s", columns, line);
		if (length && line[length - 1] == ' ')
			fail_msg("ends in a blank: %s", line);
		free(line);
		text += length + 1;
	}
}

static void test_keeps_to_the_columns(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		for (int columns = 44; columns <= 130; columns++) {
			char *text = draw(samples[i], columns, columns % 2, false);

			assert_no_line_wider(text, columns > 110 ? 110 : (size_t)columns);
			free(text);
		}
	}
}

/* Narrower than it can be: it gets wider than asked, and stays whole. */
static void test_least_width(void **state)
{
	(void)state;
	for (int columns = -1; columns < 44; columns += 15) {
		char *text = draw(sample_both, columns, true, false);

		assert_no_line_wider(text, columns > 0 ? 44 : 80);
		free(text);
	}
}

static void test_ascii_is_ascii(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		char *text = draw(samples[i], 80, false, false);

		for (const char *c = text; *c; c++)
			assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
		free(text);
	}
}

/* Takes out what sets colours, "ESC [ ... m". */
static void strip_colours(char *text)
{
	char *to = text;

	for (const char *from = text; *from;) {
		if (*from == '\033') {
			from = strchr(from, 'm');
			assert_non_null(from);
			from++;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
}

static void test_colour_changes_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(samples); i++) {
		char *plain = draw(samples[i], 80, true, false);
		char *coloured = draw(samples[i], 80, true, true);

		assert_null(strchr(plain, '\033'));
		assert_non_null(strchr(coloured, '\033'));
		strip_colours(coloured);
		assert_string_equal(coloured, plain);
		free(plain);
		free(coloured);
	}
}

static void test_hostile_words_are_harmless(void **state)
{
	char *text = draw(sample_two, 100, true, false);

	(void)state;
	assert_non_null(strstr(text, "in the middle</b> & \\x1B[31mthen\\xFF some"));
	free(text);
}

static void test_times(void **state)
{
	struct diagram_text_options options = {.columns = 100, .utf8 = true, .times = true};
	struct diagram diagram;
	char *text;

	(void)state;
	build(&diagram, sample_two);
	text = draw_diagram(&diagram, options);
	assert_non_null(strstr(text, "\n 60.4"));
	assert_no_line_wider(text, 100);
	free(text);
	options.columns = 80;
	text = draw_diagram(&diagram, options);
	assert_null(strstr(text, "\n 60.4"));
	free(text);
	diagram_finish(&diagram);
}

static void test_empty_timeline(void **state)
{
	struct timeline timeline;
	struct diagram diagram;
	char *text;

	(void)state;
	timeline_init(&timeline, NULL);
	diagram_build(&diagram, &timeline);
	text = draw_diagram(&diagram, (struct diagram_text_options){.columns = 80});
	assert_non_null(strstr(text, "server"));
	free(text);
	diagram_finish(&diagram);
	timeline_finish(&timeline);
}

/* IPv6 addresses are longer than half a narrow picture. */
static void test_long_addresses(void **state)
{
	struct timeline timeline;
	struct diagram diagram;
	struct endpoint *ends;

	(void)state;
	timeline_init(&timeline, NULL);
	sample_connection(&timeline, "conn", 1);
	ends = timeline.connections[0].ends;
	ends[HOST_SERVER] = sample_endpoint(AF_INET6, "2001:db8:1111:2222:3333:4444:5555:6666", 13);
	ends[HOST_CLIENT] = sample_endpoint(AF_INET6, "2001:db8::2", 65535);
	sample_handshake(&timeline, 0);
	diagram_build(&diagram, &timeline);
	for (int columns = 44; columns < 110; columns++) {
		char *text = draw_diagram(
			&diagram, (struct diagram_text_options){.columns = columns, .utf8 = true});

		assert_no_line_wider(text, (size_t)columns);
		free(text);
	}
	diagram_finish(&diagram);
	timeline_finish(&timeline);
}

static void assert_lines(const char *words, size_t columns, const char *const *expected)
{
	char *line;

	while ((line = wrap_line(&words, columns))) {
		assert_non_null(*expected);
		assert_string_equal(line, *expected++);
		free(line);
	}
	assert_null(*expected);
}

static void test_wrapping(void **state)
{
	char *fitted;

	(void)state;
	assert_lines("one two  three", 7, (const char *const[]){"one two", "three", NULL});
	assert_lines("unbreakable", 4, (const char *const[]){"unbr", "eaka", "ble", NULL});
	assert_lines("daytimed: send(26 bytes)", 19,
		(const char *const[]){"daytimed:", "send(26 bytes)", NULL});
	assert_lines("send(26 bytes)", 10, (const char *const[]){"send(26", "bytes)", NULL});
	assert_lines("데이타임 서버", 8, (const char *const[]){"데이타임", "서버", NULL});
	assert_lines("넓", 1, (const char *const[]){"넓", NULL});
	assert_lines("", 5, (const char *const[]){NULL});
	fitted = wrap_fit("데이타임 서버", 8, "…");
	assert_string_equal(fitted, "데이타…");
	free(fitted);
	fitted = wrap_fit("as it is", 8, "…");
	assert_string_equal(fitted, "as it is");
	free(fitted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_server_first),
		cmocka_unit_test(test_both_in_ascii),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_keeps_to_the_columns),
		cmocka_unit_test(test_least_width),
		cmocka_unit_test(test_ascii_is_ascii),
		cmocka_unit_test(test_colour_changes_nothing_else),
		cmocka_unit_test(test_hostile_words_are_harmless),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_empty_timeline),
		cmocka_unit_test(test_long_addresses),
		cmocka_unit_test(test_wrapping),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
