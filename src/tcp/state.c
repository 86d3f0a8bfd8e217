/* SPDX-License-Identifier: BSD-2-Clause */
#include "tcp/state.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static const char *const names[TCP_STATE_COUNT] = {
	[TCP_STATE_UNKNOWN] = "UNKNOWN",
	[TCP_STATE_ESTABLISHED] = "ESTABLISHED",
	[TCP_STATE_SYN_SENT] = "SYN_SENT",
	[TCP_STATE_SYN_RECV] = "SYN_RECV",
	[TCP_STATE_FIN_WAIT1] = "FIN_WAIT1",
	[TCP_STATE_FIN_WAIT2] = "FIN_WAIT2",
	[TCP_STATE_TIME_WAIT] = "TIME_WAIT",
	[TCP_STATE_CLOSED] = "CLOSED",
	[TCP_STATE_CLOSE_WAIT] = "CLOSE_WAIT",
	[TCP_STATE_LAST_ACK] = "LAST_ACK",
	[TCP_STATE_LISTEN] = "LISTEN",
	[TCP_STATE_CLOSING] = "CLOSING",
	[TCP_STATE_NEW_SYN_RECV] = "SYN_RECV",
	[TCP_STATE_BOUND] = "BOUND",
};

/* What others call the same states, letters alone: dashes and underscores do not count. */
static const struct {
	const char *letters;
	enum tcp_state state;
} aliases[] = {
	{"ESTAB", TCP_STATE_ESTABLISHED},    /* ss */
	{"SYNRECEIVED", TCP_STATE_SYN_RECV}, /* RFC 9293 */
	{"CLOSE", TCP_STATE_CLOSED},         /* the kernel */
	{"UNCONN", TCP_STATE_CLOSED},        /* ss */
	{"LISTENING", TCP_STATE_LISTEN},     /* ss */
	{"BOUNDINACTIVE", TCP_STATE_BOUND},  /* ss */
};

/*
 * RFC 9293, figure 5, read from the top. FIN_WAIT1 > TIME_WAIT is no arrow of its own
 * there but note 2 beside it: a FIN that arrives together with the ACK of ours.
 */
static const struct tcp_transition transitions[] = {
	{TCP_STATE_CLOSED, TCP_STATE_LISTEN, "passive OPEN", "create TCB", NULL},
	{TCP_STATE_LISTEN, TCP_STATE_CLOSED, "CLOSE", "delete TCB", NULL},
	{TCP_STATE_CLOSED, TCP_STATE_SYN_SENT, "active OPEN", "create TCB, snd SYN", NULL},
	{TCP_STATE_SYN_SENT, TCP_STATE_CLOSED, "CLOSE", "delete TCB", NULL},
	{TCP_STATE_LISTEN, TCP_STATE_SYN_RECV, "rcv SYN", "snd SYN,ACK", NULL},
	{TCP_STATE_LISTEN, TCP_STATE_SYN_SENT, "SEND", "snd SYN",
		"the sockets API has no SEND on a listener: send() says ENOTCONN or EPIPE"},
	{TCP_STATE_SYN_RECV, TCP_STATE_LISTEN, "rcv RST", "", NULL},
	{TCP_STATE_SYN_SENT, TCP_STATE_SYN_RECV, "rcv SYN", "snd SYN,ACK", NULL},
	{TCP_STATE_SYN_RECV, TCP_STATE_ESTABLISHED, "rcv ACK of SYN", "", NULL},
	{TCP_STATE_SYN_SENT, TCP_STATE_ESTABLISHED, "rcv SYN,ACK", "snd ACK", NULL},
	{TCP_STATE_SYN_RECV, TCP_STATE_FIN_WAIT1, "CLOSE", "snd FIN", NULL},
	{TCP_STATE_ESTABLISHED, TCP_STATE_FIN_WAIT1, "CLOSE", "snd FIN", NULL},
	{TCP_STATE_ESTABLISHED, TCP_STATE_CLOSE_WAIT, "rcv FIN", "snd ACK", NULL},
	{TCP_STATE_FIN_WAIT1, TCP_STATE_FIN_WAIT2, "rcv ACK of FIN", "", NULL},
	{TCP_STATE_FIN_WAIT1, TCP_STATE_CLOSING, "rcv FIN", "snd ACK", NULL},
	{TCP_STATE_FIN_WAIT1, TCP_STATE_TIME_WAIT, "rcv FIN,ACK of FIN", "snd ACK", NULL},
	{TCP_STATE_CLOSE_WAIT, TCP_STATE_LAST_ACK, "CLOSE", "snd FIN", NULL},
	{TCP_STATE_FIN_WAIT2, TCP_STATE_TIME_WAIT, "rcv FIN", "snd ACK", NULL},
	{TCP_STATE_CLOSING, TCP_STATE_TIME_WAIT, "rcv ACK of FIN", "", NULL},
	{TCP_STATE_LAST_ACK, TCP_STATE_CLOSED, "rcv ACK of FIN", "", NULL},
	{TCP_STATE_TIME_WAIT, TCP_STATE_CLOSED, "timeout 2MSL", "delete TCB", NULL},
};

const char *tcp_state_name(enum tcp_state state)
{
	if ((unsigned int)state >= TCP_STATE_COUNT)
		return names[TCP_STATE_UNKNOWN];
	return names[state];
}

/* Compares letters and digits alone, so that TIME_WAIT, time-wait and TIME-WAIT are one. */
static bool same_letters(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == '-' || *a == '_')
			a++;
		while (*b == '-' || *b == '_')
			b++;
		if (toupper((unsigned char)*a) != toupper((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

int tcp_state_parse(const char *name, enum tcp_state *ret_state)
{
	for (int state = TCP_STATE_ESTABLISHED; state < TCP_STATE_COUNT; state++) {
		if (same_letters(name, names[state])) {
			*ret_state = (enum tcp_state)state;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++) {
		if (same_letters(name, aliases[i].letters)) {
			*ret_state = aliases[i].state;
			return 0;
		}
	}
	return -EINVAL;
}

enum tcp_state tcp_state_fold(enum tcp_state state)
{
	return state == TCP_STATE_NEW_SYN_RECV ? TCP_STATE_SYN_RECV : state;
}

const struct tcp_transition *tcp_transitions(size_t *ret_count)
{
	*ret_count = sizeof(transitions) / sizeof(*transitions);
	return transitions;
}

bool tcp_state_can_follow(enum tcp_state from, enum tcp_state to)
{
	from = tcp_state_fold(from);
	to = tcp_state_fold(to);
	/* RST, ABORT, a timeout and SOCK_DESTROY end a connection from anywhere. */
	if (to == TCP_STATE_CLOSED)
		return from != TCP_STATE_CLOSED;
	for (size_t i = 0; i < sizeof(transitions) / sizeof(*transitions); i++) {
		if (transitions[i].from == from && transitions[i].to == to)
			return !transitions[i].absent;
	}
	return false;
}
