/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_DATAGRAM_H
#define DAYTIME_DATAGRAM_H

/*
 * The UDP service: a datagram comes, a datagram goes back to where it says it came from.
 * Anybody can write anything there, so two services can be set on each other for ever by
 * one forged datagram (CERT CA-1996-01); datagram_judge() is what keeps us out of it.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

union datagram_address {
	struct sockaddr any;
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;
};

struct datagram {
	union datagram_address source;
	socklen_t source_length;
	union {
		struct in_pktinfo ipv4;
		struct in6_pktinfo ipv6;
	} destination;          /* which of our addresses it came to */
	int destination_family; /* AF_UNSPEC where the socket does not tell */
	size_t length;          /* as it was sent; `bytes` holds what fits */
	char bytes[128];        /* ends in NUL */
};

enum datagram_verdict {
	DATAGRAM_ANSWER,
	DATAGRAM_TOO_SHORT,    /* --udp-min-request */
	DATAGRAM_SOURCE,       /* from a multicast, broadcast or unspecified address, or from this
				  host's loopback by another interface */
	DATAGRAM_DESTINATION,  /* to a multicast or broadcast address: one of many that answer */
	DATAGRAM_LOW_PORT,     /* from a port below 1024: a service, not a client */
	DATAGRAM_SERVICE_PORT, /* from a service that answers anything, on a higher port */
	DATAGRAM_OWN_PORT,     /* from the port we serve: ourselves or our like */
	DATAGRAM_IS_DAYTIME,   /* it is itself a daytime: an answer, or the echo of ours */
	DATAGRAM_RATE,         /* its prefix has had its share of answers for now (rate.h) */
	DATAGRAM_VERDICTS,     /* how many there are */
};

/* Why it is not answered, translated; NULL for DATAGRAM_ANSWER. */
const char *datagram_reason(enum datagram_verdict verdict);

enum datagram_verdict datagram_judge(
	const struct datagram *datagram, uint16_t own_port, size_t least_bytes);

/* "192.0.2.1 port 7" */
void datagram_print_source(const struct datagram *datagram, char *buffer, size_t size);

#endif
