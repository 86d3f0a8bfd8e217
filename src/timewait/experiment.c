/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/experiment.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/progress.h"

/* Never waited out but when something is wrong: generous, for a machine under load. */
#define STEP_DEADLINE_NS (20 * NS_PER_S)
/* Far above the 64 s that a TIME_WAIT has been seen to live. */
#define TIME_WAIT_DEADLINE_NS (120 * NS_PER_S)

#define DAYTIME_PORT          13
#define ARGUMENTS_MAX         10

struct ending {
	const char *title;
	enum tcp_state states[HOST_COUNT];
	const char *server_option; /* of daytimed --first-close; NULL for none */
	const char *client_option; /* of daytime, likewise */
};

static const struct ending endings[] = {
	[FIRST_CLOSE_SERVER] = {.title = N_("The server closes first, and waits"),
		.states = {TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED}},
	[FIRST_CLOSE_CLIENT] = {.title = N_("The client closes first, and waits"),
		.states = {TCP_STATE_CLOSED, TCP_STATE_TIME_WAIT},
		.server_option = "client",
		.client_option = "--close-first"},
	[FIRST_CLOSE_BOTH] = {.title = N_("Both close at the same time, and both wait"),
		.states = {TCP_STATE_TIME_WAIT, TCP_STATE_TIME_WAIT},
		.client_option = "--close-first=now"},
	[FIRST_CLOSE_RESET] = {.title = N_("The server resets the connection, and nobody waits"),
		.states = {TCP_STATE_CLOSED, TCP_STATE_CLOSED},
		.server_option = "reset"},
};

static const struct wire_match any_fin = {WIRE_FIN, HOST_COUNT, CONNECTION_NONE};

static const struct ending *ending_of(const struct experiment *experiment)
{
	return &endings[experiment->setting.first_close];
}

/* A port of the loopback that nobody uses now; 0 when there is none. */
static uint16_t free_port(bool is_ipv6)
{
	_cleanup_fd_ int fd = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct endpoint loopback = {.family = is_ipv6 ? AF_INET6 : AF_INET};
	struct sockaddr_storage address;
	socklen_t length;

	inet_pton(loopback.family, is_ipv6 ? "::1" : "127.0.0.1", loopback.address);
	length = endpoint_to_sockaddr(&loopback, &address);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) < 0)
		return 0;
	length = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0 ||
		endpoint_from_sockaddr((struct sockaddr *)&address, &loopback) < 0)
		return 0;
	return loopback.port;
}

/* Records what it runs, runs it, and lets things move. */
static int run_program(struct lab *lab, enum host_id host, const char *const *argv,
	struct program **ret_program, struct error *err)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	size_t action;
	int r;

	text_printf(&line, "%s run", host_name(host));
	for (size_t i = 0; argv[i]; i++)
		text_printf(&line, " %s", argv[i]);
	action = timeline_action(&lab->timeline, host, CONNECTION_NONE, 0, line.bytes);
	r = lab_run(lab, host, argv, ret_program, err);
	timeline_complete(&lab->timeline, action, -r);
	return r < 0 ? r : lab_settle(lab, err);
}

static int start_server(struct experiment *experiment, const char *port,
	struct program **ret_program, struct error *err)
{
	const struct experiment_setting *setting = &experiment->setting;
	const char *argv[ARGUMENTS_MAX] = {"daytimed", "--tcp", setting->is_ipv6 ? "-6" : "-4"};
	int count = 3;

	if (setting->is_loopback) {
		argv[count++] = "--bind";
		argv[count++] = setting->is_ipv6 ? "::1" : "127.0.0.1";
	}
	if (ending_of(experiment)->server_option) {
		argv[count++] = "--first-close";
		argv[count++] = ending_of(experiment)->server_option;
	}
	argv[count++] = port;
	return run_program(&experiment->lab, HOST_SERVER, argv, ret_program, err);
}

static int start_client(struct experiment *experiment, const char *port,
	struct program **ret_program, struct error *err)
{
	const struct experiment_setting *setting = &experiment->setting;
	const char *argv[ARGUMENTS_MAX] = {"daytime"};
	int count = 1;

	if (ending_of(experiment)->client_option)
		argv[count++] = ending_of(experiment)->client_option;
	if (setting->is_loopback)
		argv[count++] = setting->is_ipv6 ? "::1" : "127.0.0.1";
	else
		argv[count++] = "server";
	argv[count++] = port;
	return run_program(&experiment->lab, HOST_CLIENT, argv, ret_program, err);
}

struct server_start {
	struct program *program;
	bool is_listening;
};

static bool server_has_started(const struct lab *lab, void *context)
{
	struct server_start *start = context;

	for (size_t i = 0; i < lab->census.socket_count[HOST_SERVER]; i++)
		start->is_listening |=
			lab->census.sockets[HOST_SERVER][i].state == TCP_STATE_LISTEN;
	return start->is_listening || program_has_ended(start->program);
}

static int explain_end_of(const struct program *program, struct error *err)
{
	_cleanup_text_ struct text words = TEXT_INIT;
	size_t length = program->output.length;

	while (length && program->output.bytes[length - 1] == '\n')
		length--;
	text_append_escaped(&words, program->output.bytes, length, false);
	return error_set(err, EPROTO, _("%s failed: %.200s"), program->name,
		words.length ? words.bytes : _("it ended without a word"));
}

static int run_server(struct experiment *experiment, const char *port, struct error *err)
{
	struct server_start start = {0};
	int r = start_server(experiment, port, &start.program, err);

	if (r == 0)
		r = lab_wait(&experiment->lab, server_has_started, &start,
			clock_deadline_ns(STEP_DEADLINE_NS), NULL, err);
	if (r == 0 && !start.is_listening)
		r = explain_end_of(start.program, err);
	return r;
}

/* The last words of the experiment: both ends where they were expected, and the client gone. */
static bool has_reached_end(const struct lab *lab, void *context)
{
	struct experiment *experiment = context;
	const enum tcp_state *expected = ending_of(experiment)->states;

	experiment->connection = lab_first_connection(lab);
	return experiment->connection != CONNECTION_NONE &&
	       lab_state(lab, HOST_SERVER, experiment->connection) == expected[HOST_SERVER] &&
	       lab_state(lab, HOST_CLIENT, experiment->connection) == expected[HOST_CLIENT] &&
	       experiment->client->has_ended;
}

static bool are_both_fins_held(const struct lab *lab, void *context)
{
	struct wire_match from_server = any_fin, from_client = any_fin;

	(void)context;
	from_server.from = HOST_SERVER;
	from_client.from = HOST_CLIENT;
	return wire_count_held(&lab->wire, &from_server) &&
	       wire_count_held(&lab->wire, &from_client);
}

static void record_wire(struct lab *lab, const char *text)
{
	size_t action = timeline_action(&lab->timeline, HOST_COUNT, CONNECTION_NONE, 0, text);

	timeline_complete(&lab->timeline, action, 0);
}

/* Two FINs meet on the way only when both are under way: hold the first until the second is. */
static int cross_fins(struct experiment *experiment, struct error *err)
{
	struct lab *lab = &experiment->lab;
	int r = lab_wait(
		lab, are_both_fins_held, NULL, clock_deadline_ns(STEP_DEADLINE_NS), NULL, err);

	if (r < 0)
		return r;
	record_wire(lab, "wire release");
	wire_pass(&lab->wire);
	return lab_release(lab, &any_fin, SIZE_MAX, err);
}

static void note_outcome(struct experiment *experiment)
{
	const struct lab *lab = &experiment->lab;
	enum tcp_state states[HOST_COUNT];

	for (int host = 0; host < HOST_COUNT; host++) {
		const struct diag_socket *socket =
			census_socket(&lab->census, (enum host_id)host, experiment->connection);

		states[host] = lab_state(lab, (enum host_id)host, experiment->connection);
		experiment->remaining_s[host] = socket ? socket->timer_ms / 1000.0 : 0;
	}
	snprintf(experiment->observed, sizeof(experiment->observed), "server %s, client %s",
		tcp_state_name(states[HOST_SERVER]), tcp_state_name(states[HOST_CLIENT]));
}

static int perform(struct experiment *experiment, const char *port, struct error *err)
{
	struct lab *lab = &experiment->lab;
	bool is_crossing = experiment->setting.first_close == FIRST_CLOSE_BOTH;
	struct program *client = NULL;
	int r = run_server(experiment, port, err);

	if (r < 0)
		return r;
	if (is_crossing) {
		record_wire(lab, "wire hold FIN");
		wire_rule(&lab->wire, WIRE_HOLD, &any_fin, WIRE_EVER);
	}
	r = start_client(experiment, port, &client, err);
	experiment->client = client;
	if (r == 0 && is_crossing)
		r = cross_fins(experiment, err);
	if (r == 0)
		r = lab_wait(lab, has_reached_end, experiment, clock_deadline_ns(STEP_DEADLINE_NS),
			NULL, err);
	experiment->is_as_expected = r == 0;
	note_outcome(experiment);
	if (r == -ETIMEDOUT)
		r = 0; /* an answer, if not the expected one */
	if (r == 0 && client->has_ended && client->status)
		r = explain_end_of(client, err);
	return r;
}

static int open_lab(struct experiment *experiment, uint16_t *ret_port, struct error *err)
{
	const struct experiment_setting *setting = &experiment->setting;
	const char *title = ending_of(experiment)->title;

	*ret_port = DAYTIME_PORT;
	if (!setting->is_loopback)
		return lab_open(&experiment->lab, title, setting->is_ipv6, err);
	*ret_port = free_port(setting->is_ipv6);
	if (!*ret_port)
		return error_set(err, EADDRNOTAVAIL, _("no free port on the loopback (%s)"),
			setting->is_ipv6 ? "::1" : "127.0.0.1");
	return lab_open_loopback(&experiment->lab, title, *ret_port, err);
}

int experiment_run(
	struct experiment *experiment, const struct experiment_setting *setting, struct error *err)
{
	const enum tcp_state *expected = endings[setting->first_close].states;
	char port_text[8];
	uint16_t port;
	int r;

	*experiment = (struct experiment){.setting = *setting, .connection = CONNECTION_NONE};
	snprintf(experiment->expected, sizeof(experiment->expected), "server %s, client %s",
		tcp_state_name(expected[HOST_SERVER]), tcp_state_name(expected[HOST_CLIENT]));
	r = open_lab(experiment, &port, err);
	if (r < 0)
		return r;
	experiment->is_lab_open = true;
	snprintf(port_text, sizeof(port_text), "%u", port);
	return perform(experiment, port_text, err);
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
}
