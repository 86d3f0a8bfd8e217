/* SPDX-License-Identifier: BSD-2-Clause */

/* What is done inside a host: its sysctls, its counters. /proc shows the namespace one is in. */

#include "lab/lab.h"

#include "base/i18n.h"

typedef int inside_act(struct lab *lab, enum host_id host, void *context);

/* Goes there, acts, and comes home, where everything else is done from. */
static int act_inside(
	struct lab *lab, enum host_id host, inside_act *act, void *context, struct error *err)
{
	int r = sandbox_switch(lab->hosts[host].netns_fd, err);
	int back;

	if (r == 0)
		r = act(lab, host, context);
	back = sandbox_switch(lab->sandbox.base_netns_fd, r < 0 ? NULL : err);
	return r < 0 ? r : back;
}

struct setting {
	const char *name, *value;
};

static int write_sysctl(struct lab *lab, enum host_id host, void *context)
{
	const struct setting *setting = context;

	return sysctls_write(&lab->sysctls[host], setting->name, setting->value);
}

int lab_sysctl(struct lab *lab, enum host_id host, const char *name, const char *value)
{
	struct setting setting = {name, value};

	return act_inside(lab, host, write_sysctl, &setting, NULL);
}

static int restore(struct lab *lab, enum host_id host, void *context)
{
	(void)context;
	return sysctls_restore(&lab->sysctls[host]);
}

int lab_restore_sysctls(struct lab *lab, struct error *err)
{
	for (int host = 0; host < HOST_COUNT; host++) {
		int r = lab->sysctls[host].count
				? act_inside(lab, (enum host_id)host, restore, NULL, NULL)
				: 0;

		if (r < 0)
			return error_errno(err, -r, _("cannot put the sysctls of %s back"),
				host_name((enum host_id)host));
	}
	return 0;
}

static int read_counters(struct lab *lab, enum host_id host, void *context)
{
	(void)lab;
	(void)host;
	return counters_read(context);
}

int lab_counters(struct lab *lab, enum host_id host, struct counters *counters, struct error *err)
{
	int r = act_inside(lab, host, read_counters, counters, NULL);

	return r < 0 ? error_errno(err, -r, _("cannot read the counters of %s"), host_name(host))
		     : 0;
}
