/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stdbool.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"

/* netstat is some 5 KiB today. */
#define FILE_BYTES 32768

static void add(struct counters *counters, const char *group, const char *name, const char *value)
{
	struct counter *counter = list_grow(&counters->counters, &counters->count, &counters->room);

	snprintf(counter->group, sizeof(counter->group), "%s", group);
	snprintf(counter->name, sizeof(counter->name), "%s", name);
	counter->value = strtoll(value, NULL, 10);
}

/* Two lines: "TcpExt: SyncookiesSent ..." and "TcpExt: 0 ...". */
static void read_group(struct counters *counters, char *names, char *values)
{
	char *group = strsep(&names, ":");
	char *name, *value;

	strsep(&values, ":");
	while (names && values) {
		do
			name = strsep(&names, " ");
		while (name && !*name);
		do
			value = strsep(&values, " ");
		while (value && !*value);
		if (name && value)
			add(counters, group, name, value);
	}
}

static int read_file(struct counters *counters, const char *path)
{
	_cleanup_free_ char *text = malloc(FILE_BYTES);
	char *at = text;
	ssize_t length;

	if (!text)
		abort();
	length = fd_read_file(path, text, FILE_BYTES);
	if (length < 0)
		return (int)length;
	while (at && *at) {
		char *names = strsep(&at, "\n");
		char *values = at ? strsep(&at, "\n") : NULL;

		if (values)
			read_group(counters, names, values);
	}
	return 0;
}

int counters_read(struct counters *counters)
{
	int r;

	counters->count = 0;
	r = read_file(counters, "/proc/thread-self/net/netstat");
	return r < 0 ? r : read_file(counters, "/proc/thread-self/net/snmp");
}

void counters_finish(struct counters *counters)
{
	free(counters->counters);
	*counters = (struct counters){0};
}

/* Is it called so, with its group or without? */
static bool is_called(const struct counter *counter, const char *name)
{
	size_t length = strlen(counter->group);

	if (!strcmp(counter->name, name))
		return true;
	if (strncmp(name, counter->group, length) != 0)
		return false;
	name += length;
	name += *name == ':' || *name == '.';
	return !strcmp(counter->name, name);
}

static bool is_of_tcp(const struct counter *counter)
{
	return !strcmp(counter->group, "TcpExt") || !strcmp(counter->group, "Tcp");
}

const struct counter *counters_find(const struct counters *counters, const char *name)
{
	const struct counter *found = NULL;

	for (size_t i = 0; i < counters->count; i++) {
		const struct counter *counter = &counters->counters[i];

		if (is_called(counter, name) &&
			(!found || (is_of_tcp(counter) && !is_of_tcp(found))))
			found = counter;
	}
	return found;
}

const char *counters_nearest(const struct counters *counters, const char *name)
{
	const char **names = calloc(counters->count + 1, sizeof(*names));
	const char *nearest;

	if (!names)
		abort();
	for (size_t i = 0; i < counters->count; i++)
		names[i] = counters->counters[i].name;
	nearest = text_nearest(name, names);
	free(names);
	return nearest;
}
