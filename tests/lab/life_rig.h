/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_LIFE_RIG_H
#define TESTS_LIFE_RIG_H

/*
 * For tests of observe/life.h: connections over the loopback of a network namespace of the test's own, and the
 * events that life_poll() has told. What fails ends the program with a word: assert_true() has its place in tests alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "observe/life.h"

/* A fresh network namespace with its loopback up. */
void life_rig_new_network(void);

/* Writes below /proc/sys/net/ipv4; false where this kernel has no such setting. */
bool life_rig_set(const char *name, const char *value);

struct life_rig_connection {
	int listener, server, client; /* -1 once closed */
	uint16_t server_port, client_port;
};

/* 127.0.0.1, or ::1; the client's port chosen by the kernel, or client_port where it is not 0. */
struct life_rig_connection life_rig_connect(bool ipv6, uint16_t server_port, uint16_t client_port);
void life_rig_close(int *fd);
void life_rig_reset(int *fd); /* linger of 0 seconds */
void life_rig_finish(struct life_rig_connection *connection);

/* Sends what the client sent last once more: its FIN, or with `reset` the RST that its FIN would be followed by. Taps
 * before the FIN is sent. */
struct life_rig_tap {
	int fd;
};
struct life_rig_tap life_rig_tap(void);
void life_rig_repeat_fin(
	struct life_rig_tap *tap, const struct life_rig_connection *connection, bool reset);

#define LIFE_RIG_EVENTS 4096

struct life_rig_events {
	struct life_event events[LIFE_RIG_EVENTS];
	size_t count;
};

/*
 * Polls until there is an event of this kind and cause at the local port (0: any), so many seconds at most. NULL when none
 * came: then all that did are printed to stderr.
 */
const struct life_event *life_rig_await(struct life *life, struct life_rig_events *events,
	enum life_kind kind, enum life_cause cause, uint16_t local_port, int seconds);

/* Polls once, for 100 ms at most; the last event at that local port, or NULL. */
void life_rig_collect(struct life *life, struct life_rig_events *events);
const struct life_event *life_rig_last(const struct life_rig_events *events, uint16_t local_port);

#endif
