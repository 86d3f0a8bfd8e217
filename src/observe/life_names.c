/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "observe/life.h"

static const char *const causes[LIFE_CAUSE_COUNT] = {
	[LIFE_CAUSE_NONE] = "",
	[LIFE_EXPIRED] = "expired",
	[LIFE_REUSED_BY_CONNECT] = "reused_by_connect",
	[LIFE_REOPENED_BY_SYN] = "reopened_by_syn",
	[LIFE_KILLED_BY_RST] = "killed_by_rst",
	[LIFE_DATA_AFTER_CLOSE] = "data_after_close",
	[LIFE_SOCK_DESTROY] = "sock_destroy",
	[LIFE_NAMESPACE_GONE] = "namespace_gone",
	[LIFE_UNKNOWN] = "unknown",
	[LIFE_BUCKET_OVERFLOW] = "bucket_overflow",
	[LIFE_LINGER] = "linger",
	[LIFE_RESET] = "reset",
};

static const char *const kinds[LIFE_KIND_COUNT] = {
	[LIFE_STATE] = "state",
	[LIFE_BORN] = "born",
	[LIFE_RESTARTED] = "restarted",
	[LIFE_DIED] = "died",
	[LIFE_NOT_BORN] = "not_born",
};

const char *life_cause_name(enum life_cause cause)
{
	return (unsigned int)cause < LIFE_CAUSE_COUNT ? causes[cause] : causes[LIFE_UNKNOWN];
}

int life_cause_parse(const char *name, enum life_cause *ret_cause)
{
	for (int i = LIFE_EXPIRED; i < LIFE_CAUSE_COUNT; i++) {
		if (!strcmp(name, causes[i])) {
			*ret_cause = (enum life_cause)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *life_kind_name(enum life_kind kind)
{
	return (unsigned int)kind < LIFE_KIND_COUNT ? kinds[kind] : "";
}
