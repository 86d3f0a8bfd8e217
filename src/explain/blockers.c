/* SPDX-License-Identifier: BSD-2-Clause */

/* What is in the way of bind(): the sockets of a port, by owner, and the options they have. */

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "base/list.h"
#include "explain/attempt.h"
#include "explain/verdict_internal.h"
#include "observe/socket_option.h"

static bool is_alike(
	const struct verdict_blocker *blocker, const struct diag_socket *socket, pid_t pid)
{
	const struct diag_socket *known = &blocker->socket;

	return known->state == socket->state && blocker->pid == pid && known->uid == socket->uid &&
	       known->is_v6only == socket->is_v6only && !known->inode == !socket->inode &&
	       known->local.interface == socket->local.interface &&
	       endpoint_equal(&known->local, &socket->local);
}

static void put(
	struct verdict *verdict, const struct diag_socket *socket, const struct owner *owner)
{
	struct verdict_blocker *blocker;
	pid_t pid = owner ? owner->pid : 0;

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		blocker = &verdict->blockers[i];
		if (!is_alike(blocker, socket, pid))
			continue;
		blocker->count++;
		if (socket->timer_ms < blocker->soonest_ms)
			blocker->soonest_ms = socket->timer_ms;
		if (socket->timer_ms > blocker->socket.timer_ms)
			blocker->socket = *socket;
		return;
	}
	blocker = list_grow(&verdict->blockers, &verdict->blocker_count, &verdict->blocker_room);
	blocker->socket = *socket;
	blocker->count = 1;
	blocker->soonest_ms = socket->timer_ms;
	if (!owner)
		return;
	blocker->pid = owner->pid;
	blocker->fd = owner->fd;
	memcpy(blocker->comm, owner->comm, sizeof(blocker->comm));
}

unsigned int blockers_options(const struct verdict *verdict)
{
	char value[16];

	if (verdict->question.local.family == AF_INET6 &&
		fd_read_file("/proc/sys/net/ipv6/bindv6only", value, sizeof(value)) > 0 &&
		value[0] == '1')
		return verdict->question.options | BIND_V6ONLY;
	return verdict->question.options;
}

void blockers_take(struct verdict *verdict, struct blocker_list *list,
	const struct endpoint *wanted, unsigned int options, const struct diag_socket *socket)
{
	if (!conflict_overlaps(wanted, options, socket))
		return;
	if (socket->inode)
		*list_grow(&list->sockets, &list->count, &list->room) = *socket;
	else
		put(verdict, socket, NULL);
}

static enum answer ask(const struct verdict_blocker *blocker, int level, int name)
{
	int value;

	if (!blocker->pid || socket_option_read(blocker->pid, blocker->fd, blocker->socket.inode,
				     level, name, &value) < 0)
		return ANSWER_UNKNOWN;
	return value ? ANSWER_YES : ANSWER_NO;
}

/* sock_diag tells of IPV6_V6ONLY while there is no connection; the socket of a process can be asked. */
static void leave_out_v6only(struct verdict *verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		const struct verdict_blocker *blocker = &verdict->blockers[i];

		if (verdict->question.local.family != AF_INET ||
			blocker->socket.local.family != AF_INET6 ||
			ask(blocker, IPPROTO_IPV6, IPV6_V6ONLY) != ANSWER_YES)
			verdict->blockers[count++] = *blocker;
	}
	verdict->blocker_count = count;
}

static void find_owners(struct verdict *verdict, const struct blocker_list *list)
{
	struct owner_table owners;
	int r;

	if (!list->count)
		return;
	r = owner_table_read(&owners);
	if (r < 0)
		verdict_note(verdict, _("/proc: %s: the processes are not shown"), strerror(-r));
	for (size_t i = 0; i < list->count; i++)
		put(verdict, &list->sockets[i], owner_table_find(&owners, list->sockets[i].inode));
	for (size_t i = 0; i < verdict->blocker_count; i++) {
		struct verdict_blocker *blocker = &verdict->blockers[i];

		blocker->reuseaddr = ask(blocker, SOL_SOCKET, SO_REUSEADDR);
		blocker->reuseport = ask(blocker, SOL_SOCKET, SO_REUSEPORT);
	}
	for (size_t i = 0; i < verdict->blocker_count; i++) {
		if (!verdict->blockers[i].socket.inode || verdict->blockers[i].pid)
			continue;
		verdict_note(verdict, "%s",
			owners.unreadable ? _("whose process this is, and which options it has "
					      "set, only root is told")
					  : _("a socket belongs to a process that is not seen from "
					      "here (in another PID namespace, or in the kernel)"));
		break;
	}
	owner_table_finish(&owners);
}

static enum answer *option_of(struct verdict_blocker *blocker, unsigned int option)
{
	return option == BIND_REUSEADDR ? &blocker->reuseaddr : &blocker->reuseport;
}

/* Could the option let anybody in beside this socket at all? */
static bool can_permit(
	const struct verdict *verdict, const struct verdict_blocker *blocker, unsigned int option)
{
	return conflict_permits(&blocker->socket, ANSWER_YES, ANSWER_YES, option,
		       verdict->question.user) == ANSWER_YES;
}

/* It is of IPv6, we are not, and nobody says whether it has IPV6_V6ONLY. */
static bool may_be_elsewhere(const struct verdict *verdict, const struct verdict_blocker *blocker)
{
	return verdict->question.local.family == AF_INET && !blocker->pid &&
	       endpoint_unmap(&blocker->socket.local).family == AF_INET6 &&
	       !endpoint_is_any(&blocker->socket.local);
}

/*
 * bind() with the option alone worked: all have it. It did not, and there is one alone of which it is not
 * known: that one has it not (one of several alike, at least).
 */
static void conclude(struct verdict *verdict, unsigned int option)
{
	unsigned int v6only = verdict->question.options & BIND_V6ONLY;
	int code = verdict_attempt_code(verdict, option | v6only);
	struct verdict_blocker *suspect = NULL;
	size_t suspects = 0;

	for (size_t i = 0; i < verdict->blocker_count; i++) {
		struct verdict_blocker *blocker = &verdict->blockers[i];

		if (code == 0) {
			if (!may_be_elsewhere(verdict, blocker))
				*option_of(blocker, option) = ANSWER_YES;
			continue;
		}
		if (!can_permit(verdict, blocker, option) ||
			*option_of(blocker, option) == ANSWER_NO)
			return;
		if (*option_of(blocker, option) == ANSWER_UNKNOWN) {
			suspect = blocker;
			suspects++;
		}
	}
	if (code == EADDRINUSE && suspects == 1)
		*option_of(suspect, option) = ANSWER_NO;
}

/* Those that say no come first, then by how firmly they hold the port. */
static int rank(const struct verdict_blocker *blocker)
{
	int place = 3;

	if (blocker->socket.state == TCP_STATE_LISTEN)
		place = 0;
	else if (blocker->socket.state == TCP_STATE_BOUND)
		place = 1;
	else if (blocker->socket.inode)
		place = 2;
	return place + (blocker->permits == ANSWER_YES ? 8 : 0);
}

static int by_rank(const void *left, const void *right)
{
	const struct verdict_blocker *a = left, *b = right;
	int order = rank(a) - rank(b);

	if (order)
		return order;
	return a->count < b->count ? 1 : a->count > b->count ? -1 : 0;
}

void blockers_settle(struct verdict *verdict, struct blocker_list *list)
{
	const struct verdict_question *question = &verdict->question;

	find_owners(verdict, list);
	free(list->sockets);
	*list = (struct blocker_list){0};
	leave_out_v6only(verdict);
	/* Nobody lets in who sets nothing: there was none but a TIME_WAIT with IPV6_V6ONLY. */
	if (verdict_attempt_code(verdict, question->options & BIND_V6ONLY) == 0)
		verdict->blocker_count = 0;
	conclude(verdict, BIND_REUSEADDR);
	conclude(verdict, BIND_REUSEPORT);
	for (size_t i = 0; i < verdict->blocker_count; i++) {
		struct verdict_blocker *blocker = &verdict->blockers[i];

		blocker->permits = conflict_permits(&blocker->socket, blocker->reuseaddr,
			blocker->reuseport, question->options, question->user);
		if (verdict_attempt_code(verdict, question->options) == 0)
			blocker->permits = ANSWER_YES;
	}
	if (verdict->blocker_count)
		qsort(verdict->blockers, verdict->blocker_count, sizeof(*verdict->blockers),
			by_rank);
}

static int by_options(const void *left, const void *right)
{
	const struct verdict_attempt *a = left, *b = right;

	return (int)a->options - (int)b->options;
}

void verdict_try_bind(struct verdict *verdict, const struct endpoint *at)
{
	const struct verdict_question *question = &verdict->question;
	unsigned int fixed = question->options & BIND_V6ONLY;
	/* Those with both options last: what they leave behind might let SO_REUSEPORT in alone. */
	unsigned int sets[VERDICT_ATTEMPTS] = {fixed, fixed | BIND_REUSEADDR,
		fixed | BIND_REUSEPORT, fixed | BIND_REUSEADDR | BIND_REUSEPORT};
	size_t count = 4;
	bool is_refused = false;

	if (at->family == AF_INET6 && endpoint_is_any(at) && !fixed)
		sets[count++] = question->options | BIND_V6ONLY;
	for (size_t i = 0; i < count; i++) {
		struct verdict_attempt *attempt = &verdict->attempts[verdict->attempt_count];

		if (is_refused && sets[i] != question->options)
			continue;
		attempt->options = sets[i];
		attempt->code = -attempt_bind(at, sets[i], question->user);
		verdict->attempt_count++;
		/* Any other refusal has nothing to do with sockets, and no option changes it. */
		is_refused |= attempt->code && attempt->code != EADDRINUSE;
	}
	qsort(verdict->attempts, verdict->attempt_count, sizeof(*verdict->attempts), by_options);
}

int verdict_attempt_code(const struct verdict *verdict, unsigned int options)
{
	for (size_t i = 0; i < verdict->attempt_count; i++) {
		if (verdict->attempts[i].options == options)
			return verdict->attempts[i].code;
	}
	return -1;
}
