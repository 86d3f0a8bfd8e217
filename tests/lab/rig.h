/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TESTS_LAB_RIG_H
#define TESTS_LAB_RIG_H

/*
 * A laboratory for a test, and plain sockets on its hosts: each call is made, then everything
 * that can move moves. Any failure of the rig itself fails the test with the reason.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/lab.h"

#define RIG_PORT 13

struct rig {
	struct lab lab;
	int listener, server, client; /* -1 where closed */
};

/* cmocka fixtures: *state is a struct rig. The laboratory is IPv6 where RIG_IPV6 is set. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Both fixtures, for a table of tests. */
#define rig_test(function) cmocka_unit_test_setup_teardown(function, rig_setup, rig_teardown)

void rig_settle(struct rig *rig);
void rig_listen(struct rig *rig);

/* Starts the client's active open; it completes when the wire lets it. */
void rig_connect(struct rig *rig);

/* listen, connect, accept: both ends ESTABLISHED. */
void rig_establish(struct rig *rig);

void rig_accept(struct rig *rig);
void rig_send(struct rig *rig, int fd, const char *text);
void rig_shutdown(struct rig *rig, int fd);
void rig_close(struct rig *rig, int *fd);

/* Writes a sysctl of one host; skips the test where this kernel has no such sysctl. */
void rig_sysctl(struct rig *rig, enum host_id host, const char *name, const char *value);

/* Rules and releases, by kind and sender (HOST_COUNT: both). */
void rig_hold(struct rig *rig, enum wire_kind kind, int from);
void rig_rule(struct rig *rig, enum wire_verb verb, enum wire_kind kind, int from, int times);
void rig_release(struct rig *rig, enum wire_kind kind, int from);

/* Waits for both ends to be in these states: at once, or with a deadline of some seconds. */
void rig_expect(struct rig *rig, enum tcp_state server, enum tcp_state client);
void rig_await(struct rig *rig, enum tcp_state server, enum tcp_state client);

/* The states the end of the first connection has been through, "CLOSED > SYN_SENT > ...". */
void rig_expect_went(struct rig *rig, enum host_id host, const char *states);

/* How many packets of the kind the host has sent, held and dropped ones included. */
size_t rig_count(const struct rig *rig, enum wire_kind kind, int from);

#endif
