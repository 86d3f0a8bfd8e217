/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/pcapng.h"

#include <string.h>

#include "base/utf8.h"

/* Section 4 of the draft, and 3.5 for the options all blocks have. */
#define BLOCK_SECTION    0x0A0D0D0AU
#define BLOCK_INTERFACE  1U
#define BLOCK_PACKET     6U
#define BYTE_ORDER_MAGIC 0x1A2B3C4DU
#define OPTION_END       0
#define OPTION_COMMENT   1
#define OPTION_PROGRAM   4 /* shb_userappl */
#define OPTION_NAME      2 /* if_name */
#define OPTION_TICKS     9 /* if_tsresol */
#define TICKS_NS         9 /* 10 to the power of -9 s */
#define SNAPSHOT_BYTES   65535U
#define OPTION_BYTES_MAX 65532 /* a multiple of four that 16 bits can tell */

static void put16(struct text *out, uint16_t number)
{
	text_append_bytes(out, &number, sizeof(number));
}

static void put32(struct text *out, uint32_t number)
{
	text_append_bytes(out, &number, sizeof(number));
}

/* Everything stands at a multiple of four bytes. */
static void put_padded(struct text *out, const void *bytes, size_t length)
{
	text_append_bytes(out, bytes, length);
	text_append_bytes(out, "\0\0\0", -length & 3);
}

static void put_option(struct text *out, uint16_t code, const void *bytes, size_t length)
{
	put16(out, code);
	put16(out, (uint16_t)length);
	put_padded(out, bytes, length);
}

/* Bytes of the string that fit, with no character cut in two. */
static size_t fitting(const struct text *string)
{
	size_t length = string->length;

	if (length <= OPTION_BYTES_MAX)
		return length;
	length = OPTION_BYTES_MAX;
	while (length && ((unsigned char)string->bytes[length] & 0xC0) == 0x80)
		length--;
	return length;
}

static void put_string(struct text *out, uint16_t code, const char *string)
{
	_cleanup_text_ struct text valid = TEXT_INIT;

	if (!string || !*string)
		return;
	/* Lines of a comment are its own; everything else that is no text is escaped. */
	for (const char *line = string;; line++) {
		size_t length = strcspn(line, "\n");
		_cleanup_text_ struct text piece = TEXT_INIT;

		text_append_bytes(&piece, line, length);
		utf8_append(&valid, piece.bytes);
		line += length;
		if (!*line)
			break;
		text_append(&valid, "\n");
	}
	put_option(out, code, valid.bytes, fitting(&valid));
}

/* The length of a block stands at both its ends. */
static void put_block(struct text *out, uint32_t type, struct text *body)
{
	uint32_t length = (uint32_t)body->length + 12;

	put32(out, type);
	put32(out, length);
	text_append_bytes(out, body->bytes, body->length);
	put32(out, length);
	text_finish(body);
}

void pcapng_section(struct text *out, const char *program, const char *comment)
{
	struct text body = TEXT_INIT;

	put32(&body, BYTE_ORDER_MAGIC);
	put16(&body, 1); /* version 1.0 */
	put16(&body, 0);
	put32(&body, UINT32_MAX); /* the section's length is not told */
	put32(&body, UINT32_MAX);
	put_string(&body, OPTION_COMMENT, comment);
	put_string(&body, OPTION_PROGRAM, program);
	put_option(&body, OPTION_END, "", 0);
	put_block(out, BLOCK_SECTION, &body);
}

void pcapng_interface(struct text *out, uint16_t link_type, const char *name)
{
	static const uint8_t ticks = TICKS_NS;
	struct text body = TEXT_INIT;

	put16(&body, link_type);
	put16(&body, 0);
	put32(&body, SNAPSHOT_BYTES);
	put_string(&body, OPTION_NAME, name);
	put_option(&body, OPTION_TICKS, &ticks, sizeof(ticks));
	put_option(&body, OPTION_END, "", 0);
	put_block(out, BLOCK_INTERFACE, &body);
}

void pcapng_packet(
	struct text *out, int64_t unix_ns, const void *packet, size_t length, const char *comment)
{
	size_t captured = length > SNAPSHOT_BYTES ? SNAPSHOT_BYTES : length;
	struct text body = TEXT_INIT;

	put32(&body, 0); /* the interface */
	put32(&body, (uint32_t)((uint64_t)unix_ns >> 32));
	put32(&body, (uint32_t)unix_ns);
	put32(&body, (uint32_t)captured);
	put32(&body, (uint32_t)length);
	put_padded(&body, packet, captured);
	put_string(&body, OPTION_COMMENT, comment);
	put_option(&body, OPTION_END, "", 0);
	put_block(out, BLOCK_PACKET, &body);
}
