/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/life.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "observe/life_check.h"
#include "observe/life_private.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "observe/life.skel.h"
#pragma GCC diagnostic pop

#define RING_BYTES  (32u << 20)
#define LIVES_LEAST 65536u
#define LIVES_MOST  4194304u
#define SEEN_MOST   4194304u
#define THEIRS_MOST 65536u
/* After an event the next is looked for so often, without being woken, and for so long. */
#define PAUSE_NS       (5 * NS_PER_MS)
#define QUIET_AFTER_NS (50 * NS_PER_MS)

bool life_is_built(void)
{
	return true;
}

/* The last thing that libbpf complained of, for the error's text. */
static char complaint[256];

static int __attribute__((format(printf, 2, 0)))
keep_complaint(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN) {
		vsnprintf(complaint, sizeof(complaint), format, args);
		complaint[strcspn(complaint, "\n")] = '\0';
	}
	return 0;
}

static int fail(int r, const char *what, struct error *err)
{
	if (r == -EPERM || r == -EACCES)
		return error_set(err, EPERM,
			_("%s: the kernel refuses it (a container, a user namespace, a lockdown or "
			  "a security module forbids BPF): %s"),
			what, complaint);
	return error_set(err, -r, "%s: %s: %s", what, strerror(-r), complaint);
}

/* 6.2 and later. */
static bool has_kernel_function(const char *name)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool has = btf && btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;

	btf__free(btf);
	return has;
}

static void fill_peer(struct life_setup *setup, const struct life_options *options)
{
	uint8_t mask[16] = {0};

	setup->peer_family = (uint8_t)options->peer.family;
	for (unsigned int bit = 0; bit < options->peer_bits && bit < 128; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	memcpy(setup->peer_mask, mask, sizeof(mask));
	for (size_t i = 0; i < sizeof(mask); i++)
		mask[i] &= options->peer.address[i];
	memcpy(setup->peer, mask, sizeof(mask));
}

/* As linux/proc_ns.h has it. */
#define INITIAL_PID_NAMESPACE UINT32_C(0xeffffffc)

static uint32_t own_pid_namespace(void)
{
	struct stat status;

	if (stat("/proc/self/ns/pid", &status) < 0 || status.st_ino == INITIAL_PID_NAMESPACE)
		return 0;
	return (uint32_t)status.st_ino;
}

static void fill_setup(struct life_setup *setup, const struct life_options *options,
	const struct life_symbols *symbols)
{
	*setup = (struct life_setup){
		.tw_timer_handler = symbols->tw_timer_handler,
		.netns = (uint32_t)options->netns,
		.pid = options->pid,
		.pid_namespace = own_pid_namespace(),
		.causes = options->causes,
		.port = options->port,
		.has_events = options->has_events,
		.has_no_states = options->has_no_states || options->causes,
		.has_counts = options->has_counts,
		.has_rdonly_cast = has_kernel_function("bpf_rdonly_cast"),
	};
	memcpy(setup->ranges, symbols->ranges, sizeof(setup->ranges));
	fill_peer(setup, options);
}

/* As many as there may be minisockets, and closers whose minisocket is yet to come. */
static uint32_t lives_wanted(void)
{
	char text[32] = "";
	unsigned long most = 0;
	uint32_t size = LIVES_LEAST;

	if (fd_read_file("/proc/sys/net/ipv4/tcp_max_tw_buckets", text, sizeof(text)) > 0)
		most = strtoul(text, NULL, 10);
	while (size < LIVES_MOST && size < most + most / 4 + LIVES_LEAST / 4)
		size *= 2;
	return size;
}

static int prepare(struct life *life, const struct life_symbols *symbols)
{
	struct life_bpf *bpf = life->bpf;
	bool has_counts = life->options.has_counts;
	int r;

	fill_setup((struct life_setup *)&bpf->rodata->setup, &life->options, symbols);
	r = bpf_map__set_max_entries(
		bpf->maps.ring, life->options.has_events ? life->options.ring_bytes : 4096);
	if (r == 0)
		r = bpf_map__set_max_entries(bpf->maps.lives, lives_wanted());
	if (r == 0)
		r = bpf_map__set_max_entries(bpf->maps.seen, has_counts ? SEEN_MOST : LIVES_LEAST);
	if (r == 0)
		r = bpf_map__set_max_entries(
			bpf->maps.theirs, life->options.pid ? THEIRS_MOST : 16);
	return r;
}

static int attach(struct bpf_program *program, struct bpf_link **ret_link)
{
	*ret_link = bpf_program__attach(program);
	return *ret_link ? 0 : -errno;
}

static int attach_timers(struct life_bpf *bpf)
{
	int r = attach(bpf->progs.on_timer_expire, &bpf->links.on_timer_expire);

	if (r == 0)
		r = attach(bpf->progs.on_timer_cancel, &bpf->links.on_timer_cancel);
	if (r == 0)
		r = attach(bpf->progs.on_timer_start, &bpf->links.on_timer_start);
	return r;
}

/* Cookies come first: see read_sockets() in life.bpf.c. */
static int start(struct life *life, struct error *err)
{
	struct life_bpf *bpf = life->bpf;
	int r;

	life->shared = &bpf->bss->shared;
	life->shared->is_reading = LIFE_STARTS;
	r = attach(bpf->progs.on_state, &bpf->links.on_state);
	if (r == 0)
		r = attach(bpf->progs.on_state_again, &bpf->links.on_state_again);
	if (r < 0)
		return fail(r, _("cannot attach to the kernel's tracepoints"), err);
	life->shared->is_reading = LIFE_READS_COOKIES;
	r = life_read_sockets(life, err);
	if (r < 0)
		return r;
	life->shared->is_reading = LIFE_READS_ALL;
	r = attach_timers(bpf);
	if (r < 0)
		return fail(r, _("cannot attach to the kernel's tracepoints"), err);
	r = life_read_sockets(life, err);
	life->shared->is_reading = LIFE_READS_NOTHING;
	return r;
}

static int load(struct life *life, struct error *err)
{
	struct life_symbols symbols;
	int cpus, r = life_check_all(&symbols, err);

	if (r < 0)
		return r;
	libbpf_set_print(keep_complaint);
	complaint[0] = '\0';
	life->bpf = life_bpf__open();
	if (!life->bpf)
		return fail(-errno, _("cannot open the BPF programs"), err);
	r = prepare(life, &symbols);
	if (r == 0)
		r = life_bpf__load(life->bpf);
	if (r < 0)
		return fail(r, _("cannot load the BPF programs"), err);
	cpus = libbpf_num_possible_cpus();
	life->cpus = cpus > 0 ? (size_t)cpus : 1;
	life->counts = calloc(life->cpus, sizeof(*life->counts));
	if (!life->counts)
		abort();
	r = life_ring_open(&life->ring, bpf_map__fd(life->bpf->maps.ring),
		bpf_map__max_entries(life->bpf->maps.ring));
	if (r < 0)
		return fail(r, _("cannot map the ring buffer"), err);
	return start(life, err);
}

int life_open(struct life **ret_life, const struct life_options *options, struct error *err)
{
	struct life *life = calloc(1, sizeof(*life));
	int r;

	if (!life)
		abort();
	life->options = *options;
	if (!life->options.ring_bytes)
		life->options.ring_bytes = RING_BYTES;
	r = load(life, err);
	if (r < 0) {
		life_close(life);
		return r;
	}
	*ret_life = life;
	return 0;
}

void life_close(struct life *life)
{
	if (!life)
		return;
	life_ring_close(&life->ring);
	life_bpf__destroy(life->bpf);
	free(life->counts);
	free(life);
}

struct delivery {
	life_each *each;
	void *context;
	struct life_event event; /* what a brief record becomes: its second part stays zero */
};

static int deliver(void *context, const void *record, uint32_t length)
{
	struct delivery *delivery = context;

	if (length == sizeof(struct life_event))
		return delivery->each(delivery->context, record);
	memcpy(&delivery->event, record, LIFE_BRIEF_BYTES);
	return delivery->each(delivery->context, &delivery->event);
}

static int consume(struct life *life, struct delivery *delivery)
{
	int r = life_ring_consume(&life->ring, deliver, delivery, LIFE_POLL_MAX);

	if (r > 0)
		life->last_ns = (uint64_t)clock_now_ns();
	return r;
}

int life_fd(const struct life *life)
{
	return life->ring.fd;
}

bool life_arm(struct life *life)
{
	life->shared->is_sleeping = 1;
	if (!life_ring_has_more(&life->ring))
		return false;
	life->shared->is_sleeping = 0;
	return true;
}

/* Where events come one after the other, to be woken for each costs more than the event: look every few ms. */
static int nap(int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - clock_now_ns();
	struct timespec pause = {0};

	if (left_ns <= 0)
		return 0;
	pause.tv_nsec = left_ns < PAUSE_NS ? left_ns : PAUSE_NS;
	return nanosleep(&pause, NULL) < 0 ? -EINTR : 0;
}

static int sleep_until_told(struct life *life, int64_t deadline_ns)
{
	struct pollfd ready = {.fd = life->ring.fd, .events = POLLIN};
	int r = 0;

	if (!life_arm(life))
		r = poll(&ready, 1, clock_poll_ms(deadline_ns));
	life->shared->is_sleeping = 0;
	return r < 0 ? -errno : 0;
}

int life_poll(struct life *life, life_each *each, void *context, int timeout_ms)
{
	struct delivery delivery = {.each = each, .context = context};
	int64_t deadline_ns =
		timeout_ms < 0 ? DEADLINE_NEVER : clock_deadline_ns(timeout_ms * NS_PER_MS);
	int r = 0;

	do {
		int waited;

		if ((uint64_t)clock_now_ns() - life->last_ns < (uint64_t)QUIET_AFTER_NS)
			waited = life->has_room_left ? nap(deadline_ns) : 0;
		else
			waited = sleep_until_told(life, deadline_ns);
		r = consume(life, &delivery);
		life->has_room_left = r < LIFE_POLL_MAX;
		if (waited == -EINTR || r != 0)
			break;
	} while (clock_now_ns() < deadline_ns);
	return r;
}
