/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/filter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <string.h>

#include "base/text.h"

/*
 * An operation that holds goes on `yes` bytes further, else `no` bytes; who comes to the very end is
 * taken, who jumps four bytes beyond it is not. The kernel wants each `no` to land where a walk along the `yes`
 * comes by. So an alternative that holds goes on, to a jump over the alternatives left (a jump
 * always takes its `no`); one that fails lands behind that jump, at the next.
 */
#define OPERATION_BYTES sizeof(struct inet_diag_bc_op)
#define PORT_BYTES      (2 * OPERATION_BYTES)
#define BEYOND          OPERATION_BYTES

struct writer {
	uint8_t *at;
	size_t left; /* bytes from here to the program's end */
};

static size_t address_bytes(const struct filter_condition *condition)
{
	return condition->prefix.family == AF_INET6 ? 16 : 4;
}

static size_t condition_bytes(const struct filter_condition *condition)
{
	if (!condition->prefix.family)
		return 2 * PORT_BYTES;
	return OPERATION_BYTES + sizeof(struct inet_diag_hostcond) + address_bytes(condition);
}

static void put(struct writer *writer, const void *bytes, size_t length)
{
	memcpy(writer->at, bytes, length);
	writer->at += length;
	writer->left -= length;
}

static void put_operation(struct writer *writer, int code, size_t yes, size_t no)
{
	const struct inet_diag_bc_op operation = {
		.code = (unsigned char)code, .yes = (unsigned char)yes, .no = (unsigned short)no};

	put(writer, &operation, sizeof(operation));
}

/* `failed`: how many bytes are left to the end where one goes on that fails; -BEYOND to be refused. */
static size_t jump(const struct writer *writer, ptrdiff_t failed)
{
	return (size_t)((ptrdiff_t)writer->left - failed);
}

static void put_port(struct writer *writer, int code, uint16_t port, ptrdiff_t failed)
{
	const struct inet_diag_bc_op operand = {.no = port};

	put_operation(writer, code, PORT_BYTES, jump(writer, failed));
	put(writer, &operand, sizeof(operand));
}

static void put_prefix(
	struct writer *writer, const struct filter_condition *condition, ptrdiff_t failed)
{
	const struct inet_diag_hostcond host = {
		.family = (uint8_t)condition->prefix.family,
		.prefix_len = condition->prefix_bits,
		.port = -1,
	};
	int code = condition->side == FILTER_LOCAL ? INET_DIAG_BC_S_COND : INET_DIAG_BC_D_COND;

	put_operation(writer, code, condition_bytes(condition), jump(writer, failed));
	put(writer, &host, sizeof(host));
	put(writer, condition->prefix.address, address_bytes(condition));
}

static void put_condition(
	struct writer *writer, const struct filter_condition *condition, ptrdiff_t failed)
{
	bool is_local = condition->side == FILTER_LOCAL;

	if (condition->prefix.family) {
		put_prefix(writer, condition, failed);
		return;
	}
	put_port(writer, is_local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE, condition->least_port,
		failed);
	put_port(writer, is_local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE, condition->most_port,
		failed);
}

/* In front of what is there: no jump of that ever looks back. */
int filter_add(struct filter *filter, const struct filter_condition *alternatives, size_t count)
{
	size_t length = 0, rest = filter->length;
	struct writer writer;

	if (!count || count > FILTER_MOST_ALTERNATIVES)
		return -E2BIG;
	for (size_t i = 0; i < count; i++)
		length += condition_bytes(&alternatives[i]) + (i + 1 < count ? OPERATION_BYTES : 0);
	if (rest + length > sizeof(filter->bytes))
		return -E2BIG;
	filter->length += length;
	writer = (struct writer){
		.at = filter->bytes + sizeof(filter->bytes) - filter->length,
		.left = filter->length,
	};
	for (size_t i = 0; i + 1 < count; i++) {
		size_t size = condition_bytes(&alternatives[i]) + OPERATION_BYTES;

		put_condition(&writer, &alternatives[i], (ptrdiff_t)(writer.left - size));
		put_operation(
			&writer, INET_DIAG_BC_JMP, OPERATION_BYTES, jump(&writer, (ptrdiff_t)rest));
	}
	put_condition(&writer, &alternatives[count - 1], -(ptrdiff_t)BEYOND);
	return 0;
}

const void *filter_program(const struct filter *filter, size_t *ret_length)
{
	*ret_length = filter->length;
	return filter->bytes + sizeof(filter->bytes) - filter->length;
}

/* ::ffff:192.0.2.0/120 is 192.0.2.0/24: the kernel takes a mapped address for an IPv4 prefix, not the
 * other way round. */
static void unmap(struct endpoint *prefix, uint64_t *bits)
{
	struct endpoint plain = endpoint_unmap(prefix);

	if (prefix->family == AF_INET6 && plain.family == AF_INET && *bits >= 96) {
		*prefix = plain;
		*bits -= 96;
	}
}

int filter_parse_prefix(const char *text, struct endpoint *ret_prefix, uint8_t *ret_bits)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	char address[INET6_ADDRSTRLEN];
	struct endpoint prefix = {0};
	uint64_t most, bits;

	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	prefix.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(prefix.family, address, prefix.address) != 1)
		return -EINVAL;
	bits = most = prefix.family == AF_INET ? 32 : 128;
	if (slash && text_to_number(slash + 1, 0, most, &bits) < 0)
		return -EINVAL;
	unmap(&prefix, &bits);
	*ret_prefix = prefix;
	*ret_bits = (uint8_t)bits;
	return 0;
}
