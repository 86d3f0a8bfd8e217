/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/life_json.h"

#include <string.h>

#include "base/clock.h"
#include "base/digits.h"
#include "base/utf8.h"
#include "tcp/address.h"

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static inline char *put(char *at, const char *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

static inline char *put_name(char *at, const char *name)
{
	return put(at, name, strlen(name));
}

/* Microseconds: "1732451234.000123". */
static char *put_time(char *at, uint64_t ns)
{
	uint64_t us = ns / NS_PER_US;
	uint32_t fraction = (uint32_t)(us % 1000000);

	at = digits_put(at, us / 1000000);
	*at++ = '.';
	for (uint32_t digit = 100000; digit; digit /= 10)
		*at++ = (char)('0' + fraction / digit % 10);
	return at;
}

static bool is_plain(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

static char *put_escaped(char *at, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	at = PUT(at, "\\\\x");
	*at++ = digits[byte >> 4];
	*at++ = digits[byte & 15];
	return at;
}

/* JSON is UTF-8; a process may call itself anything: what is not UTF-8 is shown escaped. */
static char *put_string(char *at, const char *string)
{
	*at++ = '"';
	while (*string) {
		size_t length = utf8_character(string);

		if (is_plain((unsigned char)*string)) {
			*at++ = *string++;
		} else if (*string == '"' || *string == '\\') {
			*at++ = '\\';
			*at++ = *string++;
		} else if (length > 1) {
			at = put(at, string, length);
			string += length;
		} else {
			at = put_escaped(at, (unsigned char)*string++);
		}
	}
	*at++ = '"';
	return at;
}

static char *put_process(const struct life_json *json, char *at, const struct life_event *event)
{
	const char *cgroup = cgroup_path(json->cgroups, event->cgroup);

	if (event->pid) {
		at = PUT(at, "\"pid\":");
		at = digits_put(at, event->pid);
		*at++ = ',';
	}
	at = PUT(at, "\"comm\":");
	at = put_string(at, event->comm);
	if (cgroup) {
		at = PUT(at, ",\"cgroup\":");
		at = put_string(at, cgroup);
	}
	return at;
}

static char *put_address(char *at, const struct life_event *event, const uint8_t *address)
{
	return event->family == AF_INET ? address_put_ipv4(at, address)
					: address_put_ipv6(at, address);
}

static char *put_tuple(char *at, const struct life_event *event)
{
	at = PUT(at, ",\"local\":\"");
	at = put_address(at, event, event->local);
	*at++ = '"';
	if (event->local_port) {
		at = PUT(at, ",\"local_port\":");
		at = digits_put(at, event->local_port);
	}
	/* A listener has no peer. */
	if (event->peer_port) {
		at = PUT(at, ",\"peer\":\"");
		at = put_address(at, event, event->peer);
		at = PUT(at, "\",\"peer_port\":");
		at = digits_put(at, event->peer_port);
	}
	at = PUT(at, ",\"netns\":");
	at = digits_put(at, event->netns);
	at = PUT(at, ",\"cookie\":");
	return digits_put(at, event->cookie);
}

static char *put_state(const struct life_json *json, char *at, const struct life_event *event)
{
	at = PUT(at, "\"type\":\"state\",\"time_s\":");
	at = put_time(at, event->time_ns + (uint64_t)json->real_ns);
	at = PUT(at, ",\"from\":\"");
	at = put_name(at, tcp_state_name(event->from));
	at = PUT(at, "\",\"to\":\"");
	at = put_name(at, tcp_state_name(event->to));
	*at++ = '"';
	if (event->flags & LIFE_HAS_CLOSER) {
		*at++ = ',';
		at = put_process(json, at, event);
	}
	return at;
}

static char *put_life(const struct life_json *json, char *at, const struct life_event *event)
{
	at = PUT(at, "\"type\":\"time_wait\",\"event\":\"");
	at = put_name(at, life_kind_name(event->kind));
	at = PUT(at, "\",\"time_s\":");
	at = put_time(at, event->time_ns + (uint64_t)json->real_ns);
	if (event->cause) {
		at = PUT(at, ",\"cause\":\"");
		at = put_name(at, life_cause_name(event->cause));
		*at++ = '"';
	}
	if (event->lifetime_ns && !(event->flags & LIFE_WAS_BEFORE)) {
		at = PUT(at, ",\"lifetime_s\":");
		at = put_time(at, event->lifetime_ns);
	}
	if (event->kind != LIFE_NOT_BORN) {
		at = PUT(at, ",\"substate\":\"");
		at = put_name(at, tcp_state_name(event->to));
		*at++ = '"';
	}
	if (event->flags & LIFE_HAS_CLOSER) {
		at = PUT(at, ",\"closed_first\":{");
		at = put_process(json, at, event);
		*at++ = '}';
	}
	if (event->ended_by) {
		at = PUT(at, ",\"ended_by\":{\"pid\":");
		at = digits_put(at, event->ended_by);
		*at++ = '}';
	}
	return at;
}

char *life_json_put(struct life_json *json, char *at, const struct life_event *event)
{
	*at++ = '{';
	if (!json->has_begun) {
		at = PUT(at, "\"v\":1,");
		json->has_begun = true;
	}
	if (event->kind == LIFE_STATE)
		at = put_state(json, at, event);
	else
		at = put_life(json, at, event);
	at = put_tuple(at, event);
	return PUT(at, "}\n");
}
