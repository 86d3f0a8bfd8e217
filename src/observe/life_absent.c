/* SPDX-License-Identifier: BSD-2-Clause */

/* In place of life.c and the rest, where the tools to build the BPF programs were not there. */

#include <errno.h>
#include <stddef.h>

#include "base/i18n.h"
#include "observe/life.h"

bool life_is_built(void)
{
	return false;
}

int life_check(struct error *err)
{
	return error_set(err, ENOSYS,
		_("this timewait was built without its BPF programs (build it where clang, bpftool "
		  "and libbpf-dev are: scripts/deps build)"));
}

int life_open(struct life **ret_life, const struct life_options *options, struct error *err)
{
	(void)ret_life;
	(void)options;
	return life_check(err);
}

void life_close(struct life *life)
{
	(void)life;
}

int life_poll(struct life *life, life_each *each, void *context, int timeout_ms)
{
	(void)life;
	(void)each;
	(void)context;
	(void)timeout_ms;
	return -ENOSYS;
}

int life_fd(const struct life *life)
{
	(void)life;
	return -1;
}

bool life_arm(struct life *life)
{
	(void)life;
	return false;
}

int life_losses(struct life *life, struct life_losses *ret_losses)
{
	(void)life;
	(void)ret_losses;
	return -ENOSYS;
}

int life_totals(struct life *life, struct life_totals *ret_totals)
{
	(void)life;
	(void)ret_totals;
	return -ENOSYS;
}

int life_groups(struct life *life, enum life_dimension dimension, life_each_group *each,
	void *context, struct life_group_counts *ret_others)
{
	(void)life;
	(void)dimension;
	(void)each;
	(void)context;
	(void)ret_others;
	return -ENOSYS;
}

int life_drift(struct life *life, struct life_drift *ret_drift, struct error *err)
{
	(void)life;
	(void)ret_drift;
	return life_check(err);
}
