/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_SERVER_INTERNAL_H
#define DAYTIME_SERVER_INTERNAL_H

/* What server.c (the loop) and server_setup.c (its making) share. Nobody else looks here. */

#include "daytime/limits.h"
#include "daytime/line.h"
#include "daytime/server.h"
#include "daytime/statistics.h"

/* What an epoll event is about: the kind in the upper half, an index in the lower. */
enum source { SOURCE_SIGNAL, SOURCE_LISTENER, SOURCE_CONNECTION };

struct server {
	struct server_options options;
	int epoll_fd, signal_fd;
	struct listen_set listeners;
	uint16_t own_port;
	int inherited_fd;        /* a connection that inetd accepted, until the loop begins */
	bool is_single;          /* answer what is there, then end: inetd has the socket */
	bool is_accepting;       /* the TCP listeners are polled */
	int64_t accept_again_ns; /* 0, or until when not to, for want of descriptors */
	int64_t idle_exit_ns;    /* DEADLINE_NEVER unless inetd shall have its listener back */
	bool is_draining;
	bool is_over;
	struct connection_table connections;
	struct line line;
	struct statistics statistics;
	struct notice_limit exhausted, refused;
};

/* epoll_ctl(2) with the event's meaning packed. 0 or a negative errno. */
int server_watch(struct server *server, int operation, int fd, uint32_t events, enum source source,
	int index);

#endif
