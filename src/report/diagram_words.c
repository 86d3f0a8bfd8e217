/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/diagram.h"

#include "base/i18n.h"

const char *diagram_mark(const struct diagram_row *row)
{
	if (row->is_release)
		return _("released");
	switch (row->fate) {
	case PACKET_HELD: return _("held");
	case PACKET_DROPPED: return _("lost");
	case PACKET_INJECTED: return _("injected");
	case PACKET_DUPLICATED:
	case PACKET_DELIVERED: break;
	}
	return NULL;
}

/* How a segment is called: data is what an ACK with a payload is there for. */
static void append_flags(const struct diagram_row *row, struct text *label)
{
	char flags[SEGMENT_FLAGS_BYTES];

	if (row->length && row->flags == SEGMENT_ACK)
		text_append(label, "DATA");
	else
		text_append(label, segment_flags(row->flags, flags));
}

void diagram_label(const struct diagram_row *row, int level, struct text *label)
{
	const char *gap = level < 1 ? "  " : " ";
	bool is_bare_ack = row->flags == SEGMENT_ACK && !row->length;

	if (*row->name && level < 4)
		text_printf(label, "%s: ", row->name);
	append_flags(row, label);
	/* The sequence number of a bare ACK matters only where somebody made it up. */
	if (level < 3 && (!is_bare_ack || row->fate == PACKET_INJECTED))
		text_printf(label, "%sseq %u", gap, row->sequence);
	if (level < 4 && row->length) {
		text_append(label, gap);
		text_printf(label, ngettext("%u byte", "%u bytes", row->length), row->length);
	}
	if (level < 2 && (row->flags & SEGMENT_ACK))
		text_printf(label, "%sack %u", gap, row->acknowledgment);
	if (level < 4 && row->has_zero_window)
		text_printf(label, "%s%s", gap, _("window 0"));
	if (level < 4 && row->fate == PACKET_DUPLICATED)
		text_printf(label, "%s%s", gap, _("twice"));
	if (level < 4 && row->is_retransmission && !row->is_release)
		text_printf(label, "%s%s", gap, _("retransmission"));
}

void diagram_describe(const struct diagram_row *row, struct text *out)
{
	const char *mark = diagram_mark(row), *between = "";

	if (row->kind == DIAGRAM_PROSE)
		return;
	if (row->host != HOST_COUNT && row->kind != DIAGRAM_STATE) {
		text_printf(out, "%s: ", host_name(row->host));
		between = "; ";
	}
	if (row->kind == DIAGRAM_PACKET)
		diagram_label(row, 1, out);
	else
		text_append(out, row->text ? row->text : "");
	if (row->kind == DIAGRAM_PACKET && mark)
		text_printf(out, " (%s)", mark);
	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		if (!row->sides[host].has_changed)
			continue;
		text_printf(out, "%s%s %s", between, host_name(host),
			tcp_state_name(row->sides[host].state));
		between = "; ";
	}
}

bool diagram_arrives(const struct diagram_row *row)
{
	return row->fate != PACKET_HELD && row->fate != PACKET_DROPPED;
}

bool diagram_departs(const struct diagram_row *row)
{
	return row->fate != PACKET_INJECTED && !row->is_release;
}
