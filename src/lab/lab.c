/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/lab.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/list.h"

/* How often states that only a kernel timer moves are looked at. */
#define TICK_NS (10 * NS_PER_MS)
/* And at first, while it may be a matter of a tick of the kernel's. */
#define SHORT_TICK_NS (1 * NS_PER_MS)

static void init(struct lab *lab, const char *title)
{
	/* The short sleeps that await a program are to be short: the usual slack is 50 us. */
	prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
	*lab = (struct lab)LAB_NONE;
	lab->packet = malloc(WIRE_PACKET_BYTES);
	if (!lab->packet)
		abort();
	timeline_init(&lab->timeline, title);
}

static void name_hosts(struct lab *lab)
{
	char address[ENDPOINT_TEXT_BYTES];

	text_append(&lab->names, "127.0.0.1 localhost\n::1 localhost\n");
	for (int host = 0; host < HOST_COUNT; host++)
		text_printf(&lab->names, "%s %s\n",
			endpoint_address(&lab->hosts[host].address, address),
			host_name((enum host_id)host));
}

int lab_open(struct lab *lab, const char *title, bool is_ipv6, struct error *err)
{
	int r;

	init(lab, title);
	r = sandbox_enter(&lab->sandbox, err);
	for (int host = 0; host < HOST_COUNT && r == 0; host++)
		r = host_open(&lab->hosts[host], (enum host_id)host, is_ipv6, &lab->sandbox, err);
	if (r == 0)
		r = wire_open(&lab->wire, lab->hosts, err);
	/* Before any program: what is bound to a processor binds what it starts. */
	if (r == 0 && fence_is_needed())
		r = fence_open(&lab->fence, lab->hosts[HOST_SERVER].wire_index,
			lab->hosts[HOST_SERVER].netns_fd, err);
	if (r == 0)
		r = guardian_start(&lab->guardian, program_obey, true, err);
	if (r < 0) {
		lab_close(lab);
		return r;
	}
	name_hosts(lab);
	return 0;
}

int lab_open_loopback(
	struct lab *lab, const char *title, const struct endpoint *server, struct error *err)
{
	int r;

	init(lab, title);
	lab->is_loopback = true;
	/* As the tap below: without CAP_NET_RAW there is none, and a busy kernel's states come late. */
	if (fence_is_needed())
		fence_open(&lab->fence, (int)if_nametoindex("lo"), -1, NULL);
	r = diag_open(&lab->hosts[HOST_SERVER].diag, err);
	if (r == 0)
		r = census_open_loopback(&lab->census, lab->hosts, server, err);
	/* Root's programs may change their user, and then outlive us but for a namespace; those of
	 * others cannot, and need none. */
	if (r == 0 && guardian_start(&lab->guardian, program_obey, true, NULL) < 0)
		r = guardian_start(&lab->guardian, program_obey, false, err);
	if (r < 0) {
		lab_close(lab);
		return r;
	}
	/* Without CAP_NET_RAW the states are all there is to see. */
	wire_open_tap(&lab->wire, server, NULL);
	return 0;
}

/* Sleeps until something may have moved: a packet, a call at a gate, output, or a tick's time. */
static void await_event(struct lab *lab, int64_t waited_ns, int64_t deadline_ns)
{
	struct pollfd waiting[16];
	nfds_t count = 0;
	int64_t tick_ns = clock_deadline_ns(waited_ns < TICK_NS ? SHORT_TICK_NS : TICK_NS);

	if (lab->wire.fd >= 0)
		waiting[count++] = (struct pollfd){.fd = lab->wire.fd, .events = POLLIN};
	for (size_t i = 0; i < lab->program_count && count + 2 <= 16; i++) {
		const struct program *program = lab->programs[i];

		if (program->has_ended)
			continue;
		if (program->gate_fd >= 0)
			waiting[count++] =
				(struct pollfd){.fd = program->gate_fd, .events = POLLIN};
		if (program->output_fd >= 0)
			waiting[count++] =
				(struct pollfd){.fd = program->output_fd, .events = POLLIN};
	}
	poll(waiting, count, clock_poll_ms(tick_ns < deadline_ns ? tick_ns : deadline_ns));
}

int lab_wait(struct lab *lab, lab_condition *condition, void *context, int64_t deadline_ns,
	void (*tick)(const struct lab *lab, void *context), struct error *err)
{
	int64_t start_ns = clock_now_ns();

	while (true) {
		int r = lab_settle(lab, err);

		if (r < 0)
			return r;
		if (condition(lab, context))
			return 0;
		if (interrupt_requested())
			return error_set(err, EINTR, _("interrupted"));
		if (clock_now_ns() >= deadline_ns)
			return error_set(err, ETIMEDOUT, _("what was waited for did not happen"));
		if (tick)
			tick(lab, context);
		await_event(lab, clock_now_ns() - start_ns, deadline_ns);
	}
}

int lab_run(struct lab *lab, enum host_id host, const char *const *argv,
	struct program **ret_program, struct error *err)
{
	struct program_setting setting = {
		.host = host,
		.netns_fd = lab->is_loopback ? -1 : lab->hosts[host].netns_fd,
		.guardian = &lab->guardian,
		.hosts = lab->is_loopback ? NULL : lab->names.bytes,
		.here = lab->here,
	};
	struct program *program = malloc(sizeof(*program));
	int r;

	if (!program)
		abort();
	r = program_start(program, &setting, argv, err);
	if (r < 0) {
		free(program);
		return r;
	}
	*list_grow(&lab->programs, &lab->program_count, &lab->program_room) = program;
	*ret_program = program;
	return 0;
}

struct program *lab_program_on(const struct lab *lab, enum host_id host)
{
	for (size_t i = lab->program_count; i-- > 0;) {
		if (lab->programs[i]->host == host)
			return lab->programs[i];
	}
	return NULL;
}

enum tcp_state lab_state(const struct lab *lab, enum host_id host, int connection)
{
	if (connection < 0)
		return TCP_STATE_CLOSED;
	return lab->timeline.connections[connection].states[host];
}

int lab_first_connection(const struct lab *lab)
{
	for (size_t i = 0; i < lab->timeline.connection_count; i++) {
		if (!lab->timeline.connections[i].is_listener)
			return (int)i;
	}
	return CONNECTION_NONE;
}
