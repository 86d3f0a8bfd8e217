/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBSERVE_SETTINGS_H
#define OBSERVE_SETTINGS_H

/*
 * The kernel's settings (sysctls) that decide over closing, waiting and ports, read at once: those of
 * the network namespace this thread is in. Reading needs no privilege. What this kernel, or a
 * namespace that is not the first, does not have is not known, and no mistake.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting {
	SETTING_TW_REUSE,
	SETTING_TW_REUSE_DELAY_MS,
	SETTING_TIMESTAMPS,
	SETTING_FIN_TIMEOUT_S,
	SETTING_MAX_TW_BUCKETS,
	SETTING_RFC1337,
	SETTING_MAX_ORPHANS, /* of the whole machine: its first namespace alone has it */
	SETTING_TW_RECYCLE,  /* gone since 4.12 */
	SETTING_ABORT_ON_OVERFLOW,
	SETTING_SYNCOOKIES,
	SETTING_MAX_SYN_BACKLOG,
	SETTING_SOMAXCONN,
	SETTING_CONNTRACK_TIME_WAIT_S, /* these three where nf_conntrack is loaded */
	SETTING_CONNTRACK_COUNT,
	SETTING_CONNTRACK_MAX,
	SETTING_COUNT,
};

#define SETTINGS_PORTS 65536

struct settings {
	bool is_known[SETTING_COUNT];
	int64_t values[SETTING_COUNT];
	bool has_port_range;
	uint32_t port_low, port_high; /* ip_local_port_range, both included */
	bool has_reserved;
	uint64_t reserved[SETTINGS_PORTS / 64]; /* ip_local_reserved_ports, a bit a port */
};

/* "tcp_tw_reuse", "somaxconn": the last part of the name. */
const char *setting_name(enum setting setting);

/* "net.ipv4.tcp_tw_reuse" */
const char *setting_full_name(enum setting setting);

/* Replaces *settings. */
void settings_read(struct settings *settings);

/* Is the port among the reserved ones? */
bool settings_reserves(const struct settings *settings, uint32_t port);

/* Reads "1,5-7" as the kernel writes it; what cannot be understood is passed over. */
void settings_read_ports(const char *list, uint64_t ports[SETTINGS_PORTS / 64]);

#endif
