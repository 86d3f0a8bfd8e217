/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * Ten thousand connections between three servers and three clients, either side closing: who closed each, by every
 * event, and the counts that are kept. Servers are restarted meanwhile.
 */

#include "unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "life_rig.h"
#include "observe/netns.h"
#include "observe/sockets.h"

#define SIDES       3
#define PER_PAIR    1112 /* connections of one client to one server */
#define CONNECTIONS (SIDES * SIDES * PER_PAIR)
#define GENERATION  500 /* a server ends after so many, and another takes its listener */
#define FIRST_PORT  1300
#define DEADLINE_S  60

/* Shared by all: who closes the connection of this client to this server, by the client's port. */
struct ledger {
	pid_t closer[SIDES][SIDES][65536];
};

struct crowd {
	struct ledger *ledger;
	int listeners[SIDES];
	pid_t servers[SIDES], clients[SIDES];
	int served[SIDES]; /* by servers that have ended */
};

static struct sockaddr_in address_of(int client, int port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f000100u + (unsigned int)client + 1),
		.sin_port = htons((uint16_t)port),
	};
}

static void must(bool is_so)
{
	if (!is_so)
		_exit(errno ? errno : 1);
}

static uint16_t port_of(const struct sockaddr_in *address)
{
	return ntohs(address->sin_port);
}

/* One byte says who closes first: the other waits for that. */
static void finish(int fd, bool is_first, pid_t *closer)
{
	char byte;

	if (is_first)
		*closer = getpid();
	else
		must(recv(fd, &byte, 1, 0) == 0);
	close(fd);
}

static void serve(struct crowd *crowd, int server)
{
	char name[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(name, sizeof(name), "server-%d", server);
	prctl(PR_SET_NAME, name);
	for (int i = crowd->served[server]; i < SIDES * PER_PAIR; i++) {
		struct sockaddr_in peer;
		socklen_t length = sizeof(peer);
		int fd, client;
		char byte = 0;

		if (i == crowd->served[server] + GENERATION)
			_exit(0);
		fd = accept(crowd->listeners[server], (struct sockaddr *)&peer, &length);
		must(fd >= 0 && recv(fd, &byte, 1, 0) == 1);
		client = (int)(ntohl(peer.sin_addr.s_addr) & 0xff) - 1;
		finish(fd, byte == 's', &crowd->ledger->closer[client][server][port_of(&peer)]);
	}
	_exit(0);
}

static void visit(struct crowd *crowd, int client)
{
	char name[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(name, sizeof(name), "client-%d", client);
	prctl(PR_SET_NAME, name);
	for (int i = 0; i < SIDES * PER_PAIR; i++) {
		int server = i % SIDES, fd = socket(AF_INET, SOCK_STREAM, 0);
		/* A port of its own: else one might be reused before we have judged what was there. */
		struct sockaddr_in mine = address_of(client, 20000 + i);
		struct sockaddr_in theirs = address_of(-1, FIRST_PORT + server);
		bool is_first = (i + client) % 7 < 3;

		must(bind(fd, (struct sockaddr *)&mine, sizeof(mine)) == 0);
		must(connect(fd, (struct sockaddr *)&theirs, sizeof(theirs)) == 0);
		must(send(fd, is_first ? "c" : "s", 1, 0) == 1);
		finish(fd, is_first, &crowd->ledger->closer[client][server][port_of(&mine)]);
	}
	_exit(0);
}

static void start_server(struct crowd *crowd, int server)
{
	crowd->servers[server] = fork();
	if (crowd->servers[server] == 0)
		serve(crowd, server);
}

static void start(struct crowd *crowd)
{
	life_rig_new_network();
	life_rig_set("tcp_tw_reuse", "0");
	/* A FIN that is sent again, when the machine is busy, finds nobody: that RST shall end no TIME_WAIT. */
	life_rig_set("tcp_rfc1337", "1");
	life_rig_set("tcp_max_tw_buckets", "1000000");
	memset(crowd, 0, sizeof(*crowd));
	crowd->ledger = mmap(NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(crowd->ledger, MAP_FAILED);
	for (int i = 0; i < SIDES; i++) {
		struct sockaddr_in address = address_of(-1, FIRST_PORT + i);

		crowd->listeners[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		assert_int_equal(
			bind(crowd->listeners[i], (struct sockaddr *)&address, sizeof(address)), 0);
		assert_int_equal(listen(crowd->listeners[i], 16), 0);
	}
}

static void let_go(struct crowd *crowd)
{
	for (int i = 0; i < SIDES; i++)
		start_server(crowd, i);
	for (int i = 0; i < SIDES; i++) {
		crowd->clients[i] = fork();
		if (crowd->clients[i] == 0)
			visit(crowd, i);
	}
}

/* Reaps, and restarts servers that have served their share. True while anybody is left. */
static bool look_after(struct crowd *crowd)
{
	bool is_any = false;
	int status;

	for (int i = 0; i < SIDES; i++) {
		if (crowd->clients[i] && waitpid(crowd->clients[i], &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			crowd->clients[i] = 0;
		}
		if (crowd->servers[i] && waitpid(crowd->servers[i], &status, WNOHANG) > 0) {
			assert_int_equal(status, 0);
			crowd->servers[i] = 0;
			crowd->served[i] += GENERATION;
			if (crowd->served[i] < SIDES * PER_PAIR)
				start_server(crowd, i);
		}
		is_any |= crowd->clients[i] || crowd->servers[i];
	}
	return is_any;
}

static void finish_crowd(struct crowd *crowd)
{
	for (int i = 0; i < SIDES; i++)
		close(crowd->listeners[i]);
	munmap(crowd->ledger, sizeof(struct ledger));
}

struct verdict {
	const struct crowd *crowd;
	int right, wrong;
};

/* Against what the closer itself had written down. */
static int judge(void *context, const struct life_event *event)
{
	struct verdict *verdict = context;
	bool is_server = event->local_port >= FIRST_PORT && event->local_port < FIRST_PORT + SIDES;
	int client = (is_server ? event->peer[3] : event->local[3]) - 1;
	int server = (is_server ? event->local_port : event->peer_port) - FIRST_PORT;
	uint16_t port = is_server ? event->peer_port : event->local_port;
	char name[16];

	if (event->kind != LIFE_BORN)
		return 0;
	snprintf(name, sizeof(name), is_server ? "server-%d" : "client-%d",
		is_server ? server : client);
	if (event->pid == (uint32_t)verdict->crowd->ledger->closer[client][server][port] &&
		!strcmp(event->comm, name))
		verdict->right++;
	else
		verdict->wrong++;
	return 0;
}

static struct life *open_or_fail(void)
{
	const struct life_options options = {
		.netns = netns_number(), .has_events = true, .has_counts = true};
	struct error err = {0};
	struct life *life;

	if (life_open(&life, &options, &err) < 0)
		fail_msg("life_open: %s", err.text);
	return life;
}

static void check_nothing_lost(struct life *life)
{
	struct life_losses losses;

	assert_int_equal(life_losses(life, &losses), 0);
	assert_int_equal(losses.events, 0);
	assert_int_equal(losses.missed, 0);
	assert_int_equal(losses.untracked, 0);
}

static void check_drift(struct life *life, bool is_quiet)
{
	struct life_drift drift;
	struct error err;

	assert_int_equal(life_drift(life, &drift, &err), 0);
	if (!drift.is_within)
		fail_msg("kept %lld, dumped %lld, slack %lld, quiet %d", (long long)drift.kept,
			(long long)drift.dumped, (long long)drift.slack, is_quiet);
	if (is_quiet)
		assert_int_equal(drift.kept - drift.dumped, 0);
}

struct sums {
	enum life_dimension dimension;
	int64_t now, now_fin_wait2, groups;
	uint64_t born, died;
};

static int sum_up(
	void *context, const struct life_group_key *key, const struct life_group_counts *counts)
{
	struct sums *sums = context;

	assert_int_equal(key->dimension, sums->dimension);
	sums->now += counts->now;
	sums->now_fin_wait2 += counts->now_fin_wait2;
	sums->born += counts->born;
	sums->died += counts->died;
	sums->groups++;
	return 0;
}

/* By whatever they are grouped, together they are all. */
static void check_groups(struct life *life)
{
	struct life_totals totals;

	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.born - totals.died, totals.states[TCP_STATE_TIME_WAIT]);
	assert_int_equal(totals.fin_wait2_minisockets, 0);
	for (int i = 0; i < LIFE_DIMENSION_COUNT; i++) {
		struct sums sums = {.dimension = (enum life_dimension)i};
		struct life_group_counts others;

		assert_int_equal(life_groups(life, sums.dimension, sum_up, &sums, &others), 0);
		assert_int_equal(others.now, 0);
		assert_int_equal(sums.now, totals.states[TCP_STATE_TIME_WAIT]);
		assert_int_equal(sums.now_fin_wait2, 0);
		assert_int_equal(sums.died, totals.died);
		assert_int_equal(sums.born, CONNECTIONS);
		if (i == LIFE_BY_PEER)
			assert_int_equal(sums.groups, SIDES + 1);
		if (i == LIFE_BY_CGROUP)
			assert_int_equal(sums.groups, 1);
	}
}

static void every_closer_is_known(void **state)
{
	struct crowd crowd;
	struct verdict verdict = {.crowd = &crowd};
	int64_t deadline_ns = clock_deadline_ns(DEADLINE_S * NS_PER_S);
	struct life_totals totals;
	struct life *life;

	(void)state;
	start(&crowd);
	life = open_or_fail();
	let_go(&crowd);
	while (look_after(&crowd) && clock_now_ns() < deadline_ns) {
		assert_true(life_poll(life, judge, &verdict, 10) >= 0);
		check_drift(life, false);
	}
	while (verdict.right + verdict.wrong < CONNECTIONS && clock_now_ns() < deadline_ns)
		life_poll(life, judge, &verdict, 100);
	check_nothing_lost(life);
	assert_int_equal(verdict.wrong, 0);
	assert_int_equal(verdict.right, CONNECTIONS);
	check_drift(life, true);
	check_groups(life);
	assert_int_equal(life_totals(life, &totals), 0);
	assert_int_equal(totals.born, CONNECTIONS);
	assert_int_equal(totals.opened, CONNECTIONS);
	assert_int_equal(totals.accepted, CONNECTIONS);
	assert_int_equal(totals.states[TCP_STATE_LISTEN], SIDES);
	assert_int_equal(totals.states[TCP_STATE_ESTABLISHED], 0);
	assert_int_equal(totals.states[TCP_STATE_CLOSE_WAIT], 0);
	life_close(life);
	finish_crowd(&crowd);
}

static int ignore(void *context, const struct life_event *event)
{
	(void)context;
	(void)event;
	return 0;
}

static int count_open(void *context, const struct diag_socket *socket)
{
	*(int *)context += socket->state != TCP_STATE_LISTEN;
	return 0;
}

/* A FIN's last ACK may be lost under load: then LAST_ACK stays until the FIN is sent again. */
static void await_nobody_is_open(void)
{
	int64_t deadline_ns = clock_deadline_ns(DEADLINE_S * NS_PER_S);
	struct error err;
	struct diag diag;
	int count = 1;

	assert_int_equal(diag_open(&diag, &err), 0);
	while (count && clock_now_ns() < deadline_ns) {
		count = 0;
		assert_int_equal(
			diag_dump(&diag, DIAG_LIVE_STATES & ~DIAG_STATE(TCP_STATE_TIME_WAIT),
				count_open, &count, &err),
			0);
		if (count)
			poll(NULL, 0, 20);
	}
	diag_close(&diag);
	assert_int_equal(count, 0);
}

#define LATECOMERS 6

static void check_nobody_is_open(const struct life_totals *totals)
{
	assert_int_equal(totals->states[TCP_STATE_LISTEN], SIDES);
	assert_int_equal(totals->states[TCP_STATE_ESTABLISHED], 0);
	assert_int_equal(totals->states[TCP_STATE_FIN_WAIT1], 0);
	assert_int_equal(totals->states[TCP_STATE_FIN_WAIT2], 0);
	assert_int_equal(totals->states[TCP_STATE_CLOSE_WAIT], 0);
	assert_int_equal(totals->states[TCP_STATE_LAST_ACK], 0);
	assert_int_equal(totals->states[TCP_STATE_SYN_SENT], 0);
}

/* Begun in the middle of all that: what was there and what came meanwhile are counted once. */
static void counts_begun_under_load(void **state)
{
	struct crowd crowd;
	int64_t deadline_ns = clock_deadline_ns(DEADLINE_S * NS_PER_S);
	struct life *lives[LATECOMERS] = {NULL};
	size_t count = 0;

	(void)state;
	start(&crowd);
	let_go(&crowd);
	while (look_after(&crowd) && clock_now_ns() < deadline_ns) {
		if (count < LATECOMERS)
			lives[count++] = open_or_fail();
		life_poll(lives[count - 1], ignore, NULL, 10);
	}
	assert_true(count > 0);
	await_nobody_is_open();
	for (size_t i = 0; i < count; i++) {
		struct life_totals totals;

		check_drift(lives[i], true);
		assert_int_equal(life_totals(lives[i], &totals), 0);
		check_nothing_lost(lives[i]);
		check_nobody_is_open(&totals);
		life_close(lives[i]);
	}
	finish_crowd(&crowd);
}

#define MANY (LIFE_GROUPS_MAX + 1000)

/* From an address of its own, 127.2.x.y; the server closes first. */
static void connect_and_close(int listener, int number)
{
	struct sockaddr_in theirs = address_of(-1, FIRST_PORT);
	struct sockaddr_in mine = {.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x7f020000u + (unsigned int)number + 1)};
	int client = socket(AF_INET, SOCK_STREAM, 0), server;
	char byte;

	assert_int_equal(bind(client, (struct sockaddr *)&mine, sizeof(mine)), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&theirs, sizeof(theirs)), 0);
	server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	close(server);
	assert_int_equal(recv(client, &byte, 1, 0), 0);
	close(client);
}

static void check_many(struct life *life, int64_t now)
{
	struct life_group_counts others;
	struct sums sums = {.dimension = LIFE_BY_PEER};

	assert_int_equal(life_groups(life, LIFE_BY_PEER, sum_up, &sums, &others), 0);
	assert_true(sums.groups <= LIFE_GROUPS_MAX);
	assert_int_equal(sums.now + others.now, now);
	sums = (struct sums){.dimension = LIFE_BY_PROCESS};
	assert_int_equal(life_groups(life, LIFE_BY_PROCESS, sum_up, &sums, &others), 0);
	assert_int_equal(sums.now, now);
}

/* More peers than are told apart: those beyond are counted together, and none is lost in the end. */
static void more_peers_than_groups(void **state)
{
	_cleanup_socket_list_ struct socket_list list = SOCKET_LIST_INIT;
	struct crowd crowd;
	struct error err;
	struct diag diag;
	struct life *life;

	(void)state;
	start(&crowd);
	life = open_or_fail();
	for (int i = 0; i < MANY; i++)
		connect_and_close(crowd.listeners[0], i);
	check_many(life, MANY);
	check_drift(life, true);
	assert_int_equal(diag_open(&diag, &err), 0);
	assert_int_equal(socket_list_read(&list, &diag, DIAG_STATE(TCP_STATE_TIME_WAIT), &err), 0);
	assert_int_equal(list.count, MANY);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(diag_destroy(&diag, &list.sockets[i], &err), 0);
	diag_close(&diag);
	/* Twice: groups with nothing are forgotten after the first. */
	check_many(life, 0);
	check_many(life, 0);
	for (int i = 0; i < MANY; i++)
		connect_and_close(crowd.listeners[0], i + MANY);
	check_many(life, MANY);
	check_drift(life, true);
	check_nothing_lost(life);
	life_close(life);
	finish_crowd(&crowd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_closer_is_known),
		cmocka_unit_test(counts_begun_under_load),
		cmocka_unit_test(more_peers_than_groups),
	};

	if (geteuid() != 0) {
		printf("1..0 # SKIP BPF needs root\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
