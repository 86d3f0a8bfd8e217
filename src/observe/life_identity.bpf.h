/* SPDX-License-Identifier: Dual BSD/GPL */
#ifndef OBSERVE_LIFE_IDENTITY_BPF_H
#define OBSERVE_LIFE_IDENTITY_BPF_H

/*
 * Part of life.bpf.c: whose socket or minisocket it is, and whether that is wanted.
 */

#include "observe/life_maps.bpf.h"

/* A pointer as a number. The verifier knows no such thing, but copies. */
static __always_inline uint64_t number_of(const void *pointer)
{
	uint64_t number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

/* What we have to know of a socket, whichever kind it is. */
struct identity {
	uint64_t cookie;
	uint32_t netns;
	uint16_t local_port, peer_port;
	uint32_t local[4], peer[4]; /* as in struct life_event */
	uint8_t family;
	uint8_t substate;
};

static __always_inline struct life_counts *my_counts(void)
{
	uint32_t zero = 0;

	return bpf_map_lookup_elem(&counts, &zero);
}

#define COUNT(member, by)                                                                          \
	do {                                                                                       \
		struct life_counts *mine = my_counts();                                            \
                                                                                                   \
		if (mine)                                                                          \
			__sync_fetch_and_add(&mine->member, (by));                                 \
	} while (0)

/*
 * An index that the verifier can see is below 16. Where the compiler knows that it is so anyhow it leaves the mask out,
 * and the verifier of 6.1 forgets over a spill what both have seen: so it is to know nothing.
 */
static __always_inline uint32_t below_16(uint32_t index)
{
	asm volatile("" : "+r"(index));
	return index & 15;
}

/* IPv4 inside IPv6 is IPv4. */
static __always_inline void unmap(struct identity *id)
{
	if (id->family != AF_INET6)
		return;
	if (id->peer[0] || id->peer[1] || id->peer[2] != MAPPED_PREFIX)
		return;
	id->family = AF_INET;
	id->peer[0] = id->peer[3];
	id->local[0] = id->local[3];
	id->peer[1] = id->peer[2] = id->peer[3] = 0;
	id->local[1] = id->local[2] = id->local[3] = 0;
}

/* From a pointer that the verifier trusts: plain loads. */
#define IDENTIFY(common, id)                                                                       \
	do {                                                                                       \
		(id)->cookie = (uint64_t)(common)->skc_cookie.counter;                             \
		(id)->netns = (common)->skc_net.net->ns.inum;                                      \
		(id)->local_port = (common)->skc_num;                                              \
		(id)->peer_port = bpf_ntohs((common)->skc_dport);                                  \
		(id)->family = (uint8_t)(common)->skc_family;                                      \
		if ((id)->family == AF_INET) {                                                     \
			(id)->local[0] = (common)->skc_rcv_saddr;                                  \
			(id)->peer[0] = (common)->skc_daddr;                                       \
		} else if (bpf_core_field_exists((common)->skc_v6_daddr)) {                        \
			for (int i = 0; i < 4; i++) {                                              \
				(id)->local[i] = (common)->skc_v6_rcv_saddr.in6_u.u6_addr32[i];    \
				(id)->peer[i] = (common)->skc_v6_daddr.in6_u.u6_addr32[i];         \
			}                                                                          \
		}                                                                                  \
		unmap(id);                                                                         \
	} while (0)

/* 6.1 has no bpf_rdonly_cast(): each member is copied. */
static __always_inline void identify_by_copies(
	const struct inet_timewait_sock *tw, struct identity *id)
{
	const struct sock_common *common = &tw->__tw_common;

	id->cookie = (uint64_t)BPF_CORE_READ(common, skc_cookie.counter);
	id->netns = BPF_CORE_READ(common, skc_net.net, ns.inum);
	id->local_port = BPF_CORE_READ(common, skc_num);
	id->peer_port = bpf_ntohs(BPF_CORE_READ(common, skc_dport));
	id->family = (uint8_t)BPF_CORE_READ(common, skc_family);
	if (id->family == AF_INET) {
		id->local[0] = BPF_CORE_READ(common, skc_rcv_saddr);
		id->peer[0] = BPF_CORE_READ(common, skc_daddr);
	} else if (bpf_core_field_exists(common->skc_v6_daddr)) {
		BPF_CORE_READ_INTO(&id->local, common, skc_v6_rcv_saddr.in6_u.u6_addr32);
		BPF_CORE_READ_INTO(&id->peer, common, skc_v6_daddr.in6_u.u6_addr32);
	}
	unmap(id);
	id->substate = BPF_CORE_READ(tw, tw_substate);
}

static __always_inline void identify_minisocket(void *timer, struct identity *id)
{
	void *address = (char *)timer - bpf_core_field_offset(struct inet_timewait_sock, tw_timer);
	const struct inet_timewait_sock *tw;

	if (!setup.has_rdonly_cast) {
		identify_by_copies(address, id);
		return;
	}
	tw = bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct inet_timewait_sock));
	IDENTIFY(&tw->__tw_common, id);
	id->substate = tw->tw_substate;
}

static __always_inline bool is_peer_wanted(const struct identity *id)
{
	if (!setup.peer_family)
		return true;
	if (id->family != setup.peer_family)
		return false;
	for (int i = 0; i < 4; i++) {
		if ((id->peer[i] & setup.peer_mask[i]) != setup.peer[i])
			return false;
	}
	return true;
}

static __always_inline bool is_wanted(const struct identity *id)
{
	if (setup.netns && id->netns != setup.netns)
		return false;
	if (setup.port && id->local_port != setup.port && id->peer_port != setup.port)
		return false;
	return is_peer_wanted(id);
}

static __always_inline bool is_cause_wanted(uint8_t cause)
{
	return !setup.causes || (setup.causes >> (cause & 31) & 1);
}

#endif
