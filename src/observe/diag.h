/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_DIAG_H
#define OBSERVE_DIAG_H

/*
 * The TCP sockets of a network namespace, as NETLINK_SOCK_DIAG tells them: every state,
 * requests and TIME_WAIT minisockets included. Needs no privilege. The namespace is the one
 * that diag_open() was called in. See sock_diag(7).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/netlink.h"
#include "observe/filter.h"
#include "tcp/endpoint.h"
#include "tcp/state.h"

/* What the kernel's idiag_timer says. */
enum diag_timer {
	DIAG_TIMER_NONE = 0,
	DIAG_TIMER_ON = 1, /* retransmission, also of a SYN,ACK */
	DIAG_TIMER_KEEPALIVE = 2,
	DIAG_TIMER_TIMEWAIT = 3,
	DIAG_TIMER_PERSIST = 4, /* probing a zero window */
};

/* "none", "on", "keepalive", "timewait", "persist": as netstat -o, but for netstat's "off". */
const char *diag_timer_name(enum diag_timer timer);

struct diag_socket {
	struct endpoint local, peer;
	enum tcp_state state; /* a request reads SYN_RECV; an orphaned FIN_WAIT2 FIN_WAIT2 */
	enum diag_timer timer;
	uint32_t timer_ms;        /* until it fires; 0 for DIAG_TIMER_NONE */
	uint32_t retransmissions; /* or probes sent without an answer */
	uint32_t receive_queue;   /* bytes unread; for LISTEN: connections not yet accepted */
	uint32_t send_queue;      /* bytes unacknowledged; for LISTEN: the backlog */
	uint32_t uid;
	uint32_t inode;  /* 0 for requests, TIME_WAIT and what no process holds */
	uint64_t cookie; /* names the socket for its whole life, TIME_WAIT included */
	bool is_v6only;  /* IPV6_V6ONLY; told of LISTEN and BOUND alone */
};

/* TIME_WAIT, or FIN_WAIT2 that no process holds: the kernel keeps but the addresses of it, and a timer. */
static inline bool diag_is_minisocket(const struct diag_socket *socket)
{
	return socket->state == TCP_STATE_TIME_WAIT ||
	       (socket->state == TCP_STATE_FIN_WAIT2 && socket->timer == DIAG_TIMER_TIMEWAIT);
}

/* State masks: bit n is enum tcp_state n. */
#define DIAG_STATE(state) (UINT32_C(1) << (state))
/* Every state a connection or listener can be in: what the lab watches. */
#define DIAG_LIVE_STATES (0x1ffeu & ~DIAG_STATE(TCP_STATE_CLOSED))
/* And bound sockets that do not listen (kernel 6.8 and later; older ones leave them out). */
#define DIAG_ALL_STATES (DIAG_LIVE_STATES | DIAG_STATE(TCP_STATE_BOUND))

struct diag {
	struct netlink netlink;
	bool has_no_legacy; /* one request a family, since the one for both was refused */
};

int diag_open(struct diag *diag, struct error *err);
void diag_close(struct diag *diag);

/* Called for each socket; the socket lives for the call alone. Returns 0, or a negative errno,
 * which ends the dump's delivery and becomes diag_dump()'s result. */
typedef int diag_each(void *context, const struct diag_socket *socket);

/*
 * Dumps IPv4 and IPv6 together, in the kernel's hash order. Not a snapshot: under change
 * rows may be missed or doubled (drop doubles by cookie).
 */
int diag_dump(
	struct diag *diag, uint32_t states, diag_each *each, void *context, struct error *err);

/* What a dump is to have. */
struct diag_query {
	uint32_t states;
	const struct filter *filter; /* NULL: whatever their addresses */
};

/* What `each` of diag_stream() may also return: no more is wanted. */
#define DIAG_ENOUGH 1

/*
 * The same for hundreds of thousands: the kernel's answer is taken by a thread of its own (which takes no
 * signals) while `each` is called on the caller's. Returns 0; DIAG_ENOUGH when `each` did, and then the dump is
 * broken off and *diag can but be closed; or a negative errno.
 */
int diag_stream(struct diag *diag, const struct diag_query *query, diag_each *each, void *context,
	struct error *err);

/* SOCK_DESTROY: ends the socket as if by ABORT. Needs CAP_NET_ADMIN in its namespace.
 * -ENOENT when it is gone already. */
int diag_destroy(struct diag *diag, const struct diag_socket *socket, struct error *err);

#endif
