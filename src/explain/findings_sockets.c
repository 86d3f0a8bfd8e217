/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdlib.h>
#include <string.h>

#include "base/i18n.h"
#include "base/list.h"
#include "explain/findings_checks.h"

/* Younger than that, it is on its way: a busy server has some at any time. */
#define SETTLED_MS 3000
#define LEAKED_MS  60000
/* So many leaked ones of a process are bad, whatever else. */
#define MANY_LEAKED 10
#define MANY_HELD   1000
/* Processes shown by themselves, the worst; the rest is summed up. */
#define PROCESSES_SHOWN 8
#define MANY_UNANSWERED 100

/* The sockets of one kind that one process holds, a run of checkup->sockets; or several of those in sum. */
struct holding {
	const struct checkup_socket *first; /* NULL of a sum */
	size_t processes;
	size_t count;       /* of them all */
	size_t settled;     /* at least SETTLED_MS old */
	size_t leaked;      /* at least LEAKED_MS old */
	size_t with_end;    /* the peer's FIN not read yet */
	size_t with_unread; /* nor the data before it */
	uint64_t unread_bytes;
	uint32_t oldest_ms;
};

struct holdings {
	struct holding *holdings;
	size_t count, room;
};

uint32_t findings_unread_bytes(const struct checkup_socket *socket)
{
	uint32_t queue = socket->socket.receive_queue;

	return queue && socket->socket.state == TCP_STATE_CLOSE_WAIT ? queue - 1 : queue;
}

static bool is_settled(const struct checkup_socket *socket)
{
	return socket->has_silence && socket->silent_ms >= SETTLED_MS;
}

/* The run that begins at `at`; sockets of one kind and owner stand together. */
static struct holding hold(const struct checkup *checkup, size_t at)
{
	struct holding holding = {.first = &checkup->sockets[at], .processes = 1};

	for (size_t i = at; i < checkup->socket_count; i++) {
		const struct checkup_socket *socket = &checkup->sockets[i];

		if (socket->kind != holding.first->kind || socket->pid != holding.first->pid)
			break;
		holding.count++;
		holding.settled += is_settled(socket);
		holding.leaked += socket->has_silence && socket->silent_ms >= LEAKED_MS;
		holding.with_end += socket->socket.receive_queue > 0;
		holding.with_unread += findings_unread_bytes(socket) > 0;
		holding.unread_bytes += findings_unread_bytes(socket);
		if (socket->has_silence && socket->silent_ms > holding.oldest_ms)
			holding.oldest_ms = socket->silent_ms;
	}
	return holding;
}

static int by_weight(const void *left, const void *right)
{
	const struct holding *a = left, *b = right;

	if (a->leaked != b->leaked)
		return a->leaked > b->leaked ? -1 : 1;
	if (a->settled != b->settled)
		return a->settled > b->settled ? -1 : 1;
	if (a->with_unread != b->with_unread)
		return a->with_unread > b->with_unread ? -1 : 1;
	return a->first < b->first ? -1 : a->first > b->first;
}

/* Of that kind, by process, the worst first; those that are all on their way are left out. */
static void gather(struct holdings *holdings, const struct checkup *checkup, enum checkup_kind kind)
{
	for (size_t at = 0; at < checkup->socket_count;) {
		struct holding holding = hold(checkup, at);

		at += holding.count;
		if (holding.first->kind == kind && holding.settled)
			*list_grow(&holdings->holdings, &holdings->count, &holdings->room) =
				holding;
	}
	if (holdings->count)
		qsort(holdings->holdings, holdings->count, sizeof(*holdings->holdings), by_weight);
}

static void add_up(struct holding *sum, const struct holding *holding)
{
	sum->processes += holding->processes;
	sum->count += holding->count;
	sum->settled += holding->settled;
	sum->leaked += holding->leaked;
	sum->with_end += holding->with_end;
	sum->with_unread += holding->with_unread;
	sum->unread_bytes += holding->unread_bytes;
	if (holding->oldest_ms > sum->oldest_ms)
		sum->oldest_ms = holding->oldest_ms;
}

/* Tells of each process that holds such sockets. */
static void tell_holdings(struct findings *findings, const struct checkup *checkup,
	enum checkup_kind kind, void (*tell)(struct findings *, const struct holding *))
{
	struct holdings holdings = {0};
	struct holding rest = {0};

	gather(&holdings, checkup, kind);
	for (size_t i = 0; i < holdings.count; i++) {
		if (i < PROCESSES_SHOWN)
			tell(findings, &holdings.holdings[i]);
		else
			add_up(&rest, &holdings.holdings[i]);
	}
	if (rest.processes)
		tell(findings, &rest);
	free(holdings.holdings);
}

static void add_sockets(struct finding *finding, const struct holding *holding)
{
	for (size_t i = 0; holding->first && i < holding->count; i++)
		finding_socket(finding, &holding->first[i]);
}

static void add_owner(struct finding *finding, const struct holding *holding)
{
	if (!holding->first)
		finding_fact(finding, "processes", NULL, FACT_COUNT, (double)holding->processes);
	if (!holding->first || !holding->first->pid)
		return;
	finding_fact(finding, "pid", NULL, FACT_COUNT, holding->first->pid);
	finding_fact_text(finding, "comm", NULL, holding->first->comm);
}

static enum severity severity_of_leak(const struct holding *holding, size_t many)
{
	if (holding->leaked >= many)
		return SEVERITY_BAD;
	return holding->leaked ? SEVERITY_WARN : SEVERITY_NOTE;
}

static enum severity weigh_close_wait(const struct holding *holding)
{
	if (holding->leaked >= MANY_LEAKED || (holding->leaked && holding->with_unread) ||
		holding->settled >= MANY_HELD)
		return SEVERITY_BAD;
	if (holding->leaked || holding->with_unread)
		return SEVERITY_WARN;
	return SEVERITY_NOTE;
}

static void tell_close_wait(struct findings *findings, const struct holding *holding)
{
	const struct checkup_socket *first = holding->first;
	enum severity severity = weigh_close_wait(holding);
	struct finding *finding;

	if (!first)
		finding = finding_add(findings, severity,
			_("further processes (%zu) do not close what their peers have closed: %zu "
			  "in CLOSE_WAIT"),
			holding->processes, holding->count);
	else if (first->pid)
		finding = finding_add(findings, severity,
			_("%s (process %d) does not close what its peers have closed: %zu in "
			  "CLOSE_WAIT"),
			first->comm, (int)first->pid, holding->count);
	else
		finding = finding_add(findings, severity,
			_("a process that is not shown does not close what its peers have closed: "
			  "%zu in CLOSE_WAIT"),
			holding->count);
	add_owner(finding, holding);
	finding_fact(
		finding, "close_wait", N_("in CLOSE_WAIT"), FACT_COUNT, (double)holding->count);
	finding_fact(finding, "oldest_s", N_("the oldest since at least"), FACT_SECONDS,
		holding->oldest_ms / 1000.0);
	finding_fact(finding, "leaked", N_("for a minute or longer"), FACT_COUNT,
		(double)holding->leaked);
	finding_fact(finding, "with_end", N_("with the FIN not read"), FACT_COUNT,
		(double)holding->with_end);
	finding_fact(finding, "with_unread", N_("with data unread"), FACT_COUNT,
		(double)holding->with_unread);
	finding_fact(
		finding, "unread_bytes", N_("unread"), FACT_BYTES, (double)holding->unread_bytes);
	add_sockets(finding, holding);
	finding_mean(finding, "%s",
		_("The peer has sent its FIN and waits; the program has not called close(). The "
		  "kernel has no timer for this: it lasts until the program closes, and takes a "
		  "descriptor and memory for as long."));
	if (holding->with_end)
		finding_mean(finding, " %s",
			_("Where the FIN has not been read, the program does not even look: it is "
			  "stuck, or has forgotten the connection."));
	else
		finding_mean(finding, " %s",
			_("The FIN has been read, so recv() returns 0, and still the program does "
			  "not close."));
	finding_advise(finding, "%s",
		_("It is the program's mistake: close() after recv() has returned 0, on each path, "
		  "that of errors and timeouts too. Until it is mended: restart the program, or "
		  "end one with ss -K (it needs root)."));
}

/* The queue need not be full: clients that gave up may be all there is in it. */
static void tell_unaccepted(struct findings *findings, const struct holding *holding)
{
	enum severity severity = severity_of_leak(holding, MANY_LEAKED);
	struct finding *finding = finding_add(findings, severity,
		_("connections have not been accepted, and their peers have closed: %zu in "
		  "CLOSE_WAIT"),
		holding->count);

	finding_fact(finding, "not_accepted", N_("not yet accepted"), FACT_COUNT,
		(double)holding->count);
	finding_fact(finding, "oldest_s", N_("the oldest since at least"), FACT_SECONDS,
		holding->oldest_ms / 1000.0);
	finding_fact(finding, "leaked", N_("for a minute or longer"), FACT_COUNT,
		(double)holding->leaked);
	add_sockets(finding, holding);
	finding_mean(finding, "%s",
		_("They wait in the queue of the listener at their local port, whose program does "
		  "not call accept(). Clients were connected by the kernel, got no answer, and "
		  "have given up."));
	finding_advise(finding, "%s",
		_("See why the program does not call accept(): stuck, stopped, or too few workers. "
		  "Ending it ends them."));
}

void judge_close_wait(struct findings *findings, const struct checkup *checkup)
{
	tell_holdings(findings, checkup, CHECKUP_CLOSE_WAIT, tell_close_wait);
	tell_holdings(findings, checkup, CHECKUP_UNACCEPTED, tell_unaccepted);
}

static void tell_half_closed(struct findings *findings, const struct holding *holding)
{
	const struct checkup_socket *first = holding->first;
	enum severity severity = severity_of_leak(holding, MANY_UNANSWERED);
	struct finding *finding;

	if (!first)
		finding = finding_add(findings, severity,
			_("further processes (%zu) wait for peers to close, with no timer: %zu in "
			  "FIN_WAIT2"),
			holding->processes, holding->count);
	else if (first->pid)
		finding = finding_add(findings, severity,
			_("%s (process %d) waits for peers to close, with no timer: %zu in "
			  "FIN_WAIT2"),
			first->comm, (int)first->pid, holding->count);
	else
		finding = finding_add(findings, severity,
			_("a process that is not shown waits for peers to close, with no timer: "
			  "%zu in FIN_WAIT2"),
			holding->count);
	add_owner(finding, holding);
	finding_fact(finding, "fin_wait2", N_("in FIN_WAIT2"), FACT_COUNT, (double)holding->count);
	finding_fact(finding, "oldest_s", N_("the longest silence"), FACT_SECONDS,
		holding->oldest_ms / 1000.0);
	finding_fact(finding, "leaked", N_("silent for a minute or longer"), FACT_COUNT,
		(double)holding->leaked);
	add_sockets(finding, holding);
	finding_mean(finding, "%s",
		_("The program has called shutdown(SHUT_WR) and keeps the descriptor. "
		  "tcp_fin_timeout is for sockets that nobody holds any more; this one waits for "
		  "ever if the peer is gone or never closes."));
	finding_advise(finding, "%s",
		_("close() when the answer is there or a time has passed; SO_KEEPALIVE finds peers "
		  "that have vanished."));
}

void judge_half_closed(struct findings *findings, const struct checkup *checkup)
{
	tell_holdings(findings, checkup, CHECKUP_HALF_CLOSED, tell_half_closed);
}

/* One lost FIN is nothing; what has been repeated twice was not answered for longer than a moment. */
#define RETRANSMISSIONS 2

void judge_vanished_peers(struct findings *findings, const struct checkup *checkup)
{
	struct finding *finding = NULL;
	size_t count = 0, orphans = 0;
	uint32_t most = 0;
	uint64_t unsent_bytes = 0;

	for (size_t i = 0; i < checkup->socket_count; i++) {
		const struct checkup_socket *socket = &checkup->sockets[i];

		if (socket->kind != CHECKUP_UNANSWERED ||
			socket->socket.retransmissions < RETRANSMISSIONS)
			continue;
		if (!finding)
			finding = finding_add(findings, SEVERITY_WARN, "%s",
				_("peers have vanished while connections were being closed"));
		finding_socket(finding, socket);
		count++;
		orphans += !socket->socket.inode;
		unsent_bytes += socket->socket.send_queue;
		if (socket->socket.retransmissions > most)
			most = socket->socket.retransmissions;
	}
	if (!finding)
		return;
	if (count >= MANY_UNANSWERED)
		finding->severity = SEVERITY_BAD;
	finding_fact(finding, "sockets", N_("sockets"), FACT_COUNT, (double)count);
	finding_fact(
		finding, "orphans", N_("of them without a process"), FACT_COUNT, (double)orphans);
	finding_fact(
		finding, "retransmissions", N_("FIN repeated, at most"), FACT_COUNT, (double)most);
	finding_fact(finding, "unacknowledged_bytes", N_("not acknowledged"), FACT_BYTES,
		(double)unsent_bytes);
	finding_mean(finding, "%s",
		_("The FIN, or data before it, has been sent again and again and nobody has "
		  "answered: the peer or the way to it is gone. Each keeps its port and its memory "
		  "until TCP gives up: of an orphan after some 100 s (tcp_orphan_retries), of a "
		  "socket that a process holds after some 15 min (tcp_retries2)."));
	finding_advise(finding, "%s",
		_("Look for the peers: hosts that were switched off, a firewall or a NAT that "
		  "forgets connections. TCP_USER_TIMEOUT ends it sooner; with many orphans, lower "
		  "net.ipv4.tcp_orphan_retries (2 is 3.7 s)."));
}
