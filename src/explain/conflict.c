/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/conflict.h"

#include <string.h>

const char *bind_options_name(unsigned int options)
{
	static const char *const names[BIND_OPTIONS] = {
		"",
		"SO_REUSEADDR",
		"SO_REUSEPORT",
		"SO_REUSEADDR, SO_REUSEPORT",
		"IPV6_V6ONLY",
		"SO_REUSEADDR, IPV6_V6ONLY",
		"SO_REUSEPORT, IPV6_V6ONLY",
		"SO_REUSEADDR, SO_REUSEPORT, IPV6_V6ONLY",
	};

	return names[options % BIND_OPTIONS];
}

/* The address alone; ::ffff:0.0.0.0 is the wildcard of IPv4. */
static bool is_same_address(const struct endpoint *a, const struct endpoint *b)
{
	return !memcmp(a->address, b->address, sizeof(a->address));
}

bool conflict_overlaps(
	const struct endpoint *wanted, unsigned int options, const struct diag_socket *socket)
{
	struct endpoint ours = endpoint_unmap(wanted), theirs = endpoint_unmap(&socket->local);

	if (ours.port != theirs.port)
		return false;
	if (tcp_state_fold(socket->state) == TCP_STATE_SYN_RECV && !socket->inode)
		return false;
	/* Each bound to a device of its own: theirs may be, ours is where its address says so. */
	if (wanted->interface && socket->local.interface &&
		wanted->interface != socket->local.interface)
		return false;
	if (ours.family == theirs.family)
		return endpoint_is_any(&ours) || endpoint_is_any(&theirs) ||
		       is_same_address(&ours, &theirs);
	if (ours.family == AF_INET6)
		return endpoint_is_any(&ours) && !(options & BIND_V6ONLY);
	if (socket->is_v6only)
		return false;
	/* 0.0.0.0 of IPv4 itself, not ::ffff:0.0.0.0, meets a connection of [::] at any address. */
	return endpoint_is_any(&theirs) || (wanted->family == AF_INET && endpoint_is_any(&ours));
}

/* Both have the option: the new one, and the old one as far as is known. */
static enum answer both(bool is_ours, enum answer theirs)
{
	return is_ours ? theirs : ANSWER_NO;
}

enum answer conflict_permits(const struct diag_socket *socket, enum answer reuseaddr,
	enum answer reuseport, unsigned int options, uid_t user)
{
	enum answer by_address = both(options & BIND_REUSEADDR, reuseaddr);
	enum answer by_port = both(options & BIND_REUSEPORT, reuseport);

	if (socket->state == TCP_STATE_LISTEN)
		by_address = ANSWER_NO;
	/* A minisocket may be anybody's: nobody can take connections away from it. */
	if (!diag_is_minisocket(socket) && socket->uid != user)
		by_port = ANSWER_NO;
	if (by_address == ANSWER_YES || by_port == ANSWER_YES)
		return ANSWER_YES;
	if (by_address == ANSWER_UNKNOWN || by_port == ANSWER_UNKNOWN)
		return ANSWER_UNKNOWN;
	return ANSWER_NO;
}
