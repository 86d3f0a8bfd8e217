/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef UNIT_CAPTURED_H
#define UNIT_CAPTURED_H

/*
 * Packets that Linux 6.18 sent over a veth pair between two namespaces, transmit checksums
 * computed (no offload), as tshark saved them, from the IP header on. Beside each what tshark,
 * which nobody here wrote, reads in it. Server 192.0.2.1 and 2001:db8::1 with a daytime
 * server, one that resets, and nobody on port 14; options were switched off by sysctl.
 */

#include <stdbool.h>
#include <stdint.h>

#include "tcp/segment.h"

struct captured {
	const char *name;
	const char *hex;
	const char *source, *destination;
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledgment;
	uint16_t window;
	uint8_t flags;
	bool has_timestamps;
	uint32_t timestamp, timestamp_echo;
	uint16_t maximum_segment_size;
	int8_t window_scale;
	bool permits_sack;
	const char *payload;
};

static const struct captured captured[] = {
	{
		.name = "IPv4 RST,ACK of a closed port",
		.hex = "45000028000040004006b6ccc0000201c0000202000deb7e0000000016e6d2f450140000"
		       "56660000",
		.source = "192.0.2.1",
		.destination = "192.0.2.2",
		.source_port = 13,
		.destination_port = 60286,
		.sequence = 0U,
		.acknowledgment = 384226036U,
		.window = 0,
		.flags = SEGMENT_RST | SEGMENT_ACK,
		.window_scale = -1,
		.payload = "",
	},
	{
		.name = "IPv4 SYN",
		.hex = "4500003c236a40004006934ec0000202c0000201eb88000d8d8de19300000000a002faf0"
		       "939c0000020405b40402080aab612f53000000000103030a",
		.source = "192.0.2.2",
		.destination = "192.0.2.1",
		.source_port = 60296,
		.destination_port = 13,
		.sequence = 2374885779U,
		.acknowledgment = 0U,
		.window = 64240,
		.flags = SEGMENT_SYN,
		.has_timestamps = true,
		.timestamp = 2875273043U,
		.timestamp_echo = 0U,
		.maximum_segment_size = 1460,
		.window_scale = 10,
		.permits_sack = true,
		.payload = "",
	},
	{
		.name = "IPv4 SYN,ACK",
		.hex = "4500003c000040004006b6b8c0000201c0000202000deb886cbc5e618d8de194a012fe88"
		       "16380000020405b40402080ae9a8c4f4ab612f530103030a",
		.source = "192.0.2.1",
		.destination = "192.0.2.2",
		.source_port = 13,
		.destination_port = 60296,
		.sequence = 1824284257U,
		.acknowledgment = 2374885780U,
		.window = 65160,
		.flags = SEGMENT_SYN | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 3920151796U,
		.timestamp_echo = 2875273043U,
		.maximum_segment_size = 1460,
		.window_scale = 10,
		.permits_sack = true,
		.payload = "",
	},
	{
		.name = "IPv4 ACK",
		.hex = "45000034236b400040069355c0000202c0000201eb88000d8d8de1946cbc5e628010003f"
		       "435100000101080aab612f53e9a8c4f4",
		.source = "192.0.2.2",
		.destination = "192.0.2.1",
		.source_port = 60296,
		.destination_port = 13,
		.sequence = 2374885780U,
		.acknowledgment = 1824284258U,
		.window = 63,
		.flags = SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 2875273043U,
		.timestamp_echo = 3920151796U,
		.window_scale = -1,
		.payload = "",
	},
	{
		.name = "IPv4 data",
		.hex = "4500004e8efe4000400627a8c0000201c0000202000deb886cbc5e628d8de19480180040"
		       "4b7300000101080ae9a8c4f5ab612f5353756e204a756e2020352032313a30303a303020"
		       "323032320d0a",
		.source = "192.0.2.1",
		.destination = "192.0.2.2",
		.source_port = 13,
		.destination_port = 60296,
		.sequence = 1824284258U,
		.acknowledgment = 2374885780U,
		.window = 64,
		.flags = SEGMENT_PSH | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 3920151797U,
		.timestamp_echo = 2875273043U,
		.window_scale = -1,
		.payload = "Sun Jun  5 21:00:00 2022\r\n",
	},
	{
		.name = "IPv4 FIN,ACK",
		.hex = "450000348eff4000400627c1c0000201c0000202000deb886cbc5e7c8d8de19480110040"
		       "433300000101080ae9a8c4f5ab612f54",
		.source = "192.0.2.1",
		.destination = "192.0.2.2",
		.source_port = 13,
		.destination_port = 60296,
		.sequence = 1824284284U,
		.acknowledgment = 2374885780U,
		.window = 64,
		.flags = SEGMENT_FIN | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 3920151797U,
		.timestamp_echo = 2875273044U,
		.window_scale = -1,
		.payload = "",
	},
	{
		.name = "IPv4 RST,ACK of linger 0 (timestamps)",
		.hex = "45000034408a400040067636c0000201c0000202000deb8e9d1b929416f4432080140040"
		       "913800000101080a2f0caeb22d2ce0f1",
		.source = "192.0.2.1",
		.destination = "192.0.2.2",
		.source_port = 13,
		.destination_port = 60302,
		.sequence = 2635829908U,
		.acknowledgment = 385106720U,
		.window = 64,
		.flags = SEGMENT_RST | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 789360306U,
		.timestamp_echo = 757915889U,
		.window_scale = -1,
		.payload = "",
	},
	{
		.name = "IPv4 SYN without timestamps and window scale",
		.hex = "4500003033e14000400682e3c0000202c0000201eb9c000dc00c5661000000007002faf0"
		       "02130000020405b401010402",
		.source = "192.0.2.2",
		.destination = "192.0.2.1",
		.source_port = 60316,
		.destination_port = 13,
		.sequence = 3222034017U,
		.acknowledgment = 0U,
		.window = 64240,
		.flags = SEGMENT_SYN,
		.maximum_segment_size = 1460,
		.window_scale = -1,
		.permits_sack = true,
		.payload = "",
	},
	{
		.name = "IPv4 data of an odd length, no options",
		.hex = "4500002bc22f40004006f499c0000201c0000202000deb9c8cd5d47ac00c56625018faf0"
		       "fa0600006f6464",
		.source = "192.0.2.1",
		.destination = "192.0.2.2",
		.source_port = 13,
		.destination_port = 60316,
		.sequence = 2362823802U,
		.acknowledgment = 3222034018U,
		.window = 64240,
		.flags = SEGMENT_PSH | SEGMENT_ACK,
		.window_scale = -1,
		.payload = "odd",
	},
	{
		.name = "IPv4 SYN without SACK and window scale",
		.hex = "4500003852b4400040066408c0000202c0000201b0be000eeb261f7a000000009002faf0"
		       "c8340000020405b40101080a78dce39b00000000",
		.source = "192.0.2.2",
		.destination = "192.0.2.1",
		.source_port = 45246,
		.destination_port = 14,
		.sequence = 3945144186U,
		.acknowledgment = 0U,
		.window = 64240,
		.flags = SEGMENT_SYN,
		.has_timestamps = true,
		.timestamp = 2027742107U,
		.timestamp_echo = 0U,
		.maximum_segment_size = 1460,
		.window_scale = -1,
		.payload = "",
	},
	{
		.name = "IPv6 SYN",
		.hex = "600d7b810028064020010db800000000000000000000000220010db80000000000000000"
		       "00000001ddcc000d3fd27ad200000000a002fd2049400000020405a00402080aa8be64fe"
		       "000000000103030a",
		.source = "2001:db8::2",
		.destination = "2001:db8::1",
		.source_port = 56780,
		.destination_port = 13,
		.sequence = 1070758610U,
		.acknowledgment = 0U,
		.window = 64800,
		.flags = SEGMENT_SYN,
		.has_timestamps = true,
		.timestamp = 2831049982U,
		.timestamp_echo = 0U,
		.maximum_segment_size = 1440,
		.window_scale = 10,
		.permits_sack = true,
		.payload = "",
	},
	{
		.name = "IPv6 SYN,ACK",
		.hex = "6003b30b0028064020010db800000000000000000000000120010db80000000000000000"
		       "00000002000dddcc461866933fd27ad3a012fb044ce30000020405a00402080a35d41be8"
		       "a8be64fe0103030a",
		.source = "2001:db8::1",
		.destination = "2001:db8::2",
		.source_port = 13,
		.destination_port = 56780,
		.sequence = 1176004243U,
		.acknowledgment = 1070758611U,
		.window = 64260,
		.flags = SEGMENT_SYN | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 903093224U,
		.timestamp_echo = 2831049982U,
		.maximum_segment_size = 1440,
		.window_scale = 10,
		.permits_sack = true,
		.payload = "",
	},
	{
		.name = "IPv6 data",
		.hex = "6003b30b003a064020010db800000000000000000000000120010db80000000000000000"
		       "00000002000dddcc461866943fd27ad38018003f7e8800000101080a35d41be8a8be64fe"
		       "53756e204a756e2020352032313a30303a303020323032320d0a",
		.source = "2001:db8::1",
		.destination = "2001:db8::2",
		.source_port = 13,
		.destination_port = 56780,
		.sequence = 1176004244U,
		.acknowledgment = 1070758611U,
		.window = 63,
		.flags = SEGMENT_PSH | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 903093224U,
		.timestamp_echo = 2831049982U,
		.window_scale = -1,
		.payload = "Sun Jun  5 21:00:00 2022\r\n",
	},
	{
		.name = "IPv6 FIN,ACK",
		.hex = "6003b30b0020064020010db800000000000000000000000120010db80000000000000000"
		       "00000002000dddcc461866ae3fd27ad38011003f764900000101080a35d41be8a8be64fe",
		.source = "2001:db8::1",
		.destination = "2001:db8::2",
		.source_port = 13,
		.destination_port = 56780,
		.sequence = 1176004270U,
		.acknowledgment = 1070758611U,
		.window = 63,
		.flags = SEGMENT_FIN | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 903093224U,
		.timestamp_echo = 2831049982U,
		.window_scale = -1,
		.payload = "",
	},
	{
		.name = "IPv6 RST,ACK of linger 0 (timestamps)",
		.hex = "6001579e0020064020010db800000000000000000000000120010db80000000000000000"
		       "00000002000dddce4887af6e5b8346878014003f1a1d00000101080aad246eb142482aee",
		.source = "2001:db8::1",
		.destination = "2001:db8::2",
		.source_port = 13,
		.destination_port = 56782,
		.sequence = 1216851822U,
		.acknowledgment = 1535329927U,
		.window = 63,
		.flags = SEGMENT_RST | SEGMENT_ACK,
		.has_timestamps = true,
		.timestamp = 2904846001U,
		.timestamp_echo = 1112025838U,
		.window_scale = -1,
		.payload = "",
	},
	{
		.name = "IPv6 SYN without timestamps and window scale",
		.hex = "60040a5a001c064020010db800000000000000000000000220010db80000000000000000"
		       "00000001ddd0000d89db1330000000007002fd20afb40000020405a001010402",
		.source = "2001:db8::2",
		.destination = "2001:db8::1",
		.source_port = 56784,
		.destination_port = 13,
		.sequence = 2312835888U,
		.acknowledgment = 0U,
		.window = 64800,
		.flags = SEGMENT_SYN,
		.maximum_segment_size = 1440,
		.window_scale = -1,
		.permits_sack = true,
		.payload = "",
	},
	{
		.name = "IPv6 data of an odd length, no options",
		.hex = "6005d0c10017064020010db800000000000000000000000120010db80000000000000000"
		       "00000002000dddd03fee88a789db13315018fd20404f00006f6464",
		.source = "2001:db8::1",
		.destination = "2001:db8::2",
		.source_port = 13,
		.destination_port = 56784,
		.sequence = 1072597159U,
		.acknowledgment = 2312835889U,
		.window = 64800,
		.flags = SEGMENT_PSH | SEGMENT_ACK,
		.window_scale = -1,
		.payload = "odd",
	},
	{
		.name = "IPv6 RST,ACK of a closed port",
		.hex = "600a237d0014064020010db800000000000000000000000120010db80000000000000000"
		       "00000002000eaebe0000000067a4a1f1501400009bf90000",
		.source = "2001:db8::1",
		.destination = "2001:db8::2",
		.source_port = 14,
		.destination_port = 44734,
		.sequence = 0U,
		.acknowledgment = 1738842609U,
		.window = 0,
		.flags = SEGMENT_RST | SEGMENT_ACK,
		.window_scale = -1,
		.payload = "",
	},
};

#define CAPTURED_COUNT (sizeof(captured) / sizeof(*captured))

#endif
