/* SPDX-License-Identifier: BSD-2-Clause */

/* The words themselves. */

#include "base/i18n.h"
#include "observe/diag.h"
#include "scenario/vocabulary.h"

static const struct vocabulary_word lines[] = {
	{"server", FIRST_SERVER, SUBJECT_NONE, "server[.NAME] ACTION",
		N_("an action of the server, left in the diagram"), "server listen 13"},
	{"client", FIRST_CLIENT, SUBJECT_NONE, "client[.NAME] ACTION",
		N_("an action of the client, right in the diagram"), "client connect server:13"},
	{"wire", FIRST_WIRE, SUBJECT_NONE, "wire VERB ...",
		N_("something done to the packets between the hosts"), "wire hold FIN"},
	{"expect", FIRST_EXPECT, SUBJECT_NONE, "expect ...",
		N_("a question to what happened; the scenario fails where the answer is no"),
		"expect server TIME_WAIT, client CLOSED"},
	{"sleep", FIRST_SLEEP, SUBJECT_NONE, "sleep DURATION",
		N_("lets real time pass; never to wait for an event"), "sleep 100ms"},
	{"slow", FIRST_SLOW, SUBJECT_NONE, "slow",
		N_("marks the scenario as slow: it is run only with --slow"), "slow"},
};

static const struct vocabulary_word actions[] = {
	{"listen", STEP_LISTEN, SUBJECT_LISTENER,
		"HOST[.NAME] listen PORT [backlog N] [with OPT...]",
		N_("passive open: socket, bind, listen; NAME defaults to `listener`"),
		"server listen 13 backlog 1 with reuseaddr"},
	{"connect", STEP_CONNECT, SUBJECT_END,
		"HOST[.NAME] connect HOST:PORT [from PORT] [with OPT...]",
		N_("active open to the other host; `from` binds the port first, `from 0` any"),
		"client.second connect server:13 from 40000"},
	{"accept", STEP_ACCEPT, SUBJECT_LISTENER, "HOST[.LISTENER] accept",
		N_("takes the next connection of the listener; its name is the one its other end "
		   "has"),
		"server accept"},
	{"send", STEP_SEND, SUBJECT_END, "HOST[.NAME] send \"TEXT\" | send N bytes",
		N_("sends the text, or so many bytes"), "server send \"Sun Jun  5 2022\\r\\n\""},
	{"recv", STEP_RECV, SUBJECT_END,
		"HOST[.NAME] recv \"TEXT\" | recv N bytes | recv eof | recv",
		N_("reads just this text, so many bytes, or the end of the stream; alone it reads "
		   "what is there and never blocks"),
		"client recv eof"},
	{"shutdown", STEP_SHUTDOWN, SUBJECT_END, "HOST[.NAME] shutdown read|write|both",
		N_("ends one direction, or both, and keeps the socket"), "client shutdown write"},
	{"close", STEP_CLOSE, SUBJECT_END, "HOST[.NAME] close",
		N_("closes the socket; abandons what is pending on it"), "server close"},
	{"set", STEP_SET, SUBJECT_END, "HOST[.NAME] set OPT...",
		N_("sets options on the socket; abandons what is pending on it"),
		"server set linger=0 nodelay"},
	{"destroy", STEP_DESTROY, SUBJECT_END, "HOST[.NAME] destroy",
		N_("SOCK_DESTROY: ends the socket from outside, as `ss -K` does"),
		"server destroy"},
	{"crash", STEP_CRASH, SUBJECT_HOST, "HOST crash",
		N_("every socket of the host vanishes, and no packet leaves"), "server crash"},
	{"sysctl", STEP_SYSCTL, SUBJECT_HOST, "HOST sysctl NAME=VALUE",
		N_("sets a sysctl of that host alone; where this kernel lacks NAME, the scenario "
		   "is skipped"),
		"client sysctl net.ipv4.ip_local_port_range=50000 50000"},
	{"run", STEP_RUN, SUBJECT_HOST, "HOST run PROGRAM ARG...",
		N_("starts a real program on that host, one at a time"),
		"client run daytime server"},
	{"wait", STEP_WAIT, SUBJECT_HOST, "HOST wait [status N]",
		N_("until the program ends, 10 s at most; its exit status is 0 unless said"),
		"client wait status 1"},
	{"signal", STEP_SIGNAL, SUBJECT_HOST, "HOST signal SIG",
		N_("sends a signal to the program, by name or number"), "server signal TERM"},
};

static const struct vocabulary_word clauses[] = {
	{"backlog", CLAUSE_BACKLOG, SUBJECT_NONE, "backlog N",
		N_("of listen: the second argument of listen(); N + 1 connections fit"),
		"server listen 13 backlog 0"},
	{"from", CLAUSE_FROM, SUBJECT_NONE, "from PORT, from HOST[.NAME]",
		N_("of connect: the local port; of packets: who sent them"),
		"client connect server:13 from 0"},
	{"with", CLAUSE_WITH, SUBJECT_NONE, "with OPT...",
		N_("of listen and connect: options set before bind()"),
		"client connect server:13 with bind_no_port"},
	{"fails", CLAUSE_FAILS, SUBJECT_NONE, "fails ERRNO",
		N_("of any action of a host: it must fail, and with just that errno"),
		"server listen 13 fails EADDRINUSE"},
	{"times", CLAUSE_TIMES, SUBJECT_NONE, "N times",
		N_("of drop and duplicate: for so many packets; of `expect wire`: just so many"),
		"wire drop SYN 2 times"},
	{"timer", CLAUSE_TIMER, SUBJECT_NONE, "timer KIND [A..B]",
		N_("of an expected state: the socket's timer, and between what it has left"),
		"expect server TIME_WAIT timer timewait 55s..60s"},
	{"within", CLAUSE_WITHIN, SUBJECT_NONE, "within DURATION",
		N_("of every `expect` but `expect no`: it may become true until then"),
		"expect server CLOSED within 3s"},
};

static const struct vocabulary_word wires[] = {
	{"hold", STEP_WIRE_HOLD, SUBJECT_NONE, "wire hold PACKETS",
		N_("keeps matching packets from now on"), "wire hold FIN from server"},
	{"release", STEP_WIRE_RELEASE, SUBJECT_NONE, "wire release [PACKETS] | release one",
		N_("delivers what is held now, oldest first over both hosts, past all rules; ends "
		   "no rule"),
		"wire release FIN from server"},
	{"drop", STEP_WIRE_DROP, SUBJECT_NONE, "wire drop PACKETS [N times]",
		N_("loses matching packets from now on"), "wire drop SYN 1 time"},
	{"duplicate", STEP_WIRE_DUPLICATE, SUBJECT_NONE, "wire duplicate PACKETS [N times]",
		N_("delivers matching packets twice from now on"), "wire duplicate FIN 1 time"},
	{"pass", STEP_WIRE_PASS, SUBJECT_NONE, "wire pass",
		N_("ends all rules and delivers what is held"), "wire pass"},
	{"inject", STEP_WIRE_INJECT, SUBJECT_NONE,
		"wire inject PACKETS [N bytes] [seq +N|-N] [ack +N|-N] [ts +N|-N]",
		N_("a crafted packet, by default the next one its receiver expects, moved by the "
		   "offsets said"),
		"wire inject RST from client seq +1"},
};

static const struct vocabulary_word expectations[] = {
	{"", STEP_EXPECT_STATES, SUBJECT_END,
		"expect END STATE [timer KIND [A..B]], END STATE... [within DURATION]",
		N_("the ends are in these states now, with this timer where one is said"),
		"expect server TIME_WAIT timer timewait 55s..60s, client CLOSED"},
	{"went", STEP_EXPECT_WENT, SUBJECT_END, "expect END went STATE > STATE > ...",
		N_("the end went straight from each state to the next, at some time"),
		"expect server went FIN_WAIT1 > CLOSING > TIME_WAIT"},
	{"pending", STEP_EXPECT_PENDING, SUBJECT_END, "expect END pending",
		N_("its last action still waits"), "expect client pending"},
	{"done", STEP_EXPECT_DONE, SUBJECT_END, "expect END done",
		N_("its last action does not wait any more"), "expect client done"},
	{"count", STEP_EXPECT_COUNT, SUBJECT_HOST, "expect HOST count STATE N",
		N_("just so many sockets of the host are in this state"),
		"expect server count TIME_WAIT 1"},
	{"counter", STEP_EXPECT_COUNTER, SUBJECT_HOST, "expect HOST counter NAME +N",
		N_("a counter of /proc/net/netstat or snmp has grown by just so much since the "
		   "last line for it, or the start"),
		"expect server counter TCPTimeWaitOverflow +1"},
	{"listening", STEP_EXPECT_LISTENING, SUBJECT_HOST,
		"expect HOST listening PORT [within DURATION]",
		N_("somebody listens on the port: for programs that take a moment to start"),
		"expect server listening 13 within 5s"},
	{"output", STEP_EXPECT_OUTPUT, SUBJECT_HOST, "expect HOST output \"TEXT\"",
		N_("what the program has printed so far contains the text"),
		"expect client output \"2022\""},
	{"wire", STEP_EXPECT_WIRE, SUBJECT_NONE, "expect wire PACKETS [N times] [within DURATION]",
		N_("such packets were sent since the group before: at least one, or just so many"),
		"expect wire FIN from server 1 time"},
	{"no", STEP_EXPECT_NO, SUBJECT_NONE, "expect no PACKETS",
		N_("no such packet was sent since the group before"), "expect no RST"},
};

static const struct vocabulary_word options[] = {
	{"reuseaddr", OPTION_REUSEADDR, SUBJECT_NONE, "reuseaddr",
		N_("SO_REUSEADDR: a port in TIME_WAIT is no obstacle to bind()"),
		"server listen 13 with reuseaddr"},
	{"reuseport", OPTION_REUSEPORT, SUBJECT_NONE, "reuseport",
		N_("SO_REUSEPORT: several sockets of one user share a port"),
		"server listen 13 with reuseport"},
	{"nodelay", OPTION_NODELAY, SUBJECT_NONE, "nodelay",
		N_("TCP_NODELAY: Nagle's algorithm off (RFC 9293 section 3.7.4)"),
		"client set nodelay"},
	{"bind_no_port", OPTION_BIND_NO_PORT, SUBJECT_NONE, "bind_no_port",
		N_("IP_BIND_ADDRESS_NO_PORT: bind() leaves the choice of the port to connect()"),
		"client connect server:13 from 0 with bind_no_port"},
	{"linger", OPTION_LINGER, SUBJECT_NONE, "linger=SECONDS",
		N_("SO_LINGER: close() waits for the last ACK so long; 0: close() sends RST"),
		"server set linger=0"},
	{"linger2", OPTION_LINGER2, SUBJECT_NONE, "linger2=SECONDS|-1",
		N_("TCP_LINGER2: how long an orphan stays in FIN_WAIT2; -1: not at all"),
		"server set linger2=3s"},
	{"keepalive", OPTION_KEEPALIVE, SUBJECT_NONE, "keepalive=IDLE[,INTERVAL,COUNT]",
		N_("SO_KEEPALIVE with its times in seconds (default IDLE,IDLE,3)"),
		"server set keepalive=1,1,2"},
	{"user_timeout", OPTION_USER_TIMEOUT, SUBJECT_NONE, "user_timeout=DURATION",
		N_("TCP_USER_TIMEOUT: how long data may stay unacknowledged (RFC 5482)"),
		"client set user_timeout=2s"},
	{"rcvbuf", OPTION_RCVBUF, SUBJECT_NONE, "rcvbuf=BYTES",
		N_("SO_RCVBUF: bytes to receive into; the kernel doubles it"),
		"server listen 13 with rcvbuf=4096"},
	{"sndbuf", OPTION_SNDBUF, SUBJECT_NONE, "sndbuf=BYTES",
		N_("SO_SNDBUF: bytes to send from; the kernel doubles it"),
		"client set sndbuf=4096"},
};

static const struct vocabulary_word packets[] = {
	{"SYN", WIRE_SYN, SUBJECT_NONE, "SYN", N_("SYN without ACK"), "wire hold SYN"},
	{"SYN,ACK", WIRE_SYN_ACK, SUBJECT_NONE, "SYN,ACK", N_("both SYN and ACK"),
		"wire hold SYN,ACK from server"},
	{"ACK", WIRE_ACK, SUBJECT_NONE, "ACK",
		N_("ACK and nothing else: neither data nor another flag that ends or opens"),
		"wire drop ACK from client 1 time"},
	{"FIN", WIRE_FIN, SUBJECT_NONE, "FIN", N_("every segment that carries FIN"),
		"wire hold FIN"},
	{"RST", WIRE_RST, SUBJECT_NONE, "RST", N_("every segment that carries RST"),
		"expect no RST"},
	{"DATA", WIRE_DATA, SUBJECT_NONE, "DATA", N_("every segment that carries data"),
		"expect wire DATA from server"},
	{"ZERO", WIRE_ZERO, SUBJECT_NONE, "ZERO", N_("any segment with window 0"),
		"expect wire ZERO from client"},
	{"ANY", WIRE_ANY, SUBJECT_NONE, "ANY", N_("any segment; cannot be injected"),
		"wire drop ANY from server"},
};

static const struct vocabulary_word states[] = {
	{"LISTEN", TCP_STATE_LISTEN, SUBJECT_NONE, "LISTEN", N_("a listener's only state"),
		"expect server.listener LISTEN"},
	{"SYN_SENT", TCP_STATE_SYN_SENT, SUBJECT_NONE, "SYN_SENT", N_("SYN sent, no answer yet"),
		"expect client SYN_SENT"},
	{"SYN_RECV", TCP_STATE_SYN_RECV, SUBJECT_NONE, "SYN_RECV",
		N_("SYN received and answered; requests that have no socket yet count too"),
		"expect server SYN_RECV"},
	{"ESTABLISHED", TCP_STATE_ESTABLISHED, SUBJECT_NONE, "ESTABLISHED",
		N_("open in both directions"), "expect server ESTABLISHED, client ESTABLISHED"},
	{"FIN_WAIT1", TCP_STATE_FIN_WAIT1, SUBJECT_NONE, "FIN_WAIT1",
		N_("closed first: FIN sent, not yet acknowledged"), "expect server FIN_WAIT1"},
	{"FIN_WAIT2", TCP_STATE_FIN_WAIT2, SUBJECT_NONE, "FIN_WAIT2",
		N_("FIN acknowledged, the other end's yet to come; minisockets count too"),
		"expect server FIN_WAIT2"},
	{"CLOSE_WAIT", TCP_STATE_CLOSE_WAIT, SUBJECT_NONE, "CLOSE_WAIT",
		N_("FIN received; the program here has not closed yet"),
		"expect client CLOSE_WAIT"},
	{"CLOSING", TCP_STATE_CLOSING, SUBJECT_NONE, "CLOSING",
		N_("both closed at once: FIN received, its own not yet acknowledged"),
		"expect server CLOSING, client CLOSING"},
	{"LAST_ACK", TCP_STATE_LAST_ACK, SUBJECT_NONE, "LAST_ACK",
		N_("closed second: FIN sent, not yet acknowledged"), "expect client LAST_ACK"},
	{"TIME_WAIT", TCP_STATE_TIME_WAIT, SUBJECT_NONE, "TIME_WAIT",
		N_("both FINs acknowledged; waits for stray segments to die"),
		"expect server TIME_WAIT"},
	{"CLOSED", TCP_STATE_CLOSED, SUBJECT_NONE, "CLOSED",
		N_("no socket: not yet, not any more, or not at all"), "expect client CLOSED"},
};

static const struct vocabulary_word timers[] = {
	{"none", DIAG_TIMER_NONE, SUBJECT_NONE, "timer none", N_("no timer runs; takes no range"),
		"expect server FIN_WAIT2 timer none"},
	{"on", DIAG_TIMER_ON, SUBJECT_NONE, "timer on [A..B]",
		N_("retransmission: something sent is not acknowledged yet"),
		"expect client SYN_SENT timer on"},
	{"keepalive", DIAG_TIMER_KEEPALIVE, SUBJECT_NONE, "timer keepalive [A..B]",
		N_("the next keepalive probe; of an orphan in FIN_WAIT2, its end"),
		"expect server ESTABLISHED timer keepalive 1s..3s"},
	{"timewait", DIAG_TIMER_TIMEWAIT, SUBJECT_NONE, "timer timewait [A..B]",
		N_("the rest of a minisocket's life"),
		"expect server TIME_WAIT timer timewait 55s..60s"},
	{"persist", DIAG_TIMER_PERSIST, SUBJECT_NONE, "timer persist [A..B]",
		N_("the next probe of a zero window"), "expect server ESTABLISHED timer persist"},
};

#define TABLE(words)                                                                               \
	{                                                                                          \
		words, sizeof(words) / sizeof(*(words))                                            \
	}

static const struct {
	const struct vocabulary_word *words;
	size_t count;
} tables[VOCABULARY_COUNT] = {
	[VOCABULARY_LINE] = TABLE(lines),
	[VOCABULARY_ACTION] = TABLE(actions),
	[VOCABULARY_CLAUSE] = TABLE(clauses),
	[VOCABULARY_WIRE] = TABLE(wires),
	[VOCABULARY_EXPECT] = TABLE(expectations),
	[VOCABULARY_OPTION] = TABLE(options),
	[VOCABULARY_PACKET] = TABLE(packets),
	[VOCABULARY_STATE] = TABLE(states),
	[VOCABULARY_TIMER] = TABLE(timers),
};

const struct vocabulary_word *vocabulary_words(enum vocabulary kind, size_t *ret_count)
{
	*ret_count = tables[kind].count;
	return tables[kind].words;
}
