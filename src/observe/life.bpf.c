/* SPDX-License-Identifier: Dual BSD/GPL */

/*
 * Sees every change of a TCP socket's state, and every TIME_WAIT's birth, restart and death, from the kernel's BTF
 * tracepoints alone: they load where kprobes and fentry are refused, and on every kernel since 6.1.
 *
 * A TIME_WAIT is a "minisocket" that takes the socket's place. No tracepoint marks it; but its timer is started when it
 * is born, and cancelled or fired when it dies. Who closed is known at FIN_WAIT1 alone, when the closing process is current;
 * cookies join the two, for the minisocket inherits its socket's. Each such life is an entry of `lives`, from FIN_WAIT1 to the end.
 */

#include "observe/life_sockets.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The stack of the process, or that of interrupts? A change of state in a system call may be interrupted by packets, which
 * change others; these are not. */
static __always_inline uint32_t find_level(void *ctx)
{
	uint64_t stack = (uint64_t)bpf_get_current_task_btf()->stack;

	return number_of(ctx) - stack < LARGEST_STACK_BYTES ? 0 : 1;
}

static __always_inline bool is_of_interest(int from, int to)
{
	if (is_child(from, to))
		return false;
	/* shutdown(), then close(): nothing has changed. */
	if (from == to)
		return false;
	/* Without events of states, or counts, the ends of connections are all there is to see. */
	if (setup.has_counts || (setup.has_events && !setup.has_no_states))
		return true;
	return to == FIN_WAIT1 || (to == CLOSED && could_wait(from)) ||
	       (setup.pid && is_own_act(from, to));
}

/*
 * One tracepoint, twice: the kernel leaves out a program that runs on this CPU already. So what comes in by an interrupt
 * of the first is the second's; else the second finds that the first has had its turn.
 */
static __always_inline int take_turn(
	void *ctx, const struct sock *sk, int from, int to, bool is_second)
{
	int change = from << 8 | to;
	struct life_turn *turn;
	uint32_t level;

	if (!is_of_interest(from, to))
		return 0;
	level = find_level(ctx);
	turn = bpf_map_lookup_elem(&turns, &level);
	if (turn && !is_second) {
		turn->socket = (uint64_t)sk;
		turn->change = change;
	} else if (turn && turn->socket == (uint64_t)sk && turn->change == change) {
		turn->socket = 0;
		return 0;
	}
	return see_change(sk, from, to);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, const struct sock *sk, int from, int to)
{
	return take_turn(ctx, sk, from, to, false);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state_again, const struct sock *sk, int from, int to)
{
	return take_turn(ctx, sk, from, to, true);
}

/* --- minisockets -------------------------------------------------------------------------- */

static __always_inline void be_born(
	const struct identity *id, struct life_entry *known, const void *timer)
{
	struct life_entry fresh = {.netns = id->netns};
	struct life_entry *entry = known ? known : &fresh;
	bool is_orphan;

	if (!known && setup.pid)
		return;
	entry->born_ns = bpf_ktime_get_ns();
	entry->substate = id->substate;
	if (id->substate == FIN_WAIT2)
		entry->flags |= LIFE_WAS_FINWAIT2;
	if (setup.has_counts) {
		is_orphan = become_orphan(id, timer);
		COUNT(born, 1);
		count_now(is_orphan, 1);
		count_in_groups(id, entry, 1, is_orphan, true, false);
	}
	if (setup.has_events)
		tell(id, entry, LIFE_BORN, 0, 0, 0);
	/* Last: nobody looks at it before. What FIN_WAIT1 has put there is changed where it lies. */
	entry->flags |= LIFE_LIVES;
	if (!known && bpf_map_update_elem(&lives, &id->cookie, entry, BPF_ANY))
		COUNT(untracked, 1);
}

/* FIN_WAIT2 no more. */
static __always_inline void count_as_time_wait(const struct identity *id, struct life_entry *entry)
{
	if (!was_orphan(id))
		return;
	count_now(true, -1);
	count_now(false, 1);
	count_in_groups(id, entry, 0, -1, false, false);
}

static __always_inline void be_restarted(const struct identity *id, struct life_entry *entry)
{
	entry->restarts++;
	if (setup.has_counts) {
		COUNT(restarted, 1);
		if (entry->substate == FIN_WAIT2 && id->substate == TIME_WAIT)
			count_as_time_wait(id, entry);
	}
	entry->substate = id->substate;
	if (setup.has_events)
		tell(id, entry, LIFE_RESTARTED, 0, 0, 0);
}

static __always_inline void count_death(
	const struct identity *id, struct life_entry *entry, uint8_t cause)
{
	bool is_orphan = (entry->flags & LIFE_WAS_FINWAIT2) && was_orphan(id);

	COUNT(died, 1);
	COUNT(died_by[below_16(cause)], 1);
	count_now(is_orphan, -1);
	count_in_groups(id, entry, -1, is_orphan ? -1 : 0, false, true);
}

static __always_inline void die(
	const struct identity *id, struct timer_list *timer, uint8_t cause, uint32_t ended_by)
{
	struct life_entry entry = {}, *known;

	/* First, then whether it is there: read_minisocket() does it the other way round, so one of us sees. */
	if (shared.is_reading)
		note_seen(number_of(timer));
	known = bpf_map_lookup_elem(&lives, &id->cookie);
	if (known)
		entry = *known;
	/* Whoever takes it away has counted it. */
	if (known && bpf_map_delete_elem(&lives, &id->cookie))
		return;
	if (!known && setup.pid)
		return;
	/* What was here before us, and has not been read yet, was never counted. */
	if (setup.has_counts && entry.flags & LIFE_LIVES)
		count_death(id, &entry, cause);
	if (!(entry.flags & LIFE_LIVES))
		entry.flags |= LIFE_WAS_BEFORE;
	if (setup.has_events)
		tell(id, &entry, LIFE_DIED, 0, cause, ended_by);
}

/*
 * Is the timer about to fire? Those are moved to a list whose head lies on the stack of the function that fires them,
 * one after the other; and that is the stack we are on. It saves a look at the whole stack for each natural death; where it
 * should ever say no, that look finds the same.
 */
static __always_inline bool is_about_to_fire(void *ctx, struct timer_list *timer)
{
	uint64_t head = (uint64_t)timer->entry.pprev;

	return head - number_of(ctx) < STACK_BYTES;
}

/* What cancelled it: the innermost frame that we know. */
static __always_inline uint8_t find_who_cancelled(void *ctx)
{
	uint64_t stack[STACK_FRAMES] = {};
	long bytes = bpf_get_stack(ctx, stack, sizeof(stack), 0);

	for (int i = 0; i < STACK_FRAMES; i++) {
		uint64_t address = stack[i];

		if (i * (long)sizeof(*stack) >= bytes)
			break;
		for (int j = 0; j < LIFE_RANGES_MAX; j++) {
			if (address - setup.ranges[j].start < setup.ranges[j].length)
				return setup.ranges[j].meaning;
		}
	}
	return LIFE_MEANS_NOTHING;
}

static __always_inline bool is_minisocket(struct timer_list *timer)
{
	return (uint64_t)timer->function == setup.tw_timer_handler;
}

SEC("tp_btf/timer_start")
int BPF_PROG(on_timer_start, struct timer_list *timer)
{
	struct life_entry *entry;
	struct identity id = {};

	if (!is_minisocket(timer))
		return 0;
	identify_minisocket(timer, &id);
	if (!is_wanted(&id))
		return 0;
	entry = bpf_map_lookup_elem(&lives, &id.cookie);
	if (entry && entry->flags & LIFE_LIVES)
		be_restarted(&id, entry);
	else
		be_born(&id, entry, timer);
	return 0;
}

SEC("tp_btf/timer_cancel")
int BPF_PROG(on_timer_cancel, struct timer_list *timer)
{
	struct identity id = {};
	uint32_t ended_by = 0;
	uint8_t cause;

	if (!is_minisocket(timer) || is_about_to_fire(ctx, timer))
		return 0;
	cause = find_who_cancelled(ctx);
	if (cause == LIFE_MEANS_RESTART || cause == LIFE_MEANS_EXPIRY)
		return 0;
	identify_minisocket(timer, &id);
	if (!is_wanted(&id))
		return 0;
	if (cause == LIFE_MEANS_NOTHING)
		cause = LIFE_UNKNOWN;
	else if (cause == LIFE_REOPENED_BY_SYN && id.substate == FIN_WAIT2)
		cause = LIFE_DATA_AFTER_CLOSE;
	if (cause == LIFE_REUSED_BY_CONNECT || cause == LIFE_SOCK_DESTROY)
		ended_by = current_process();
	die(&id, timer, cause, ended_by);
	return 0;
}

SEC("tp_btf/timer_expire_entry")
int BPF_PROG(on_timer_expire, struct timer_list *timer)
{
	struct identity id = {};

	if (!is_minisocket(timer))
		return 0;
	identify_minisocket(timer, &id);
	if (!is_wanted(&id))
		return 0;
	die(&id, timer, LIFE_EXPIRED, 0);
	return 0;
}

/* --- what is there already ---------------------------------------------------------------- */

static __always_inline void read_socket(struct sock_common *common)
{
	struct identity id = {};
	int state = common->skc_state;

	IDENTIFY(common, &id);
	if (!is_wanted(&id))
		return;
	id.cookie = bpf_get_socket_cookie(common);
	if (!setup.has_counts || state == SYN_RECV || state == CLOSED || state > CLOSING)
		return;
	if (has_been_seen(id.cookie))
		return;
	note_seen(id.cookie);
	COUNT(states[below_16((uint32_t)state)], 1);
}

static __always_inline void read_minisocket(
	struct sock_common *common, struct tcp_timewait_sock *tcp)
{
	const void *timer = &tcp->tw_sk.tw_timer;
	struct life_entry entry = {}, *known;
	struct identity id = {};
	bool is_orphan;

	IDENTIFY(common, &id);
	if (!is_wanted(&id))
		return;
	id.cookie = bpf_get_socket_cookie(common);
	id.substate = tcp->tw_sk.tw_substate;
	known = bpf_map_lookup_elem(&lives, &id.cookie);
	if (known ? known->flags & LIFE_LIVES : setup.pid)
		return;
	/* Its closer was seen, but not its birth: that was just before timers were watched. */
	if (known) {
		entry = *known;
		if (bpf_map_delete_elem(&lives, &id.cookie))
			return;
	}
	entry.born_ns = bpf_ktime_get_ns();
	entry.netns = id.netns;
	entry.substate = id.substate;
	entry.flags |=
		LIFE_WAS_BEFORE | LIFE_LIVES | (id.substate == FIN_WAIT2 ? LIFE_WAS_FINWAIT2 : 0);
	count_in_groups(&id, &entry, 1, 0, true, false);
	if (bpf_map_update_elem(&lives, &id.cookie, &entry, BPF_NOEXIST)) {
		count_in_groups(&id, &entry, -1, 0, false, false);
		return;
	}
	count_now(false, 1);
	is_orphan = setup.has_counts && become_orphan(&id, timer);
	if (is_orphan) {
		count_now(false, -1);
		count_now(true, 1);
		count_in_groups(&id, &entry, 0, 1, false, false);
	}
	/* It died before we put it there, and has been told already: it was nobody's then. */
	if (has_been_seen(number_of(timer)) && !bpf_map_delete_elem(&lives, &id.cookie)) {
		is_orphan = is_orphan && was_orphan(&id);
		count_now(is_orphan, -1);
		count_in_groups(&id, &entry, -1, is_orphan ? -1 : 0, false, true);
	}
}

/*
 * Twice: first every socket is given its cookie, so that no minisocket is born without; then, with everything
 * attached, all are counted.
 */
SEC("iter/tcp")
int read_sockets(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;
	struct tcp_timewait_sock *tcp;

	if (!common)
		return 0;
	if (common->skc_state == TIME_WAIT) {
		tcp = bpf_skc_to_tcp_timewait_sock(common);
		if (tcp && shared.is_reading == LIFE_READS_ALL)
			read_minisocket(common, tcp);
		return 0;
	}
	if (common->skc_state == LIFE_STATE_REQUEST)
		return 0;
	if (shared.is_reading == LIFE_READS_ALL)
		read_socket(common);
	else
		bpf_get_socket_cookie(common);
	return 0;
}

/* Before the counts are read: which of the orphans are in TIME_WAIT by now? One that died meanwhile is another's memory, or
 * nobody's: then the cookie is not the same. */
SEC("iter/bpf_map_elem")
int look_again(struct bpf_iter__bpf_map_elem *ctx)
{
	uint64_t *cookie = ctx->key, *timer = ctx->value, address;
	struct life_entry *entry;
	struct identity id = {};
	uint64_t key;

	if (!cookie || !timer)
		return 0;
	key = *cookie;
	address = *timer;
	identify_minisocket((void *)address, &id);
	if (id.cookie != key || id.substate != TIME_WAIT)
		return 0;
	entry = bpf_map_lookup_elem(&lives, &key);
	if (!entry)
		return 0;
	count_as_time_wait(&id, entry);
	entry->substate = TIME_WAIT;
	__sync_fetch_and_add(&shared.converted, 1);
	return 0;
}
