/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/sysctls.h"

#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/list.h"
#include "base/text.h"
#include "lab/sandbox.h"

/* Long enough for every sysctl of the network: lists of ports are the longest. */
#define VALUE_BYTES 4096

static int read_value(const char *name, char value[VALUE_BYTES])
{
	ssize_t length = sandbox_read_sysctl(name, value, VALUE_BYTES);

	if (length < 0)
		return (int)length;
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

int sysctls_write(struct sysctls *sysctls, const char *name, const char *value)
{
	char before[VALUE_BYTES];
	int r = read_value(name, before);

	if (r == 0)
		r = sandbox_sysctl(name, value);
	if (r < 0)
		return r;
	*list_grow(&sysctls->changes, &sysctls->count, &sysctls->room) =
		(struct sysctl_change){text_copy(name), text_copy(before)};
	return 0;
}

int sysctls_restore(struct sysctls *sysctls)
{
	int first = 0;

	/* Backwards: what was changed twice ends as it began, and bounds widen before they move. */
	for (size_t i = sysctls->count; i-- > 0;) {
		const struct sysctl_change *change = &sysctls->changes[i];
		int r = sandbox_sysctl(change->name, change->before[0] ? change->before : "\n");

		if (r < 0 && first == 0)
			first = r;
	}
	sysctls_finish(sysctls);
	return first;
}

void sysctls_finish(struct sysctls *sysctls)
{
	for (size_t i = 0; i < sysctls->count; i++) {
		free(sysctls->changes[i].name);
		free(sysctls->changes[i].before);
	}
	free(sysctls->changes);
	*sysctls = (struct sysctls){0};
}
