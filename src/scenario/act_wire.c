/* SPDX-License-Identifier: BSD-2-Clause */

/* The actions of the wire: rules, releases, crafted packets. */

#include <errno.h>
#include <stdint.h>

#include "base/i18n.h"
#include "scenario/runner.h"

static void add_rule(struct runner *runner, const struct step *step, enum wire_verb verb)
{
	struct wire_match match = runner_match(runner, &step->rule.packets);

	lab_rule(runner->lab, verb, &match, step->rule.times, step->rule.packets.name);
}

static int release(struct runner *runner, const struct step *step, struct error *err)
{
	struct wire_match match = runner_match(runner, &step->release.packets);

	return lab_release(runner->lab, &match, step->release.is_one ? 1 : SIZE_MAX, err);
}

static int pass(struct runner *runner, struct error *err)
{
	static const struct wire_match any = {WIRE_ANY, HOST_COUNT, CONNECTION_NONE};

	wire_pass(&runner->lab->wire);
	return lab_release(runner->lab, &any, SIZE_MAX, err);
}

/* A segment of the kind as TCP itself would send it. */
static uint8_t flags_of(enum wire_kind kind)
{
	switch (kind) {
	case WIRE_SYN: return SEGMENT_SYN;
	case WIRE_SYN_ACK: return SEGMENT_SYN | SEGMENT_ACK;
	case WIRE_FIN: return SEGMENT_FIN | SEGMENT_ACK;
	case WIRE_RST: return SEGMENT_RST | SEGMENT_ACK;
	case WIRE_DATA: return SEGMENT_PSH | SEGMENT_ACK;
	case WIRE_ACK:
	case WIRE_ZERO:
	case WIRE_ANY: break;
	}
	return SEGMENT_ACK;
}

static int inject(struct runner *runner, const struct step *step, struct error *err)
{
	const struct packets *packets = &step->inject.packets;
	struct end sender = {.host = (enum host_id)packets->from};
	const char *name = packets->name[0] ? packets->name : SCENARIO_DEFAULT_NAME;
	struct lab_injection injection = {
		.connection = timeline_named(&runner->lab->timeline, sender.host, name),
		.sender = sender.host,
		.flags = flags_of(packets->kind),
		.has_zero_window = packets->kind == WIRE_ZERO,
		.sequence_offset = step->inject.sequence,
		.acknowledgment_offset = step->inject.acknowledgment,
		.timestamp_offset = step->inject.timestamp,
	};
	struct error refusal;
	int r;

	if (step->inject.length != STEP_NONE)
		injection.payload_length = (uint32_t)step->inject.length;
	else if (packets->kind == WIRE_DATA)
		injection.payload_length = 1;
	if (injection.connection == CONNECTION_NONE) {
		runner_fail(runner, step, _("a connection"), _("there is no connection called %s"),
			name);
		return 0;
	}
	r = lab_inject(runner->lab, &injection, &refusal);
	if (r == -ENOTCONN || r == -EMSGSIZE) {
		runner_fail(runner, step, _("a packet that can be made"), "%s", refusal.text);
		return 0;
	}
	return r < 0 ? error_set(err, -r, "%s", refusal.text) : 0;
}

int act_on_wire(struct runner *runner, const struct step *step, struct error *err)
{
	size_t action = runner_record(runner, step, HOST_COUNT);
	int r = 0;

	timeline_complete(&runner->lab->timeline, action, 0);
	switch (step->kind) {
	case STEP_WIRE_HOLD: add_rule(runner, step, WIRE_HOLD); break;
	case STEP_WIRE_DROP: add_rule(runner, step, WIRE_DROP); break;
	case STEP_WIRE_DUPLICATE: add_rule(runner, step, WIRE_DUPLICATE); break;
	case STEP_WIRE_RELEASE: r = release(runner, step, err); break;
	case STEP_WIRE_PASS: r = pass(runner, err); break;
	default: r = inject(runner, step, err); break;
	}
	return r < 0 ? runner_cope(runner, r) : runner_settle(runner, err);
}
