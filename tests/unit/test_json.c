/* SPDX-License-Identifier: BSD-2-Clause */
#include "timelines.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "report/json.h"

/* The lines of a run, each parsed by itself. */
struct lines {
	json_t *objects[64];
	char *raw[64];
	size_t count;
};

static void parse(struct lines *lines, char *text)
{
	*lines = (struct lines){.count = 0};
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		json_error_t error;

		assert_true(lines->count < COUNT(lines->objects));
		lines->raw[lines->count] = strdup(line);
		lines->objects[lines->count] = json_loads(line, JSON_REJECT_DUPLICATES, &error);
		if (!json_is_object(lines->objects[lines->count]))
			fail_msg("%s: %s", error.text, line);
		lines->count++;
	}
	free(text);
}

static void forget(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		json_decref(lines->objects[i]);
		free(lines->raw[i]);
	}
}

static void run(struct lines *lines, void (*fill)(struct timeline *), const char *file)
{
	struct timeline timeline;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	fill(&timeline);
	sample_settle(&timeline);
	json_print_timeline(&timeline, file, false, stream);
	timeline_finish(&timeline);
	fclose(stream);
	parse(lines, text);
}

/* Every line of the stream for one experiment, to the letter. */
static void test_stream(void **state)
{
	static const char *const expected[] = {
		"{\"v\":1,\"type\":\"scenario\",\"slow\":false}",
		"{\"type\":\"call\",\"time_s\":0.001,\"host\":\"server\",\"connection\":"
		"\"listener\","
		"\"program\":\"daytimed\",\"text\":\"listen()\"}",
		"{\"type\":\"state\",\"time_s\":0.002,\"host\":\"server\",\"connection\":"
		"\"listener\","
		"\"from\":\"CLOSED\",\"to\":\"LISTEN\"}",
		"{\"type\":\"state\",\"time_s\":0.003,\"host\":\"client\",\"connection\":\"conn\","
		"\"from\":\"CLOSED\",\"to\":\"SYN_SENT\"}",
		"{\"type\":\"packet\",\"time_s\":0.004,\"host\":\"client\",\"connection\":\"conn\","
		"\"flags\":\"SYN\",\"seq\":0,\"length\":0,\"fate\":\"delivered\"}",
		"{\"type\":\"state\",\"time_s\":0.005,\"host\":\"server\",\"connection\":\"conn\","
		"\"from\":\"CLOSED\",\"to\":\"SYN_RECV\"}",
		"{\"type\":\"packet\",\"time_s\":0.006,\"host\":\"server\",\"connection\":\"conn\","
		"\"flags\":\"SYN,ACK\",\"seq\":0,\"ack\":1,\"length\":0,\"fate\":\"delivered\"}",
		"{\"type\":\"state\",\"time_s\":0.007,\"host\":\"client\",\"connection\":\"conn\","
		"\"from\":\"SYN_SENT\",\"to\":\"ESTABLISHED\"}",
		"{\"type\":\"packet\",\"time_s\":0.008,\"host\":\"client\",\"connection\":\"conn\","
		"\"flags\":\"ACK\",\"seq\":1,\"ack\":1,\"length\":0,\"fate\":\"delivered\"}",
		"{\"type\":\"state\",\"time_s\":0.009,\"host\":\"server\",\"connection\":\"conn\","
		"\"from\":\"SYN_RECV\",\"to\":\"ESTABLISHED\"}",
		"{\"type\":\"action\",\"text\":\"server send 26 bytes\",\"host\":\"server\","
		"\"connection\":\"conn\",\"ok\":true}",
		"{\"type\":\"packet\",\"time_s\":0.011,\"host\":\"server\",\"connection\":"
		"\"conn\","
		"\"flags\":\"PSH,ACK\",\"seq\":1,\"ack\":1,\"length\":26,\"fate\":\"dropped\"}",
		"{\"type\":\"packet\",\"time_s\":0.211,\"host\":\"server\",\"connection\":"
		"\"conn\","
		"\"flags\":\"PSH,ACK\",\"seq\":1,\"ack\":1,\"length\":26,\"fate\":\"delivered\","
		"\"retransmission\":true}",
		"{\"type\":\"packet\",\"time_s\":0.212,\"host\":\"client\",\"connection\":"
		"\"conn\","
		"\"flags\":\"ACK\",\"seq\":1,\"ack\":27,\"length\":0,\"fate\":\"duplicated\"}",
		"{\"type\":\"packet\",\"time_s\":0.213,\"host\":\"client\",\"connection\":"
		"\"conn\","
		"\"flags\":\"ACK\",\"seq\":1,\"ack\":5,\"length\":0,\"fate\":\"injected\"}",
		"{\"type\":\"action\",\"text\":\"client close\",\"host\":\"client\","
		"\"connection\":\"conn\",\"ok\":true}",
		"{\"type\":\"state\",\"time_s\":0.215,\"host\":\"client\",\"connection\":"
		"\"conn\","
		"\"from\":\"ESTABLISHED\",\"to\":\"CLOSED\"}",
		"{\"type\":\"packet\",\"time_s\":0.216,\"host\":\"client\",\"connection\":"
		"\"conn\","
		"\"flags\":\"RST,ACK\",\"seq\":1,\"ack\":27,\"length\":0,\"fate\":\"delivered\"}",
		"{\"type\":\"state\",\"time_s\":0.217,\"host\":\"server\",\"connection\":"
		"\"conn\","
		"\"from\":\"ESTABLISHED\",\"to\":\"CLOSED\"}",
		"{\"type\":\"action\",\"text\":\"server recv 1 bytes\",\"host\":\"server\","
		"\"connection\":\"conn\",\"ok\":false,\"errno\":\"ECONNRESET\"}",
	};
	struct lines lines;

	(void)state;
	run(&lines, sample_trouble, NULL);
	assert_int_equal(lines.count, COUNT(expected));
	for (size_t i = 0; i < lines.count; i++)
		assert_string_equal(lines.raw[i], expected[i]);
	forget(&lines);
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

static void test_held_and_released(void **state)
{
	struct lines lines;
	size_t held = 0, released = 0;

	(void)state;
	run(&lines, sample_both, "both.tcp");
	assert_string_equal(lines.raw[0],
		"{\"v\":1,\"type\":\"scenario\",\"file\":\"both.tcp\","
		"\"title\":\"Both ends close at once, so both wait\",\"slow\":false}");
	assert_string_equal(lines.raw[1],
		"{\"type\":\"comment\",\"line\":2,"
		"\"text\":\"The wire keeps the FINs until both are on their way.\"}");
	for (size_t i = 0; i < lines.count; i++) {
		const json_t *object = lines.objects[i];
		bool is_released = json_is_true(json_object_get(object, "released"));

		held += !strcmp(string_of(object, "fate"), "held");
		released += is_released;
		if (is_released)
			assert_string_equal(string_of(object, "fate"), "delivered");
		if (!strcmp(string_of(object, "type"), "action"))
			assert_string_equal(string_of(object, "file"), "both.tcp");
		/* The wire is no host. */
		if (!strcmp(string_of(object, "text"), "wire hold FIN"))
			assert_null(json_object_get(object, "host"));
	}
	assert_int_equal(held, 2);
	assert_int_equal(released, 2);
	forget(&lines);
}

static void test_times_are_exact(void **state)
{
	struct lines lines;
	const json_t *last;

	(void)state;
	run(&lines, sample_two, NULL);
	last = json_object_get(lines.objects[lines.count - 1], "time_s");
	assert_true(json_is_real(last));
	assert_true(json_real_value(last) > 60.4 && json_real_value(last) < 60.5);
	forget(&lines);
}

static void fill_broken(struct timeline *timeline)
{
	timeline_init(timeline, "quote \" backslash \\ Umlaut ü \xff");
	timeline_comment(timeline, 1, "tab \t, escape \033, cut \xe2\x82");
	timeline_action(timeline, HOST_CLIENT, CONNECTION_NONE, 7, "client recv eof");
}

static void test_any_bytes(void **state)
{
	struct lines lines;

	(void)state;
	run(&lines, fill_broken, NULL);
	assert_int_equal(lines.count, 3);
	assert_string_equal(
		string_of(lines.objects[0], "title"), "quote \" backslash \\ Umlaut ü \\xFF");
	assert_string_equal(
		string_of(lines.objects[1], "text"), "tab \\x09, escape \\x1B, cut \\xE2\\x82");
	/* Not completed: whether it worked is not known. */
	assert_string_equal(lines.raw[2], "{\"type\":\"action\",\"line\":7,"
					  "\"text\":\"client recv eof\",\"host\":\"client\"}");
	forget(&lines);
}

static char *result_line(struct json_result result)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	json_print_result(&result, stream);
	fclose(stream);
	return text;
}

static void test_result(void **state)
{
	char *line = result_line((struct json_result){.ok = true});

	(void)state;
	assert_string_equal(line, "{\"type\":\"result\",\"ok\":true,\"skipped\":false}\n");
	free(line);
	line = result_line((struct json_result){.file = "a.tcp",
		.line = 12,
		.expected = "server TIME_WAIT",
		.observed = "server\nCLOSED"});
	assert_string_equal(line,
		"{\"type\":\"result\",\"file\":\"a.tcp\",\"ok\":false,\"skipped\":false,\"line\":"
		"12,"
		"\"expected\":\"server TIME_WAIT\",\"observed\":\"server\\nCLOSED\"}\n");
	free(line);
	line = result_line((struct json_result){.skipped = true,
		.reason = "why",
		.runs = 9,
		.failed_runs = 2,
		.first_failed_run = 4});
	assert_string_equal(line, "{\"type\":\"result\",\"ok\":false,\"skipped\":true,\"reason\":"
				  "\"why\",\"runs\":9,\"failed_runs\":2,\"first_failed_run\":4}\n");
	free(line);
}

/* A comment that is an empty line says nothing. */
static void fill_comments(struct timeline *timeline)
{
	timeline_init(timeline, NULL);
	timeline_comment(timeline, 0, "one");
	timeline_comment(timeline, 0, "");
	timeline_comment(timeline, 5, "two");
}

static void test_comments(void **state)
{
	struct lines lines;

	(void)state;
	run(&lines, fill_comments, NULL);
	assert_int_equal(lines.count, 3);
	assert_string_equal(lines.raw[1], "{\"type\":\"comment\",\"text\":\"one\"}");
	assert_string_equal(lines.raw[2], "{\"type\":\"comment\",\"line\":5,\"text\":\"two\"}");
	forget(&lines);
}

static void test_errno_names(void **state)
{
	char name[ERROR_NAME_BYTES];

	(void)state;
	assert_string_equal(error_name(EADDRINUSE, name), "EADDRINUSE");
	assert_string_equal(error_name(EADDRNOTAVAIL, name), "EADDRNOTAVAIL");
	assert_string_equal(error_name(9999, name), "E9999");
	assert_string_equal(error_name(INT32_MIN, name), "E-2147483648");
}

/* The server waits out its minute: its death, with lifetime and cause. The client never waited. */
static void test_lifetimes(void **state)
{
	struct timeline timeline;
	struct closing closing;
	struct lines lines;
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	int conn = 1;

	(void)state;
	assert_non_null(stream);
	sample_server_first(&timeline);
	closing_judge(&closing, &timeline, conn);
	json_print_lifetimes(&closing, stream);
	fflush(stream);
	assert_int_equal(length, 0);
	sample_wait(&timeline, 61 * NS_PER_S);
	sample_move(&timeline, conn, HOST_SERVER, TCP_STATE_CLOSED);
	sample_settle(&timeline);
	closing_judge(&closing, &timeline, conn);
	json_print_lifetimes(&closing, stream);
	fclose(stream);
	parse(&lines, text);
	assert_int_equal(lines.count, 1);
	assert_string_equal(
		json_string_value(json_object_get(lines.objects[0], "cause")), "expired");
	assert_string_equal(json_string_value(json_object_get(lines.objects[0], "host")), "server");
	assert_true(json_real_value(json_object_get(lines.objects[0], "lifetime_s")) > 60.9);
	assert_int_equal(json_integer_value(json_object_get(lines.objects[0], "local_port")), 13);
	forget(&lines);
	timeline_finish(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_held_and_released),
		cmocka_unit_test(test_times_are_exact),
		cmocka_unit_test(test_any_bytes),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_comments),
		cmocka_unit_test(test_errno_names),
		cmocka_unit_test(test_lifetimes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
