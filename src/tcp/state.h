/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TCP_STATE_H
#define TCP_STATE_H

/*
 * The states of a TCP connection (RFC 9293 section 3.3.2) and the ways between them
 * (figure 5): the one table everything else asks. Pure: no system call, no allocation.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The numbers are the kernel's (include/net/tcp_states.h), part of its sock_diag ABI. */
enum tcp_state {
	TCP_STATE_UNKNOWN = 0,
	TCP_STATE_ESTABLISHED = 1,
	TCP_STATE_SYN_SENT = 2,
	TCP_STATE_SYN_RECV = 3, /* a full socket; before 4.4 also a request */
	TCP_STATE_FIN_WAIT1 = 4,
	TCP_STATE_FIN_WAIT2 = 5,
	TCP_STATE_TIME_WAIT = 6,
	TCP_STATE_CLOSED = 7,
	TCP_STATE_CLOSE_WAIT = 8,
	TCP_STATE_LAST_ACK = 9,
	TCP_STATE_LISTEN = 10,
	TCP_STATE_CLOSING = 11,
	TCP_STATE_NEW_SYN_RECV = 12, /* a request socket: the client's ACK is yet to come */
	TCP_STATE_BOUND = 13,        /* bound, neither listening nor connected (6.8+) */
	TCP_STATE_COUNT,
};

/* As netstat prints it. NEW_SYN_RECV reads SYN_RECV; what the kernel made up since reads UNKNOWN. */
const char *tcp_state_name(enum tcp_state state);

/* Reads netstat's spelling, ss's ("time-wait", "estab") and the RFC's ("TIME-WAIT"), in any
 * case. 0, or -EINVAL with *ret_state untouched. */
int tcp_state_parse(const char *name, enum tcp_state *ret_state);

/* One for both kinds of SYN_RECV; every other state is itself. */
enum tcp_state tcp_state_fold(enum tcp_state state);

/* What makes a connection move, as figure 5 labels its arrows. */
struct tcp_transition {
	enum tcp_state from, to;
	const char *event;  /* "rcv SYN", "passive OPEN": what happens */
	const char *action; /* "snd SYN,ACK": what TCP does about it; "" for nothing */
	const char *absent; /* why Linux has no such transition; NULL where it has */
};

/* Every arrow of figure 5, in the order of the figure; *ret_count how many. */
const struct tcp_transition *tcp_transitions(size_t *ret_count);

/* May a connection go straight from one state to the other, by figure 5 or by RST or abort? */
bool tcp_state_can_follow(enum tcp_state from, enum tcp_state to);

#endif
