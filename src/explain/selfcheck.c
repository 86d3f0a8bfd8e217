/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/selfcheck.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/i18n.h"
#include "explain/probes.h"

#define LABORATORY     (SELFCHECK_REPRODUCE | SELFCHECK_RUN)
#define EVERY_COMMAND  (SELFCHECK_LIST | LABORATORY | SELFCHECK_REPRODUCE_HOST)
#define BOTH_REPRODUCE (SELFCHECK_REPRODUCE | SELFCHECK_REPRODUCE_HOST)

const char *const selfcheck_commands[SELFCHECK_COMMAND_COUNT] = {
	"list",
	"reproduce",
	"reproduce --host",
	"run",
};

#define USER_NAMESPACES    "user_namespaces"
#define NETWORK_NAMESPACES "network_namespaces"

static const struct {
	const char *name, *title, *purpose;
	unsigned int needed_by;
	const char *builds_on; /* the check that must work first; NULL for none */
	probe_function *probe;
} checks[] = {
	{"kernel", N_("Linux 6.1 or newer"), N_("what timewait is tested on"), 0, NULL,
		probe_kernel},
	{"sock_diag", N_("socket lists (sock_diag)"), N_("seeing the state of every socket"),
		EVERY_COMMAND, NULL, probe_sock_diag},
	{"daytimed", "daytimed", N_("the server of the experiment"), BOTH_REPRODUCE, NULL,
		probe_daytimed},
	{"daytime", "daytime", N_("the client of the experiment"), BOTH_REPRODUCE, NULL,
		probe_daytime},
	{USER_NAMESPACES, N_("user namespaces"), N_("the laboratory without being root"),
		LABORATORY, NULL, probe_user_namespaces},
	{NETWORK_NAMESPACES, N_("network namespaces"), N_("the laboratory's two hosts"), LABORATORY,
		NULL, probe_network_namespaces},
	{"pid_namespaces", N_("PID namespaces"), N_("leaving no process behind"), LABORATORY,
		NETWORK_NAMESPACES, probe_pid_namespaces},
	{"mount_namespaces", N_("mount namespaces"), N_("the names \"server\" and \"client\""),
		LABORATORY, NETWORK_NAMESPACES, probe_mount_namespaces},
	{"veth", N_("virtual Ethernet (veth)"), N_("the cable between the hosts"), LABORATORY,
		NETWORK_NAMESPACES, probe_veth},
	{"packet_sockets", N_("packets in a namespace"),
		N_("seeing and holding what is on the cable"), LABORATORY, NETWORK_NAMESPACES,
		probe_wire},
	{"sysctl_writes", N_("sysctls in a namespace"), N_("hosts that behave alike everywhere"),
		LABORATORY, NETWORK_NAMESPACES, probe_sysctl_writes},
	{"laboratory", N_("the laboratory as a whole"), N_("timewait reproduce, run, myths"),
		LABORATORY, NETWORK_NAMESPACES, probe_laboratory},
	{"seccomp_notify", N_("seccomp notification"), N_("watching a program call by call"), 0,
		NULL, probe_gate},
	{"capture", N_("packets on this host"), N_("drawing them with reproduce --host"), 0, NULL,
		probe_capture},
	{"bound_sockets", N_("bound sockets in lists"), N_("BOUND in timewait list"), 0,
		"sock_diag", probe_bound_sockets},
	{"sock_destroy", N_("ending sockets (SOCK_DESTROY)"),
		N_("putting hosts in order between scenarios"), 0, NETWORK_NAMESPACES,
		probe_sock_destroy},
	{"tcp_child_ehash_entries", "tcp_child_ehash_entries", N_("a faster laboratory"), 0, NULL,
		probe_tcp_child_ehash_entries},
	{"tcp_rto_min_us", "tcp_rto_min_us", N_("scenarios of quick retransmissions"), 0, NULL,
		probe_tcp_rto_min_us},
	{"tcp_tw_reuse_delay", "tcp_tw_reuse_delay", N_("scenarios of quick reuse"), 0, NULL,
		probe_tcp_tw_reuse_delay},
	{"btf", N_("the kernel's types (BTF)"), N_("watching TIME_WAIT end, in a later version"), 0,
		NULL, probe_btf},
	{"bpf_rights", N_("rights for BPF"), N_("watching TIME_WAIT end, in a later version"), 0,
		NULL, probe_bpf_rights},
	{"tw_timer_handler", N_("the kernel's addresses"),
		N_("watching TIME_WAIT end, in a later version"), 0, NULL, probe_tw_timer_handler},
	{"bpf_programs", N_("BPF programs"), N_("watching TIME_WAIT end, in a later version"), 0,
		NULL, probe_bpf_programs},
};

#define CHECK_COUNT (sizeof(checks) / sizeof(*checks))
_Static_assert(CHECK_COUNT <= SELFCHECK_MAX, "room for every check");

static struct selfcheck_item *find(struct selfcheck *check, const char *name)
{
	for (size_t i = 0; i < check->count; i++) {
		if (!strcmp(check->items[i].name, name))
			return &check->items[i];
	}
	return NULL;
}

static void try_one(struct selfcheck *check, size_t number)
{
	const char *name = checks[number].builds_on;
	const struct selfcheck_item *base = name ? find(check, name) : NULL;
	struct selfcheck_item *item = &check->items[check->count++];

	*item = (struct selfcheck_item){
		.name = checks[number].name,
		.title = checks[number].title,
		.purpose = checks[number].purpose,
		.needed_by = checks[number].needed_by,
		.was_tried = !base || !base->result.code,
	};
	if (item->was_tried)
		probe_run(checks[number].probe, &item->result);
	else
		probe_fail(&item->result, ENOTSUP, _("not tried: it builds on %s"), _(base->title));
}

/* Who may make network namespaces outright (root) needs no user namespace for it. */
static void weigh_user_namespaces(struct selfcheck *check)
{
	struct selfcheck_item *user = find(check, USER_NAMESPACES);
	struct selfcheck_item *network = find(check, NETWORK_NAMESPACES);

	if (!user->result.code)
		return;
	if (!network->result.code) {
		user->needed_by = 0;
		probe_advise(&user->result, _("nothing: you may do without (CAP_SYS_ADMIN)"));
	} else {
		probe_fail(&network->result, network->result.code,
			_("without root they take a user namespace"));
	}
}

void selfcheck_run(struct selfcheck *check)
{
	*check = (struct selfcheck){0};
	for (size_t i = 0; i < CHECK_COUNT; i++)
		try_one(check, i);
	weigh_user_namespaces(check);
}

unsigned int selfcheck_broken(const struct selfcheck *check)
{
	unsigned int broken = 0;

	for (size_t i = 0; i < check->count; i++) {
		if (check->items[i].result.code)
			broken |= check->items[i].needed_by;
	}
	return broken;
}
