/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_SOCKETS_BPF_H
#define OBSERVE_LIFE_SOCKETS_BPF_H

/*
 * Part of life.bpf.c: what a change of a full socket's state means.
 */

#include "observe/life_process.bpf.h"
#include "observe/life_tally.bpf.h"
#include "observe/life_tell.bpf.h"

/* With --pid: is this one of the process' connections? Known from its first act on. */
static __always_inline bool is_theirs(uint64_t cookie)
{
	return !setup.pid || bpf_map_lookup_elem(&theirs, &cookie);
}

static __always_inline void note_theirs(uint64_t cookie)
{
	uint8_t one = 1;

	if (setup.pid && current_process() == setup.pid)
		bpf_map_update_elem(&theirs, &cookie, &one, BPF_ANY);
}

/* Does a process do this itself, in a system call? Everything else comes with a packet or by a timer, and current is whoever
 * was interrupted. */
static __always_inline bool is_own_act(int from, int to)
{
	return to == SYN_SENT || to == LISTEN || from == LISTEN || to == FIN_WAIT1 ||
	       to == LAST_ACK;
}

/* A listener's, which has the listener's cookie still, and no tuple. */
static __always_inline bool is_child(int from, int to)
{
	return from == LISTEN && to == SYN_RECV;
}

/* Would this end have had a TIME_WAIT? It closed, or the connection was whole and nobody had. */
static __always_inline bool could_wait(int from)
{
	return from == ESTABLISHED || from == FIN_WAIT1 || from == FIN_WAIT2 || from == CLOSING;
}

/* close() with linger 0, or over unread bytes, or that of a listener: the state changes before there is an error. What comes
 * from outside sets an error first. */
static __always_inline bool is_reset_by_process(const struct sock *sk, int from)
{
	return from == ESTABLISHED && !sk->sk_err;
}

/* The running kernel says its own number of the flag. */
#define HAS_FLAG(sk, flag)                                                                         \
	((sk)->__sk_common.skc_flags >> bpf_core_enum_value(enum sock_flags, flag) & 1)

static __always_inline uint8_t why_not_born(
	const struct sock *sk, const struct tcp_sock *tcp, int from)
{
	const struct inet_timewait_death_row *row;
	uint32_t limit;

	if (sk->sk_err == ERROR_TIMED_OUT)
		return LIFE_UNKNOWN;
	if (sk->sk_err)
		return LIFE_RESET;
	/* Also after shutdown(). But with the peer's FIN there was to be a TIME_WAIT, whatever close() will do. */
	if (HAS_FLAG(sk, SOCK_LINGER) && !sk->sk_lingertime && !HAS_FLAG(sk, SOCK_DONE))
		return LIFE_LINGER;
	if (from == ESTABLISHED)
		return LIFE_RESET;
	row = &sk->__sk_common.skc_net.net->ipv4.tcp_death_row;
	limit = (uint32_t)row->sysctl_max_tw_buckets;
	/* The kernel looked a moment ago: some may have gone since. */
	if (tcp->linger2 >= 0 && (uint32_t)row->tw_refcount.refs.counter - 1 >= limit - limit / 64)
		return LIFE_BUCKET_OVERFLOW;
	return LIFE_RESET;
}

/* A socket is closed: its minisocket has taken over, or it had none. Returns whether that tells it all. */
static __always_inline bool close_socket(
	const struct sock *sk, const struct tcp_sock *tcp, const struct identity *id, int from)
{
	struct life_entry none = {}, *entry = NULL;
	uint8_t cause;

	if (from != ESTABLISHED)
		entry = bpf_map_lookup_elem(&lives, &id->cookie);
	if (entry && entry->flags & LIFE_LIVES)
		return true;
	/* Its birth may have come just before timers were watched: read_minisocket() will find it. */
	if (entry && shared.is_reading)
		return false;
	cause = why_not_born(sk, tcp, from);
	if (is_reset_by_process(sk, from)) {
		take_current(&none);
		note_theirs(id->cookie);
	}
	if (setup.has_counts)
		COUNT(not_born_by[below_16(cause)], 1);
	if (setup.has_events && is_theirs(id->cookie))
		tell(id, entry ? entry : &none, LIFE_NOT_BORN, (uint8_t)from, cause, 0);
	if (entry)
		bpf_map_delete_elem(&lives, &id->cookie);
	return false;
}

/* FIN_WAIT1: the process that closes is current. */
static __always_inline void remember_closer(const struct identity *id)
{
	struct life_entry entry = {.netns = id->netns};

	take_current(&entry);
	if (setup.pid && entry.pid != setup.pid && !is_theirs(id->cookie))
		return;
	if (bpf_map_update_elem(&lives, &id->cookie, &entry, BPF_ANY))
		COUNT(untracked, 1);
}

static __always_inline void tell_state(const struct identity *id, int from, int to)
{
	struct life_entry entry = {};
	struct identity copy = *id;

	if (!setup.has_events || setup.has_no_states || !is_theirs(id->cookie))
		return;
	if (!is_own_act(from, to)) {
		tell_brief(id, (uint8_t)from, (uint8_t)to);
		return;
	}
	take_current(&entry);
	copy.substate = (uint8_t)to;
	tell(&copy, &entry, LIFE_STATE, (uint8_t)from, 0, 0);
}

static __always_inline int see_change(const struct sock *sk, int from, int to)
{
	const struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sk);
	struct identity id = {};

	if (!tcp)
		return 0;
	IDENTIFY(&sk->__sk_common, &id);
	/* An autobound port is given back before the state is told. */
	if (!id.local_port)
		id.local_port = bpf_ntohs(tcp->inet_conn.icsk_inet.inet_sport);
	if (!is_wanted(&id))
		return 0;
	id.cookie = bpf_get_socket_cookie((void *)sk);
	count_state(id.cookie, from, to);
	if (is_own_act(from, to))
		note_theirs(id.cookie);
	if (to == FIN_WAIT1)
		remember_closer(&id);
	if (to == CLOSED && could_wait(from) && close_socket(sk, tcp, &id, from))
		return 0;
	tell_state(&id, from, to);
	return 0;
}

#endif
