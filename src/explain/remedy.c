/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/remedy.h"

#include <stddef.h>

#include "base/i18n.h"

static const struct remedy remedies[REMEDY_COUNT] = {
	[REMEDY_SET_REUSEADDR] = {"set_reuseaddr",
		N_("Set SO_REUSEADDR before bind(). The sockets that have the port have it set, "
		   "too, and none of them listens"),
		N_("nothing; every server should set it"), "reuseaddr-on-both"},
	[REMEDY_SET_REUSEADDR_ALWAYS] = {"set_reuseaddr_always",
		N_("Set SO_REUSEADDR before bind() in every start of the server, the first "
		   "included. What is left over now was made without it, so it is the next restart "
		   "that gains"),
		N_("nothing, but it does not help this time"), "reuseaddr-on-new-only"},
	[REMEDY_SET_V6ONLY] = {"set_v6only",
		N_("Set IPV6_V6ONLY before bind(): [::] then leaves the addresses of IPv4 alone"),
		N_("IPv4 takes a socket of its own"), NULL},
	[REMEDY_OWN_ADDRESS] = {"own_address",
		N_("Bind to an address that this host has, or to all of them (0.0.0.0, [::])"),
		N_("nothing; with all of them it can be reached from everywhere"), NULL},
	[REMEDY_NO_PORT] = {"bind_address_no_port",
		N_("Set IP_BIND_ADDRESS_NO_PORT before the bind() that chooses the address: the "
		   "port is chosen by connect() then, for one destination and not for all"),
		N_("nothing"), "bind-no-port"},
	[REMEDY_KEEP_CONNECTIONS] = {"keep_connections",
		N_("Use connections more than once (keep-alive, a pool)"),
		N_("a change of the program"), "ephemeral-exhaustion"},
	[REMEDY_FIX_LEAK] = {"fix_leak",
		N_("Close what the peer has closed: sockets in CLOSE_WAIT keep their ports until "
		   "their program calls close()"),
		N_("a change of the program"), "close-wait-keeps-its-port"},
	[REMEDY_PEER_CLOSES_FIRST] = {"peer_closes_first",
		N_("Let the server close first: TIME_WAIT is the server's then, which needs no "
		   "port for it"),
		N_("a protocol that allows it; memory at the server"),
		"exhaustion-cured-by-closing-last"},
	[REMEDY_CLIENT_CLOSES_FIRST] = {"client_closes_first",
		N_("Let the clients close first: TIME_WAIT is theirs then"),
		N_("a protocol that allows it"), "client-waits-harmlessly"},
	[REMEDY_START_LISTENER] = {"start_listener", N_("Start the server that is meant"),
		N_("nothing"), "connection-refused"},
	[REMEDY_WAIT] = {"wait", N_("Wait"), N_("no service until then"),
		"time-wait-full-lifetime"},
	[REMEDY_WAIT_DAD] = {"wait_dad",
		N_("Wait until duplicate address detection is done (a second or two), or start the "
		   "program after network-online.target"),
		N_("a moment at boot"), NULL},
	[REMEDY_SET_REUSEPORT] = {"set_reuseport",
		N_("Set SO_REUSEPORT before bind(). The sockets that have the port have it set, "
		   "too"),
		N_("new connections are shared out among all that listen there, on purpose or not"),
		"reuseport-two-listeners"},
	[REMEDY_SET_BOTH] = {"set_both",
		N_("Set SO_REUSEADDR and SO_REUSEPORT before bind(). Of the sockets that have the "
		   "port some have set the one, some the other"),
		N_("as for SO_REUSEPORT; that the old ones differ may be a mistake"), NULL},
	[REMEDY_SAME_USER] = {"same_user",
		N_("Run both as one user, or make all listeners before the user is changed: "
		   "SO_REUSEPORT shares within one user alone"),
		N_("less separation"), NULL},
	[REMEDY_MORE_DESTINATIONS] = {"more_destinations",
		N_("Spread over more addresses or ports of the peer, or more local addresses: each "
		   "has a budget of its own"),
		N_("configuration at both ends"), "exhaustion-other-port-still-works"},
	[REMEDY_SERVICE_MANAGER] = {"service_manager",
		N_("Let the service manager bind the port, and hand the socket over "
		   "(systemd.socket)"),
		N_("nothing, if the program knows how to take it"), NULL},
	[REMEDY_OTHER_PORT] = {"other_port", N_("Use another port"), N_("clients must know"),
		"bind-blocked-by-time-wait"},
	[REMEDY_RESERVE_PORT] = {"reserve_port",
		N_("Take the port out of the range that is given to outgoing connections"),
		N_("a port less for these; for the whole host; what has the port now keeps it"),
		"reserved-ports"},
	[REMEDY_EVEN_RANGE] = {"even_range", N_("Make the range an even number of ports"),
		N_("nothing; for the whole host"), "odd-range"},
	[REMEDY_UNRESERVE] = {"unreserve", N_("Reserve fewer ports (ip_local_reserved_ports)"),
		N_("for the whole host; a server may find its port taken"), "reserved-ports"},
	[REMEDY_WIDEN_RANGE] = {"widen_range", N_("Widen ip_local_port_range"),
		N_("for the whole host; a server of the host may find its port taken, unless it is "
		   "reserved"),
		"exhaustion-cured-by-range"},
	[REMEDY_TIMESTAMPS] = {"timestamps",
		N_("Turn timestamps on: without them no TIME_WAIT can be reused"),
		N_("for the whole host; 12 bytes a segment; helps connections made from now on"),
		"tw-reuse-needs-timestamps"},
	[REMEDY_TW_REUSE] = {"tw_reuse",
		N_("Let connect() take over TIME_WAITs that are older than a second"),
		N_("for the whole host; safe where timestamps are used, and without effect "
		   "elsewhere"),
		"exhaustion-cured-by-tw-reuse"},
	[REMEDY_CAPABILITY] = {"capability",
		N_("Give the program the right to low ports, and no other: CAP_NET_BIND_SERVICE"),
		N_("the program may bind every low port"), NULL},
	[REMEDY_BRING_UP] = {"bring_up", N_("Bring the interface up that has the address"),
		N_("nothing, if it is meant to be up"), NULL},
	[REMEDY_ADD_ROUTE] = {"add_route", N_("Give the host a way there"),
		N_("for the whole host"), NULL},
	[REMEDY_FREEBIND] = {"freebind",
		N_("Set IP_FREEBIND before bind(), or net.ipv4.ip_nonlocal_bind=1 "
		   "(net.ipv6.ip_nonlocal_bind=1): for an address that is yet to come"),
		N_("a wrong address is no longer noticed"), NULL},
	[REMEDY_UNPRIVILEGED_PORTS] = {"unprivileged_ports", N_("Let everybody bind low ports"),
		N_("for the whole host: any user may pose as one of its servers"), NULL},
	[REMEDY_END_PROCESS] = {"end_process", N_("Stop the process that has the port"),
		N_("what it serves"), "listen-twice"},
	[REMEDY_DESTROY] = {"destroy", N_("End the sockets that are left over, as root"),
		N_("what TIME_WAIT protected is unprotected: a late segment may get into a new "
		   "connection; the data of living connections is lost"),
		"destroy-time-wait"},
};

const struct remedy *remedy_get(enum remedy_id id)
{
	return &remedies[id];
}
