/* SPDX-License-Identifier: BSD-2-Clause */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"

#define AWAIT_NS (10 * NS_PER_S)

static void must(int r, const struct error *err)
{
	if (r < 0)
		fail_msg("%s", err->text);
}

int rig_setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct error err = {0};

	*state = rig;
	rig->listener = rig->server = rig->client = -1;
	if (lab_open(&rig->lab, "test", getenv("RIG_IPV6"), &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	return 0;
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	fd_close(&rig->listener);
	fd_close(&rig->server);
	fd_close(&rig->client);
	lab_close(&rig->lab);
	free(rig);
	return 0;
}

void rig_settle(struct rig *rig)
{
	struct error err = {0};

	must(lab_settle(&rig->lab, &err), &err);
}

static int open_socket(struct rig *rig, enum host_id host)
{
	struct error err = {0};
	int fd = host_socket(&rig->lab.hosts[host], &rig->lab.sandbox, SOCK_STREAM, &err);

	must(fd, &err);
	return fd;
}

static socklen_t server_address(struct rig *rig, struct sockaddr_storage *address)
{
	struct endpoint server = rig->lab.hosts[HOST_SERVER].address;

	server.port = RIG_PORT;
	return endpoint_to_sockaddr(&server, address);
}

void rig_listen(struct rig *rig)
{
	struct sockaddr_storage address;
	socklen_t length = server_address(rig, &address);

	rig->listener = open_socket(rig, HOST_SERVER);
	assert_return_code(bind(rig->listener, (struct sockaddr *)&address, length), errno);
	assert_return_code(listen(rig->listener, 5), errno);
	rig_settle(rig);
}

void rig_connect(struct rig *rig)
{
	struct sockaddr_storage address;
	socklen_t length = server_address(rig, &address);

	rig->client = open_socket(rig, HOST_CLIENT);
	if (connect(rig->client, (struct sockaddr *)&address, length) < 0)
		assert_int_equal(errno, EINPROGRESS);
	rig_settle(rig);
}

void rig_accept(struct rig *rig)
{
	rig->server = accept4(rig->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_return_code(rig->server, errno);
	rig_settle(rig);
}

void rig_establish(struct rig *rig)
{
	rig_listen(rig);
	rig_connect(rig);
	rig_accept(rig);
	rig_expect(rig, TCP_STATE_ESTABLISHED, TCP_STATE_ESTABLISHED);
}

void rig_send(struct rig *rig, int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	rig_settle(rig);
}

void rig_shutdown(struct rig *rig, int fd)
{
	assert_return_code(shutdown(fd, SHUT_WR), errno);
	rig_settle(rig);
}

void rig_close(struct rig *rig, int *fd)
{
	assert_return_code(close(fd_steal(fd)), errno);
	rig_settle(rig);
}

void rig_sysctl(struct rig *rig, enum host_id host, const char *name, const char *value)
{
	struct error err = {0};
	int r;

	must(sandbox_switch(rig->lab.hosts[host].netns_fd, &err), &err);
	r = sandbox_sysctl(name, value);
	must(sandbox_switch(rig->lab.sandbox.base_netns_fd, &err), &err);
	if (r == -ENOENT)
		skip();
	assert_return_code(r, -r);
}

void rig_rule(struct rig *rig, enum wire_verb verb, enum wire_kind kind, int from, int times)
{
	struct wire_match match = {kind, from, CONNECTION_NONE};

	wire_rule(&rig->lab.wire, verb, &match, times);
}

void rig_hold(struct rig *rig, enum wire_kind kind, int from)
{
	rig_rule(rig, WIRE_HOLD, kind, from, WIRE_EVER);
}

void rig_release(struct rig *rig, enum wire_kind kind, int from)
{
	struct wire_match match = {kind, from, CONNECTION_NONE};
	struct error err = {0};

	assert_true(wire_count_held(&rig->lab.wire, &match) > 0);
	must(lab_release(&rig->lab, &match, SIZE_MAX, &err), &err);
}

static enum tcp_state state_of(const struct lab *lab, enum host_id host)
{
	return lab_state(lab, host, lab_first_connection(lab));
}

void rig_expect(struct rig *rig, enum tcp_state server, enum tcp_state client)
{
	assert_string_equal(
		tcp_state_name(state_of(&rig->lab, HOST_SERVER)), tcp_state_name(server));
	assert_string_equal(
		tcp_state_name(state_of(&rig->lab, HOST_CLIENT)), tcp_state_name(client));
}

static bool are_states(const struct lab *lab, void *context)
{
	const enum tcp_state *states = context;

	return state_of(lab, HOST_SERVER) == states[HOST_SERVER] &&
	       state_of(lab, HOST_CLIENT) == states[HOST_CLIENT];
}

void rig_await(struct rig *rig, enum tcp_state server, enum tcp_state client)
{
	enum tcp_state states[HOST_COUNT] = {server, client};
	struct error err = {0};

	if (lab_wait(&rig->lab, are_states, states, clock_deadline_ns(AWAIT_NS), NULL, &err) < 0)
		rig_expect(rig, server, client);
}

void rig_expect_went(struct rig *rig, enum host_id host, const char *states)
{
	const struct timeline *timeline = &rig->lab.timeline;
	int connection = lab_first_connection(&rig->lab);
	char went[512] = "CLOSED";

	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];
		size_t used = strlen(went);

		if (event->kind == EVENT_STATE && event->host == host &&
			event->connection == connection)
			snprintf(went + used, sizeof(went) - used, " > %s",
				tcp_state_name(event->to));
	}
	assert_string_equal(went, states);
}

size_t rig_count(const struct rig *rig, enum wire_kind kind, int from)
{
	const struct timeline *timeline = &rig->lab.timeline;
	struct wire_match match = {kind, from, CONNECTION_NONE};
	size_t count = 0;

	for (size_t i = 0; i < timeline->event_count; i++) {
		const struct event *event = &timeline->events[i];

		count += event->kind == EVENT_PACKET && !event->is_release &&
			 wire_matches(&match, event->host, event->connection, &event->segment);
	}
	return count;
}
