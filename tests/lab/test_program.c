/* SPDX-License-Identifier: BSD-2-Clause */

/* Real programs on the hosts: where they find themselves, what is seen of them, how they end. */

#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define DEADLINE_NS (10 * NS_PER_S)

static struct program *run(struct rig *rig, enum host_id host, const char *const *argv)
{
	struct program *program = NULL;
	struct error err = {0};

	if (lab_run(&rig->lab, host, argv, &program, &err) < 0)
		fail_msg("%s", err.text);
	rig_settle(rig);
	return program;
}

static struct program *run_shell(struct rig *rig, enum host_id host, const char *script)
{
	const char *const argv[] = {"sh", "-c", script, NULL};

	return run(rig, host, argv);
}

static bool has_ended(const struct lab *lab, void *context)
{
	struct program *program = context;

	(void)lab;
	return program_has_ended(program) && program->output_fd < 0;
}

static void await_end(struct rig *rig, struct program *program)
{
	struct error err = {0};

	if (lab_wait(&rig->lab, has_ended, program, clock_deadline_ns(DEADLINE_NS), NULL, &err) < 0)
		fail_msg("%s: %s", program->name, err.text);
}

static void the_hosts_have_names(void **state)
{
	struct rig *rig = *state;

	for (int id = 0; id < HOST_COUNT; id++) {
		const char *const argv[] = {"getent", "hosts", host_name((enum host_id)id), NULL};
		struct program *program = run(rig, HOST_CLIENT, argv);
		char address[ENDPOINT_TEXT_BYTES];

		await_end(rig, program);
		endpoint_address(&rig->lab.hosts[id].address, address);
		assert_memory_equal(program->output.bytes, address, strlen(address));
	}
}

static void the_folder_is_private_and_empty(void **state)
{
	struct rig *rig = *state;
	struct program *first = run_shell(rig, HOST_SERVER, "ls -A | wc -l; echo x >file && ls -A");
	struct program *second = run_shell(rig, HOST_SERVER, "ls -A | wc -l");

	await_end(rig, first);
	await_end(rig, second);
	assert_string_equal(first->output.bytes, "0\nfile\n");
	assert_string_equal(second->output.bytes, "0\n");
}

static void output_and_status_are_collected(void **state)
{
	struct rig *rig = *state;
	struct program *program = run_shell(rig, HOST_SERVER, "echo out; echo err >&2; exit 3");

	await_end(rig, program);
	assert_string_equal(program->output.bytes, "out\nerr\n");
	assert_true(WIFEXITED(program->status));
	assert_int_equal(WEXITSTATUS(program->status), 3);
}

static void a_flood_of_output_does_not_block(void **state)
{
	struct rig *rig = *state;
	struct program *program = run_shell(rig, HOST_SERVER, "head -c 3000000 /dev/zero");

	await_end(rig, program);
	assert_int_equal(program->status, 0);
	assert_true(program->output.length <= PROGRAM_OUTPUT_BYTES);
}

static void a_missing_program_is_an_error(void **state)
{
	struct rig *rig = *state;
	const char *const argv[] = {"no-such-program-anywhere", NULL};
	struct program *program = NULL;
	struct error err = {0};

	assert_int_equal(lab_run(&rig->lab, HOST_SERVER, argv, &program, &err), -ENOENT);
	assert_non_null(strstr(err.text, "no-such-program-anywhere"));
}

static void signals_arrive(void **state)
{
	struct rig *rig = *state;
	struct program *program = run_shell(
		rig, HOST_SERVER, "trap 'echo got it; exit 0' TERM; while :; do sleep 1; done");

	kill(program->pid, SIGTERM);
	await_end(rig, program);
	assert_string_equal(program->output.bytes, "got it\n");
}

/* A program that never sleeps must not stop the laboratory for long. */
static void a_restless_program_is_left_alone(void **state)
{
	struct rig *rig = *state;
	struct program *program = run_shell(rig, HOST_SERVER, "while :; do :; done");
	int64_t deadline_ns;

	rig_settle(rig);
	assert_true(program->is_restless);
	deadline_ns = clock_deadline_ns(5 * NS_PER_S);
	for (int i = 0; i < 10; i++)
		rig_settle(rig);
	assert_true(clock_now_ns() < deadline_ns);
}

/* How many processes of this machine have the word among their arguments. */
static int count_processes(const char *word)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	assert_non_null(processes);
	while ((entry = readdir(processes))) {
		char path[300], line[4096];
		ssize_t length;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/cmdline", entry->d_name);
		length = fd_read_file(path, line, sizeof(line));
		if (length > 0 && memmem(line, (size_t)length, word, strlen(word)))
			count++;
	}
	closedir(processes);
	return count;
}

static void daemons_end_with_the_laboratory(void **state)
{
	struct rig *rig = *state;
	char script[80], word[32];
	struct program *program;
	int64_t deadline_ns;

	/* Seconds that nobody else sleeps: the process id makes them ours. */
	snprintf(word, sizeof(word), "7%d", getpid());
	snprintf(script, sizeof(script), "setsid sleep %s & exit 0", word);
	program = run_shell(rig, HOST_SERVER, script);
	while (!program_has_ended(program))
		rig_settle(rig);
	/* In the middle of an exec a process has no arguments: look until it is through. */
	deadline_ns = clock_deadline_ns(DEADLINE_NS);
	while (count_processes(word) != 1 && clock_now_ns() < deadline_ns)
		rig_settle(rig);
	assert_int_equal(count_processes(word), 1);
	lab_close(&rig->lab);
	assert_int_equal(count_processes(word), 0);
}

/* Everything that happened but the times, a line an event. */
static char *tell(const struct timeline *timeline)
{
	struct text words = TEXT_INIT;

	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];
		char flags[SEGMENT_FLAGS_BYTES];

		text_printf(
			&words, "%d %s %d", event->kind, host_name(event->host), event->connection);
		if (event->kind == EVENT_CALL)
			text_printf(&words, " %s", event->text);
		if (event->kind == EVENT_STATE)
			text_printf(&words, " %s", tcp_state_name(event->to));
		if (event->kind == EVENT_PACKET)
			text_printf(&words, " %s %u %u %u",
				segment_flags(event->segment.flags, flags),
				event->relative_sequence, event->relative_acknowledgment,
				event->segment.payload_length);
		text_append(&words, "\n");
	}
	return text_steal(&words);
}

static bool has_closed(const struct lab *lab, void *context)
{
	int connection = lab_first_connection(lab);

	(void)context;
	return connection != CONNECTION_NONE &&
	       lab_state(lab, HOST_SERVER, connection) == TCP_STATE_TIME_WAIT &&
	       lab_state(lab, HOST_CLIENT, connection) == TCP_STATE_CLOSED;
}

static bool is_listened(const struct lab *lab, void *context)
{
	(void)context;
	return lab->census.socket_count[HOST_SERVER] == 1;
}

static void serve_daytime(struct rig *rig)
{
	const char *const server[] = {
		"daytimed", "--workers", "1", "--tcp", getenv("RIG_IPV6") ? "-6" : "-4", NULL};
	const char *const client[] = {"daytime", "server", NULL};
	struct error err = {0};

	run(rig, HOST_SERVER, server);
	if (lab_wait(&rig->lab, is_listened, NULL, clock_deadline_ns(DEADLINE_NS), NULL, &err) < 0)
		fail_msg("%s", err.text);
	await_end(rig, run(rig, HOST_CLIENT, client));
	if (lab_wait(&rig->lab, has_closed, NULL, clock_deadline_ns(DEADLINE_NS), NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* Two programs that run freely, and yet the very same record each time. */
static void the_record_is_the_same_each_time(void **state)
{
	_cleanup_free_ char *first = NULL;

	serve_daytime(*state);
	first = tell(&((struct rig *)*state)->lab.timeline);
	for (int i = 0; i < 20; i++) {
		_cleanup_free_ char *again = NULL;
		void *rig;

		assert_int_equal(rig_setup(&rig), 0);
		serve_daytime(rig);
		again = tell(&((struct rig *)rig)->lab.timeline);
		rig_teardown(&rig);
		assert_string_equal(again, first);
	}
}

static void calls_are_recorded(void **state)
{
	struct rig *rig = *state;
	const struct timeline *timeline = &rig->lab.timeline;
	struct text calls[HOST_COUNT] = {TEXT_INIT, TEXT_INIT};

	serve_daytime(rig);
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		if (event->kind != EVENT_CALL)
			continue;
		text_printf(&calls[event->host], "%s ", event->text);
		assert_int_not_equal(event->connection, CONNECTION_NONE);
	}
	assert_string_equal(calls[HOST_SERVER].bytes,
		"listen() accept() send(26 bytes) shutdown(SHUT_WR) close() ");
	assert_string_equal(calls[HOST_CLIENT].bytes, "connect() close() ");
	text_finish(&calls[HOST_SERVER]);
	text_finish(&calls[HOST_CLIENT]);
}

/* A thread is no process, but its calls are the process'. */
static void calls_of_threads_are_recorded(void **state)
{
	struct rig *rig = *state;
	const struct timeline *timeline = &rig->lab.timeline;
	const char *const argv[] = {"python3", "-c",
		"import socket, threading\n"
		"s = socket.create_connection(('server', 13))\n"
		"t = threading.Thread(target=s.shutdown, args=(socket.SHUT_WR,))\n"
		"t.start()\n"
		"t.join()\n"
		"s.close()\n",
		NULL};
	struct error err = {0};
	struct program *program;
	bool has_shutdown = false;

	rig_listen(rig);
	program = run(rig, HOST_CLIENT, argv);
	assert_int_equal(
		lab_wait(&rig->lab, has_ended, program, clock_deadline_ns(DEADLINE_NS), NULL, &err),
		0);
	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		has_shutdown |=
			event->kind == EVENT_CALL && !strcmp(event->text, "shutdown(SHUT_WR)");
	}
	assert_true(has_shutdown);
}

/* Our programs are found by PATH: the build folder, which the tests run in. */
static int find_programs(void **state)
{
	const char *build = getenv("BUILD");
	char path[8192];

	(void)state;
	snprintf(path, sizeof(path), "%s:%s", build ? build : "build", getenv("PATH"));
	return setenv("PATH", path, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		rig_test(the_hosts_have_names),
		rig_test(the_folder_is_private_and_empty),
		rig_test(output_and_status_are_collected),
		rig_test(a_flood_of_output_does_not_block),
		rig_test(a_missing_program_is_an_error),
		rig_test(signals_arrive),
		rig_test(a_restless_program_is_left_alone),
		rig_test(daemons_end_with_the_laboratory),
		rig_test(the_record_is_the_same_each_time),
		rig_test(calls_are_recorded),
		rig_test(calls_of_threads_are_recorded),
	};

	return cmocka_run_group_tests_name("programs", tests, find_programs, NULL);
}
