/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_PREFIX_H
#define DAYTIME_PREFIX_H

/*
 * Who a client is, as far as limits are concerned: the prefix that one person commands. That
 * is a single address of IPv4 (/32, also when it is mapped into IPv6) and a /64 of IPv6, of
 * which anybody has 2^64 addresses to choose from (RFC 4291, 2.5.4).
 *
 * Limits are counted in tables of fixed size, at a place that a keyed hash of the prefix
 * names. The key is random and never leaves the process, so that nobody can choose addresses
 * that meet in one place.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct prefix_key {
	uint64_t words[2];
};

/* A new random key. 0 or a negative errno (no kernel since 3.17 has a reason to fail). Blocks
 * only in the first seconds after the host has started. */
int prefix_key_make(struct prefix_key *ret_key);

/*
 * The SipHash-2-4 of the address' prefix; its port, scope and lower bits do not matter. What is
 * neither IPv4 nor IPv6 (a Unix socket, an address cut short) all counts as one prefix.
 * `address` may lie in a smaller structure than sockaddr_storage, of `length` bytes.
 */
uint64_t prefix_hash(
	const struct prefix_key *key, const struct sockaddr *address, socklen_t length);

/* SipHash-2-4 of the bytes, as its authors define it (Aumasson and Bernstein, 2012). */
uint64_t prefix_siphash(const struct prefix_key *key, const void *bytes, size_t length);

#endif
