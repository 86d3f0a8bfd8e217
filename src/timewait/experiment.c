/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/experiment.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/list.h"
#include "base/progress.h"
#include "scenario/library.h"
#include "scenario/parse.h"
#include "scenario/print.h"
#include "scenario/run.h"

/* Far above the 64 s that a TIME_WAIT has been seen to live. */
#define TIME_WAIT_DEADLINE_NS (120 * NS_PER_S)

#define DAYTIME_PORT          "13"

/* The experiment is a scenario like any other. */
static const char *const scenario_names[] = {
	[FIRST_CLOSE_SERVER] = "daytime-server-first",
	[FIRST_CLOSE_CLIENT] = "daytime-client-first",
	[FIRST_CLOSE_BOTH] = "daytime-both",
	[FIRST_CLOSE_RESET] = "daytime-reset",
};

/*
 * Takes a port of the loopback that nobody uses now, for the server: a socket that has it and does not listen,
 * with SO_REUSEADDR like the server's own, lets that one in and no other's connect() or bind(). A descriptor
 * with *ret_server, or a negative errno.
 */
static int reserve_port(bool is_ipv6, struct endpoint *ret_server)
{
	struct endpoint loopback = {.family = is_ipv6 ? AF_INET6 : AF_INET};
	_cleanup_fd_ int fd = socket(loopback.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address;
	socklen_t length;
	const int on = 1;

	inet_pton(loopback.family, is_ipv6 ? "::1" : "127.0.0.1", loopback.address);
	length = endpoint_to_sockaddr(&loopback, &address);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, (struct sockaddr *)&address, length) < 0)
		return -errno;
	length = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	endpoint_from_sockaddr((struct sockaddr *)&address, ret_server);
	return fd_steal(&fd);
}

static int load(struct experiment *experiment, struct error *err)
{
	const char *name = scenario_names[experiment->setting.first_close];
	const struct library_entry *entry = library_find(name);
	struct parse_errors errors = {0};
	char file[128];

	if (!entry)
		return error_set(err, ENOENT, _("the scenario %s is not there"), name);
	snprintf(file, sizeof(file), "%s/%s.tcp", entry->theme, entry->name);
	if (scenario_parse(&experiment->scenario, file, entry->text, entry->length, &errors) == 0)
		return 0;
	return error_set(
		err, EINVAL, "%s:%d: %s", file, errors.errors[0].line, errors.errors[0].text);
}

static void replace_word(char **word, const char *from, const char *to)
{
	if (strcmp(*word, from) != 0)
		return;
	free(*word);
	*word = text_copy(to);
}

/* daytimed must not listen to more of this machine than its loopback. */
static void bind_server(struct step *step, const char *address)
{
	char **argv;
	size_t count = 0, room = 0;

	if (strcmp(step->argv[0], "daytimed") != 0)
		return;
	argv = NULL;
	*list_grow(&argv, &count, &room) = step->argv[0];
	*list_grow(&argv, &count, &room) = text_copy("--bind");
	*list_grow(&argv, &count, &room) = text_copy(address);
	for (size_t i = 1; step->argv[i]; i++)
		*list_grow(&argv, &count, &room) = step->argv[i];
	(void)list_grow(&argv, &count, &room);
	free(step->argv);
	step->argv = argv;
}

static void move_program(struct step *step, const char *address, const char *port)
{
	struct text line = TEXT_INIT;

	for (char **word = step->argv; *word; word++) {
		replace_word(word, DAYTIME_PORT, port);
		replace_word(word, host_name(HOST_SERVER), address);
	}
	bind_server(step, address);
	step_print(step, &line);
	free(step->text);
	step->text = text_steal(&line);
}

/*
 * The experiment asks where the connection ends. Where a policy refuses the gates, programs run on
 * before a brief state can be seen on the way: that is no failure of it.
 */
static void leave_out_the_way(struct scenario *scenario)
{
	for (size_t i = scenario->count; i-- > 0;) {
		if (scenario->steps[i].kind == STEP_EXPECT_WENT)
			scenario_remove(scenario, i);
	}
}

/*
 * The same steps on this machine's loopback: another port, an address for the name. Without
 * CAP_NET_RAW no packet is seen there: what asks for them is left out.
 */
static void move_to_loopback(struct scenario *scenario, const char *address, uint16_t port)
{
	char port_text[8];

	snprintf(port_text, sizeof(port_text), "%u", port);
	for (size_t i = scenario->count; i-- > 0;) {
		struct step *step = &scenario->steps[i];

		if (step->kind == STEP_EXPECT_WIRE || step->kind == STEP_EXPECT_NO)
			scenario_remove(scenario, i);
		else if (step->kind == STEP_EXPECT_LISTENING)
			step->listening_port = port;
		else if (step->kind == STEP_RUN)
			move_program(step, address, port_text);
	}
}

static int open_lab(struct experiment *experiment, struct error *err)
{
	const struct experiment_setting *setting = &experiment->setting;
	const char *title = experiment->scenario.title;
	const char *address = setting->is_ipv6 ? "::1" : "127.0.0.1";
	struct endpoint server;

	if (!setting->is_loopback)
		return lab_open(&experiment->lab, title, setting->is_ipv6, err);
	experiment->port_fd = reserve_port(setting->is_ipv6, &server);
	if (experiment->port_fd < 0)
		return error_errno(
			err, -experiment->port_fd, _("no free port on the loopback (%s)"), address);
	move_to_loopback(&experiment->scenario, address, server.port);
	return lab_open_loopback(&experiment->lab, title, &server, err);
}

/* What the scenario says of both ends at last: "server TIME_WAIT, client CLOSED". */
static void note_expectation(struct experiment *experiment)
{
	for (size_t i = experiment->scenario.count; i-- > 0;) {
		const struct step *step = &experiment->scenario.steps[i];
		enum tcp_state states[HOST_COUNT] = {TCP_STATE_CLOSED, TCP_STATE_CLOSED};

		if (step->kind != STEP_EXPECT_STATES || step->states.count != HOST_COUNT)
			continue;
		for (size_t j = 0; j < step->states.count; j++)
			states[step->states.ends[j].end.host] = step->states.ends[j].state;
		snprintf(experiment->expected, sizeof(experiment->expected), "server %s, client %s",
			tcp_state_name(states[HOST_SERVER]), tcp_state_name(states[HOST_CLIENT]));
		return;
	}
}

static void note_outcome(struct experiment *experiment)
{
	const struct lab *lab = &experiment->lab;
	enum tcp_state states[HOST_COUNT];

	experiment->client = lab_program_on(lab, HOST_CLIENT);
	experiment->connection = lab_first_connection(lab);
	for (int host = 0; host < HOST_COUNT; host++) {
		const struct diag_socket *socket =
			census_socket(&lab->census, (enum host_id)host, experiment->connection);

		states[host] = lab_state(lab, (enum host_id)host, experiment->connection);
		experiment->remaining_s[host] = socket ? socket->timer_ms / 1000.0 : 0;
	}
	snprintf(experiment->observed, sizeof(experiment->observed), "server %s, client %s",
		tcp_state_name(states[HOST_SERVER]), tcp_state_name(states[HOST_CLIENT]));
}

/* A step that failed although both ends are where they should be has more to say than they. */
static void note_failure(struct experiment *experiment, const struct run_failure *failure)
{
	if (strcmp(experiment->expected, experiment->observed) != 0 &&
		experiment->connection != CONNECTION_NONE)
		return;
	snprintf(experiment->expected, sizeof(experiment->expected), "%s", failure->expected);
	snprintf(experiment->observed, sizeof(experiment->observed), "%s", failure->observed);
}

static int perform(struct experiment *experiment, struct error *err)
{
	const struct run_setting setting = {0};
	struct run_result result;
	int r = scenario_run(&experiment->scenario, &experiment->lab, &setting, &result, err);

	if (r < 0)
		return r;
	note_expectation(experiment);
	note_outcome(experiment);
	experiment->is_as_expected = result.outcome == RUN_PASSED;
	if (result.outcome == RUN_INTERRUPTED)
		r = error_set(err, EINTR, _("interrupted"));
	else if (result.outcome == RUN_SKIPPED)
		r = error_set(err, ENOENT, "%s", result.reason);
	else if (result.failure_count)
		note_failure(experiment, &result.failures[0]);
	run_result_finish(&result);
	return r;
}

int experiment_run(
	struct experiment *experiment, const struct experiment_setting *setting, struct error *err)
{
	int r;

	*experiment = (struct experiment){
		.setting = *setting,
		.connection = CONNECTION_NONE,
		.port_fd = -1,
	};
	r = load(experiment, err);
	if (r == 0)
		leave_out_the_way(&experiment->scenario);
	if (r == 0)
		r = open_lab(experiment, err);
	if (r < 0)
		return r;
	experiment->is_lab_open = true;
	return perform(experiment, err);
}

struct countdown {
	struct progress progress;
	int connection;
};

static bool has_nobody_waiting(const struct lab *lab, void *context)
{
	const struct countdown *countdown = context;

	return lab_state(lab, HOST_SERVER, countdown->connection) != TCP_STATE_TIME_WAIT &&
	       lab_state(lab, HOST_CLIENT, countdown->connection) != TCP_STATE_TIME_WAIT;
}

static void show_countdown(const struct lab *lab, void *context)
{
	struct countdown *countdown = context;
	double left_s = 0;
	char note[64];

	for (int host = 0; host < HOST_COUNT; host++) {
		const struct diag_socket *socket =
			census_socket(&lab->census, (enum host_id)host, countdown->connection);

		if (socket && socket->timer_ms / 1000.0 > left_s)
			left_s = socket->timer_ms / 1000.0;
	}
	snprintf(note, sizeof(note), _("%.1f s left"), left_s);
	progress_show(&countdown->progress, 60 - left_s, 60, note);
}

int experiment_wait(struct experiment *experiment, struct error *err)
{
	struct countdown countdown = {.connection = experiment->connection};
	int r;

	progress_start(&countdown.progress, "TIME_WAIT");
	r = lab_wait(&experiment->lab, has_nobody_waiting, &countdown,
		clock_deadline_ns(TIME_WAIT_DEADLINE_NS), show_countdown, err);
	progress_finish(&countdown.progress);
	return r;
}

void experiment_finish(struct experiment *experiment)
{
	if (experiment->is_lab_open)
		lab_close(&experiment->lab);
	experiment->is_lab_open = false;
	fd_close(&experiment->port_fd);
	scenario_finish(&experiment->scenario);
}
