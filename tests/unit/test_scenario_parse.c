/* SPDX-License-Identifier: BSD-2-Clause */

/* What the tree holds of each form: the fields that the runner reads. */

#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "observe/diag.h"
#include "scenarios.h"

/* The one step of a line; the test finishes it. */
static struct scenario scenario;

static const struct step *step_of(const char *line)
{
	scenario_finish(&scenario);
	scenario = parsed(line);
	assert_int_equal(scenario.count, 1);
	return &scenario.steps[0];
}

static int finish(void **state)
{
	(void)state;
	scenario_finish(&scenario);
	return 0;
}

static void assert_end(const struct end *end, enum host_id host, const char *name)
{
	assert_int_equal(end->host, host);
	assert_string_equal(end->name, name);
}

static void title_and_explanation(void **state)
{
	(void)state;
	scenario = parsed("# Title \n# first\n#\n#  second \nserver close # a\n# b\n\n# c\n");
	assert_string_equal(scenario.file, "test.tcp");
	assert_string_equal(scenario.title, "Title");
	assert_string_equal(scenario.explanation, "first\n\n second");
	assert_int_equal(scenario.count, 3);
	assert_int_equal(scenario.steps[0].kind, STEP_CLOSE);
	assert_string_equal(scenario.steps[0].comment, "a");
	assert_int_equal(scenario.steps[1].kind, STEP_COMMENT);
	assert_string_equal(scenario.steps[1].comment, "b");
	assert_int_equal(scenario.steps[2].kind, STEP_COMMENT);
	assert_string_equal(scenario.steps[2].comment, "c");
	assert_int_equal(scenario.steps[2].line, 8);
	assert_int_equal(scenario.steps[2].column, 1);
}

static void a_block_ends_at_a_blank_line(void **state)
{
	(void)state;
	scenario = parsed("\n\n# Title\n \t\n# a comment\nserver close");
	assert_string_equal(scenario.title, "Title");
	assert_string_equal(scenario.explanation, "");
	assert_int_equal(scenario.count, 2);
}

static void a_step_before_it_is_no_title(void **state)
{
	(void)state;
	scenario = parsed("server close # a\n# b\n");
	assert_string_equal(scenario.title, "");
	assert_string_equal(scenario.explanation, "");
	assert_int_equal(scenario.count, 2);
}

static void line_ends_marks_and_interpreters(void **state)
{
	(void)state;
	scenario = parsed("\xEF\xBB\xBF# Title\r\n# more\r\n\r\nserver close\r\n");
	assert_string_equal(scenario.title, "Title");
	assert_string_equal(scenario.explanation, "more");
	assert_string_equal(scenario.steps[0].text, "server close");
	assert_int_equal(scenario.steps[0].line, 4);
	scenario_finish(&scenario);
	scenario = parsed("#!/usr/bin/env -S timewait run\n# Title\n");
	assert_string_equal(scenario.title, "Title");
}

static void where_and_how_it_is_written(void **state)
{
	const struct step *step = step_of("\n  server   listen 13\tfails EADDRINUSE   # why\n");

	(void)state;
	assert_int_equal(step->line, 2);
	assert_int_equal(step->column, 3);
	assert_string_equal(step->text, "server   listen 13\tfails EADDRINUSE");
	assert_string_equal(step->comment, "why");
	assert_int_equal(step->fails, EADDRINUSE);
	assert_int_equal(step->within_ns, STEP_NONE);
	assert_null(step_of("server close#")->comment);
}

static void names_have_defaults(void **state)
{
	(void)state;
	assert_end(&step_of("server listen 13")->end, HOST_SERVER, "listener");
	assert_end(&step_of("client accept")->end, HOST_CLIENT, "listener");
	assert_end(&step_of("server.x accept")->end, HOST_SERVER, "x");
	assert_end(&step_of("client close")->end, HOST_CLIENT, "conn");
	assert_end(&step_of("client._a-1 close")->end, HOST_CLIENT, "_a-1");
	assert_end(&step_of("client.server close")->end, HOST_CLIENT, "server");
	assert_end(&step_of("expect client pending")->end, HOST_CLIENT, "conn");
	assert_int_equal(step_of("client crash")->end.host, HOST_CLIENT);
	assert_int_equal(step_of("expect client listening 1")->end.host, HOST_CLIENT);
}

static void listening(void **state)
{
	const struct step *step = step_of("server listen 13 backlog 1 with reuseaddr linger=off");

	(void)state;
	assert_int_equal(step->kind, STEP_LISTEN);
	assert_int_equal(step->listen.port, 13);
	assert_int_equal(step->listen.backlog, 1);
	assert_true(step->listen.options.values[OPTION_REUSEADDR].is_named);
	assert_int_equal(step->listen.options.values[OPTION_REUSEADDR].value, 1);
	assert_false(step->listen.options.values[OPTION_REUSEADDR].is_off);
	assert_true(step->listen.options.values[OPTION_LINGER].is_off);
	assert_false(step->listen.options.values[OPTION_NODELAY].is_named);
	assert_int_equal(step_of("server listen 13")->listen.backlog, STEP_NONE);
}

static void connecting(void **state)
{
	const struct step *step = step_of("client.a connect server:13 from 0 with bind_no_port");

	(void)state;
	assert_int_equal(step->kind, STEP_CONNECT);
	assert_end(&step->end, HOST_CLIENT, "a");
	assert_int_equal(step->connect.peer, HOST_SERVER);
	assert_int_equal(step->connect.port, 13);
	assert_int_equal(step->connect.from_port, 0);
	assert_true(step->connect.options.values[OPTION_BIND_NO_PORT].is_named);
	step = step_of("server connect client:80");
	assert_int_equal(step->connect.peer, HOST_CLIENT);
	assert_int_equal(step->connect.from_port, STEP_NONE);
}

static void streams(void **state)
{
	const struct step *step = step_of("server send \"a\\0\\r\\n\\\"\\\\\\t\\xfF#\"");

	(void)state;
	assert_int_equal(step->send.length, 9);
	assert_memory_equal(step->send.bytes, "a\0\r\n\"\\\t\xff#", 10);
	step = step_of("server send 3 bytes");
	assert_null(step->send.bytes);
	assert_int_equal(step->send.length, 3);
	assert_int_equal(step_of("client recv")->recv.kind, RECV_WHAT_IS_THERE);
	assert_int_equal(step_of("client recv eof")->recv.kind, RECV_EOF);
	step = step_of("client recv 7 bytes");
	assert_int_equal(step->recv.kind, RECV_COUNT);
	assert_null(step->recv.text.bytes);
	assert_int_equal(step->recv.text.length, 7);
	step = step_of("client recv \"abc\"");
	assert_int_equal(step->recv.kind, RECV_TEXT);
	assert_string_equal(step->recv.text.bytes, "abc");
	assert_int_equal(step->recv.text.length, 3);
}

static void shutting_down(void **state)
{
	(void)state;
	assert_int_equal(step_of("client shutdown read")->shutdown_how, SHUT_RD);
	assert_int_equal(step_of("client shutdown write")->shutdown_how, SHUT_WR);
	assert_int_equal(step_of("client shutdown both")->shutdown_how, SHUT_RDWR);
}

static void option_values(void **state)
{
	const struct socket_option_value *values = step_of(
		"server set linger=2s linger2=-1 keepalive=5,1,2 user_timeout=1.5s rcvbuf=4096 "
		"sndbuf=1 nodelay=off")
							   ->set.values;

	(void)state;
	assert_int_equal(values[OPTION_LINGER].value, 2);
	assert_int_equal(values[OPTION_LINGER2].value, -1);
	assert_int_equal(values[OPTION_KEEPALIVE].value, 5);
	assert_int_equal(values[OPTION_KEEPALIVE].interval, 1);
	assert_int_equal(values[OPTION_KEEPALIVE].count, 2);
	assert_int_equal(values[OPTION_USER_TIMEOUT].value, 1500);
	assert_int_equal(values[OPTION_RCVBUF].value, 4096);
	assert_int_equal(values[OPTION_SNDBUF].value, 1);
	assert_true(values[OPTION_NODELAY].is_named && values[OPTION_NODELAY].is_off);
	values = step_of("server set keepalive=7 linger=0")->set.values;
	assert_int_equal(values[OPTION_KEEPALIVE].interval, 7);
	assert_int_equal(values[OPTION_KEEPALIVE].count, 3);
	assert_true(values[OPTION_LINGER].is_named && !values[OPTION_LINGER].is_off);
	assert_int_equal(values[OPTION_LINGER].value, 0);
}

static void hosts_and_programs(void **state)
{
	const struct step *step =
		step_of("client sysctl net.ipv4.ip_local_port_range=50000 50000 fails EPERM");

	(void)state;
	assert_string_equal(step->sysctl.name, "net.ipv4.ip_local_port_range");
	assert_string_equal(step->sysctl.value, "50000 50000");
	assert_int_equal(step->fails, EPERM);
	step = step_of("client run sh -c \"exit 3\" --x=\"a b\"c $HERE/f fails ENOENT");
	assert_string_equal(step->argv[0], "sh");
	assert_string_equal(step->argv[1], "-c");
	assert_string_equal(step->argv[2], "exit 3");
	assert_string_equal(step->argv[3], "--x=a bc");
	assert_string_equal(step->argv[4], "$HERE/f");
	assert_null(step->argv[5]);
	assert_int_equal(step->fails, ENOENT);
	assert_int_equal(step_of("client wait")->wait_status, 0);
	assert_int_equal(step_of("client wait status 3")->wait_status, 3);
	assert_int_equal(step_of("client signal KILL")->signal, SIGKILL);
	assert_int_equal(step_of("client signal SIGUSR1")->signal, SIGUSR1);
	assert_int_equal(step_of("client signal 2")->signal, SIGINT);
}

static void the_wire(void **state)
{
	const struct step *step = step_of("wire hold SYN,ACK from server");

	(void)state;
	assert_int_equal(step->rule.packets.kind, WIRE_SYN_ACK);
	assert_int_equal(step->rule.packets.from, HOST_SERVER);
	assert_string_equal(step->rule.packets.name, "");
	assert_int_equal(step->rule.times, STEP_FOREVER);
	step = step_of("wire drop ANY from client.a 2 times");
	assert_int_equal(step->rule.packets.kind, WIRE_ANY);
	assert_string_equal(step->rule.packets.name, "a");
	assert_int_equal(step->rule.times, 2);
	step = step_of("wire release");
	assert_int_equal(step->release.packets.kind, WIRE_ANY);
	assert_int_equal(step->release.packets.from, HOST_COUNT);
	assert_false(step->release.has_packets || step->release.is_one);
	assert_true(step_of("wire release one")->release.is_one);
	assert_true(step_of("wire release FIN")->release.has_packets);
	step = step_of("wire inject DATA from client 10 bytes seq +1 ack -2 ts +3");
	assert_int_equal(step->inject.packets.from, HOST_CLIENT);
	assert_string_equal(step->inject.packets.name, "conn");
	assert_int_equal(step->inject.length, 10);
	assert_int_equal(step->inject.sequence, 1);
	assert_int_equal(step->inject.acknowledgment, -2);
	assert_int_equal(step->inject.timestamp, 3);
	assert_int_equal(step_of("wire inject RST from client")->inject.length, STEP_NONE);
}

static void expected_states(void **state)
{
	const struct step *step = step_of(
		"expect server.a TIME_WAIT timer timewait 55..60s, client closed timer none "
		"within 2s");

	(void)state;
	assert_int_equal(step->states.count, 2);
	assert_end(&step->states.ends[0].end, HOST_SERVER, "a");
	assert_int_equal(step->states.ends[0].state, TCP_STATE_TIME_WAIT);
	assert_true(step->states.ends[0].has_timer && step->states.ends[0].has_range);
	assert_int_equal(step->states.ends[0].timer, DIAG_TIMER_TIMEWAIT);
	assert_int_equal(step->states.ends[0].least_ns, 55 * NS_PER_S);
	assert_int_equal(step->states.ends[0].most_ns, 60 * NS_PER_S);
	assert_end(&step->states.ends[1].end, HOST_CLIENT, "conn");
	assert_int_equal(step->states.ends[1].state, TCP_STATE_CLOSED);
	assert_true(step->states.ends[1].has_timer && !step->states.ends[1].has_range);
	assert_int_equal(step->states.ends[1].timer, DIAG_TIMER_NONE);
	assert_int_equal(step->within_ns, 2 * NS_PER_S);
	step = step_of("expect server went FIN_WAIT1 > CLOSING");
	assert_int_equal(step->went.count, 2);
	assert_int_equal(step->went.states[1], TCP_STATE_CLOSING);
}

static void other_expectations(void **state)
{
	const struct step *step = step_of("expect server count SYN_RECV 3");

	(void)state;
	assert_int_equal(step->count.state, TCP_STATE_SYN_RECV);
	assert_int_equal(step->count.number, 3);
	step = step_of("expect server counter TCPAbortOnData +1");
	assert_string_equal(step->counter.name, "TCPAbortOnData");
	assert_int_equal(step->counter.increase, 1);
	assert_int_equal(step_of("expect server listening 13")->listening_port, 13);
	assert_string_equal(step_of("expect client output \"x\"")->output.bytes, "x");
	step = step_of("expect wire FIN from server 2 times within 100ms");
	assert_int_equal(step->wire.times, 2);
	assert_int_equal(step->within_ns, 100 * NS_PER_MS);
	assert_int_equal(step_of("expect wire FIN")->wire.times, STEP_NONE);
	step = step_of("expect no RST");
	assert_int_equal(step->kind, STEP_EXPECT_NO);
	assert_int_equal(step->wire.packets.kind, WIRE_RST);
	assert_true(step_is_expectation(step));
	assert_false(step_is_expectation(step_of("wire inject RST from client")));
}

static bool is_slow(const char *text)
{
	scenario_finish(&scenario);
	scenario = parsed(text);
	return scenario.is_slow;
}

static void slow_ones_are_known(void **state)
{
	(void)state;
	assert_true(is_slow("slow"));
	assert_false(is_slow("sleep 1s"));
	assert_false(is_slow("sleep 500ms\nserver close\nsleep 0.5s"));
	assert_true(is_slow("sleep 500ms\nserver close\nsleep 500ms\nsleep 1us"));
	assert_true(is_slow("sleep 24m\nsleep 1s"));
	assert_false(is_slow("expect server CLOSED within 5s"));
}

static void line_by_line(void **state)
{
	static const char *const lines[] = {"# a comment", "", "server listen 13", "sleep 2s"};
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		assert_int_equal(scenario_parse_line(
					 &scenario, (int)i + 1, lines[i], strlen(lines[i]), &err),
			0);
	assert_int_equal(scenario_parse_line(&scenario, 5, "conect", 6, &err), -EINVAL);
	assert_int_equal(err.line, 5);
	assert_int_equal(err.column, 1);
	assert_int_equal(scenario.count, 3);
	assert_int_equal(scenario.steps[0].kind, STEP_COMMENT);
	assert_int_equal(scenario.steps[1].line, 3);
	assert_true(scenario.is_slow);
	assert_int_equal(scenario_parse_line(&scenario, 6, "server close", 12, NULL), 0);
	assert_int_equal(scenario_parse_line(&scenario, 7, "serve", 5, NULL), -EINVAL);
}

#define TEST(name) cmocka_unit_test_teardown(name, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(title_and_explanation),
		TEST(a_block_ends_at_a_blank_line),
		TEST(a_step_before_it_is_no_title),
		TEST(line_ends_marks_and_interpreters),
		TEST(where_and_how_it_is_written),
		TEST(names_have_defaults),
		TEST(listening),
		TEST(connecting),
		TEST(streams),
		TEST(shutting_down),
		TEST(option_values),
		TEST(hosts_and_programs),
		TEST(the_wire),
		TEST(expected_states),
		TEST(other_expectations),
		TEST(slow_ones_are_known),
		TEST(line_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
