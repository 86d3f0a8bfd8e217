/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>
#include <string.h>

#include "report/life_json.h"
#include "report/life_text.h"

static struct cgroup_cache cgroups = {.mount = -1};

static json_t *put(const struct life_event *event)
{
	struct life_json json = {.cgroups = &cgroups, .real_ns = 1000000000};
	static char line[64 << 10];
	char *end = life_json_put(&json, line, event);
	json_error_t error;
	json_t *object;

	*end = '\0';
	assert_int_equal(end[-1], '\n');
	assert_true(end - line <= LIFE_JSON_BYTES);
	object = json_loads(line, 0, &error);
	if (!object)
		fail_msg("%s: %s", error.text, line);
	return object;
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *string = json_string_value(json_object_get(object, key));

	return string ? string : "(none)";
}

static void a_death(void **state)
{
	const struct life_event event = {
		.kind = LIFE_DIED,
		.cause = LIFE_KILLED_BY_RST,
		.to = TCP_STATE_TIME_WAIT,
		.family = AF_INET,
		.local = {192, 0, 2, 1},
		.peer = {192, 0, 2, 2},
		.local_port = 13,
		.peer_port = 40000,
		.time_ns = 5000123456,
		.lifetime_ns = 60012345678,
		.cookie = UINT64_C(9007199254740993),
		.netns = 4026531840,
		.flags = LIFE_HAS_CLOSER,
		.pid = 42,
		.comm = "nginx",
	};
	json_t *object = put(&event), *closer = json_object_get(object, "closed_first");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(object, "v")), 1);
	assert_string_equal(string_of(object, "type"), "time_wait");
	assert_string_equal(string_of(object, "event"), "died");
	assert_string_equal(string_of(object, "cause"), "killed_by_rst");
	assert_string_equal(string_of(object, "substate"), "TIME_WAIT");
	assert_string_equal(string_of(object, "local"), "192.0.2.1");
	assert_string_equal(string_of(object, "peer"), "192.0.2.2");
	assert_true(json_real_value(json_object_get(object, "time_s")) == 6.000123);
	assert_true(json_real_value(json_object_get(object, "lifetime_s")) == 60.012345);
	assert_true(json_integer_value(json_object_get(object, "cookie")) == 9007199254740993);
	assert_int_equal(json_integer_value(json_object_get(closer, "pid")), 42);
	assert_string_equal(string_of(closer, "comm"), "nginx");
	assert_null(json_object_get(object, "ended_by"));
	json_decref(object);
}

static void who_ended_it(void **state)
{
	const struct life_event event = {
		.kind = LIFE_DIED,
		.cause = LIFE_REUSED_BY_CONNECT,
		.to = TCP_STATE_TIME_WAIT,
		.family = AF_INET,
		.flags = LIFE_HAS_CLOSER,
		.pid = 42,
		.comm = "nginx",
		.ended_by = 43,
	};
	json_t *object = put(&event), *closer = json_object_get(object, "closed_first");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(closer, "pid")), 42);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(object, "ended_by"), "pid")),
		43);
	json_decref(object);
}

/* Nothing that is not known. */
static void what_was_there_before(void **state)
{
	const struct life_event event = {
		.kind = LIFE_DIED,
		.cause = LIFE_EXPIRED,
		.to = TCP_STATE_TIME_WAIT,
		.family = AF_INET6,
		.local = {0x20, 1, 0xd, 0xb8, [15] = 1},
		.local_port = 13,
		.peer_port = 1,
		.lifetime_ns = 1,
		.flags = LIFE_WAS_BEFORE,
	};
	json_t *object = put(&event);

	(void)state;
	assert_string_equal(string_of(object, "local"), "2001:db8::1");
	assert_null(json_object_get(object, "closed_first"));
	assert_null(json_object_get(object, "lifetime_s"));
	json_decref(object);
}

/* A process may call itself anything. */
static void a_hostile_name(void **state)
{
	struct life_event event = {
		.kind = LIFE_STATE,
		.from = TCP_STATE_ESTABLISHED,
		.to = TCP_STATE_FIN_WAIT1,
		.family = AF_INET,
		.flags = LIFE_HAS_CLOSER,
		.pid = 1,
		.comm = "\"\\\n\033\xff\xc3\xa9\x7f\xe2",
	};
	json_t *object = put(&event);

	(void)state;
	assert_string_equal(string_of(object, "comm"), "\"\\\\x0a\\x1b\\xff\xc3\xa9\\x7f\\xe2");
	assert_null(json_object_get(object, "peer"));
	assert_null(json_object_get(object, "local_port"));
	json_decref(object);
}

/* A container may give its cgroups names, and name them so that each byte is one to be escaped. */
static void the_longest_of_cgroups(void **state)
{
	const struct life_event event = {
		.kind = LIFE_BORN,
		.to = TCP_STATE_FIN_WAIT2,
		.family = AF_INET6,
		.time_ns = UINT64_MAX / 2,
		.cookie = INT64_MAX,
		.netns = UINT32_MAX,
		.local_port = 65535,
		.peer_port = 65535,
		.flags = LIFE_HAS_CLOSER,
		.pid = UINT32_MAX,
		.cgroup = 1,
		.comm = "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1",
	};
	struct life_text as_text = {.cgroups = &cgroups};
	_cleanup_text_ struct text text = TEXT_INIT;
	char path[CGROUP_PATH_BYTES];
	json_t *object;

	(void)state;
	memset(path, 1, sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	cgroups.mount = 0;
	cgroups.slots[1] = (struct cgroup_slot){.id = 1, .path = path};
	object = put(&event);
	assert_int_equal(strlen(string_of(json_object_get(object, "closed_first"), "cgroup")),
		4 * strlen(path));
	json_decref(object);
	life_text_put(&as_text, &text, &event);
	assert_true(text.length > 4 * strlen(path) && text.length <= LIFE_JSON_BYTES);
	cgroups = (struct cgroup_cache){.mount = -1};
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_death),
		cmocka_unit_test(who_ended_it),
		cmocka_unit_test(what_was_there_before),
		cmocka_unit_test(a_hostile_name),
		cmocka_unit_test(the_longest_of_cgroups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
