/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_PROBES_H
#define EXPLAIN_PROBES_H

/* What can be tried, one function a thing; see probe.h. Those of the laboratory use its own code. */

#include "explain/probe.h"

probe_function probe_user_namespaces, probe_network_namespaces, probe_pid_namespaces,
	probe_mount_namespaces, probe_veth, probe_wire, probe_sysctl_writes, probe_laboratory,
	probe_gate;

probe_function probe_kernel, probe_sock_diag, probe_bound_sockets, probe_sock_destroy,
	probe_capture, probe_daytimed, probe_daytime;

probe_function probe_tcp_child_ehash_entries, probe_tcp_rto_min_us, probe_tcp_tw_reuse_delay;

probe_function probe_btf, probe_bpf_rights, probe_tw_timer_handler, probe_bpf_programs;

#endif
