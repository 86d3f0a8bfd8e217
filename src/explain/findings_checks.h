/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef EXPLAIN_FINDINGS_CHECKS_H
#define EXPLAIN_FINDINGS_CHECKS_H

/* The checks that findings.c has in its table. */

#include "explain/findings.h"

/* findings_ports.c */
void judge_port_budget(struct findings *findings, const struct checkup *checkup);
void judge_port_range(struct findings *findings, const struct checkup *checkup);
void judge_listener_in_range(struct findings *findings, const struct checkup *checkup);

/* findings_sockets.c */
void judge_close_wait(struct findings *findings, const struct checkup *checkup);
void judge_half_closed(struct findings *findings, const struct checkup *checkup);
void judge_vanished_peers(struct findings *findings, const struct checkup *checkup);

/* findings_limits.c */
void judge_time_wait_buckets(struct findings *findings, const struct checkup *checkup);
void judge_orphans(struct findings *findings, const struct checkup *checkup);
void judge_aborted_for_memory(struct findings *findings, const struct checkup *checkup);
void judge_timeouts(struct findings *findings, const struct checkup *checkup);
void judge_conntrack_full(struct findings *findings, const struct checkup *checkup);

/* findings_listen.c */
void judge_listen_queue(struct findings *findings, const struct checkup *checkup);
void judge_syn_queue(struct findings *findings, const struct checkup *checkup);
void judge_somaxconn(struct findings *findings, const struct checkup *checkup);
void judge_abort_on_overflow(struct findings *findings, const struct checkup *checkup);
void judge_reuse_address(struct findings *findings, const struct checkup *checkup);

/* findings_settings.c */
void judge_tw_reuse(struct findings *findings, const struct checkup *checkup);
void judge_fin_timeout_high(struct findings *findings, const struct checkup *checkup);
void judge_fin_timeout_low(struct findings *findings, const struct checkup *checkup);
void judge_tw_recycle(struct findings *findings, const struct checkup *checkup);
void judge_max_tw_buckets(struct findings *findings, const struct checkup *checkup);
void judge_rfc1337(struct findings *findings, const struct checkup *checkup);
void judge_max_orphans(struct findings *findings, const struct checkup *checkup);
void judge_conntrack_time_wait(struct findings *findings, const struct checkup *checkup);

#endif
