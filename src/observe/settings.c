/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

static const char *const names[SETTING_COUNT] = {
	[SETTING_TW_REUSE] = "net.ipv4.tcp_tw_reuse",
	[SETTING_TW_REUSE_DELAY_MS] = "net.ipv4.tcp_tw_reuse_delay",
	[SETTING_TIMESTAMPS] = "net.ipv4.tcp_timestamps",
	[SETTING_FIN_TIMEOUT_S] = "net.ipv4.tcp_fin_timeout",
	[SETTING_MAX_TW_BUCKETS] = "net.ipv4.tcp_max_tw_buckets",
	[SETTING_RFC1337] = "net.ipv4.tcp_rfc1337",
	[SETTING_MAX_ORPHANS] = "net.ipv4.tcp_max_orphans",
	[SETTING_TW_RECYCLE] = "net.ipv4.tcp_tw_recycle",
	[SETTING_ABORT_ON_OVERFLOW] = "net.ipv4.tcp_abort_on_overflow",
	[SETTING_SYNCOOKIES] = "net.ipv4.tcp_syncookies",
	[SETTING_MAX_SYN_BACKLOG] = "net.ipv4.tcp_max_syn_backlog",
	[SETTING_SOMAXCONN] = "net.core.somaxconn",
	[SETTING_CONNTRACK_TIME_WAIT_S] = "net.netfilter.nf_conntrack_tcp_timeout_time_wait",
	[SETTING_CONNTRACK_COUNT] = "net.netfilter.nf_conntrack_count",
	[SETTING_CONNTRACK_MAX] = "net.netfilter.nf_conntrack_max",
};

/* Every second port apart is the longest list there is: "1,3,5...", six bytes a port. */
#define LIST_BYTES ((size_t)6 * SETTINGS_PORTS)

const char *setting_full_name(enum setting setting)
{
	return names[setting];
}

const char *setting_name(enum setting setting)
{
	return strrchr(names[setting], '.') + 1;
}

static ssize_t read_value(const char *name, char *value, size_t size)
{
	char path[128];
	size_t length = (size_t)snprintf(path, sizeof(path), "/proc/sys/%s", name);

	for (size_t i = 0; i < length; i++) {
		if (path[i] == '.')
			path[i] = '/';
	}
	return fd_read_file(path, value, size);
}

static void read_number(struct settings *settings, enum setting setting)
{
	char text[64];
	char *end;

	if (read_value(names[setting], text, sizeof(text)) <= 0)
		return;
	settings->values[setting] = strtoll(text, &end, 10);
	settings->is_known[setting] = end != text;
}

static void read_range(struct settings *settings)
{
	char text[64];
	unsigned int low, high;

	if (read_value("net.ipv4.ip_local_port_range", text, sizeof(text)) <= 0 ||
		sscanf(text, "%u %u", &low, &high) != 2 || low > high || high >= SETTINGS_PORTS)
		return;
	settings->has_port_range = true;
	settings->port_low = low;
	settings->port_high = high;
}

void settings_read_ports(const char *list, uint64_t ports[SETTINGS_PORTS / 64])
{
	while (*list) {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (end == list) {
			list++;
			continue;
		}
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (unsigned long port = first; port <= last && port < SETTINGS_PORTS; port++)
			ports[port / 64] |= UINT64_C(1) << port % 64;
		list = end;
	}
}

static void read_reserved(struct settings *settings)
{
	_cleanup_free_ char *list = malloc(LIST_BYTES);

	if (!list)
		abort();
	if (read_value("net.ipv4.ip_local_reserved_ports", list, LIST_BYTES) < 0)
		return;
	settings->has_reserved = true;
	settings_read_ports(list, settings->reserved);
}

void settings_read(struct settings *settings)
{
	*settings = (struct settings){0};
	for (int i = 0; i < SETTING_COUNT; i++)
		read_number(settings, (enum setting)i);
	read_range(settings);
	read_reserved(settings);
}

bool settings_reserves(const struct settings *settings, uint32_t port)
{
	return port < SETTINGS_PORTS && settings->reserved[port / 64] >> port % 64 & 1;
}
