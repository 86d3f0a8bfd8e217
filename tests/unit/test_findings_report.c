/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>
#include <locale.h>
#include <string.h>

#include "checkups.h"
#include "report/findings_report.h"

static const struct findings_look plain = {.columns = 120};
static const struct findings_look rich = {.utf8 = true, .has_colour = true, .columns = 80};

static char *print(const struct checkup *checkup, const struct findings_look *look)
{
	struct findings findings = {0};
	struct text out = TEXT_INIT;

	findings_judge(&findings, checkup);
	findings_print(&out, &findings, checkup, look);
	findings_finish(&findings);
	return text_steal(&out);
}

static void nothing_is_one_line(void **state)
{
	struct checkup checkup = healthy();
	char *out;

	(void)state;
	checkup.states[TCP_STATE_LISTEN] = 2;
	checkup.states[TCP_STATE_ESTABLISHED] = 3;
	out = print(&checkup, &plain);
	assert_non_null(strstr(out, "Nothing to find fault with: "));
	assert_non_null(strstr(out, " 5 sockets.\n"));
	assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1);
	free(out);
	/* It must not look as if they had been looked at. */
	checkup.has_sockets = false;
	out = print(&checkup, &plain);
	assert_non_null(strstr(out, "could not be looked at"));
	free(out);
	checkup_finish(&checkup);
}

static void a_finding_has_all_its_parts(void **state)
{
	struct checkup checkup = healthy();
	struct checkup_socket *kept;
	char *out;

	(void)state;
	kept = checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 61000);
	kept->socket.receive_queue = 6;
	memcpy(kept->comm, "a\033b", 4);
	checkup_set(&checkup, SETTING_RFC1337, 1);
	out = print(&checkup, &plain);
	assert_ptr_equal(strstr(out, "x bad   a\\x1Bb (process 5) does not close"), out);
	assert_non_null(strstr(out, "\n  evidence:   in CLOSE_WAIT 1, the oldest since at"));
	assert_non_null(strstr(out, "\n  sockets:    fd 7: CLOSE_WAIT 192.0.2.1:80 - "));
	assert_non_null(strstr(out, "5 bytes unread"));
	assert_non_null(strstr(out, "\n  meaning:    The peer has sent its FIN"));
	assert_non_null(strstr(out, "\n  remedy:     It is the program's mistake"));
	assert_non_null(strstr(out, "\n  see:        timewait run close-wait-forever;"));
	/* The worst come first. */
	assert_non_null(strstr(out, "\n- note  net.ipv4.tcp_rfc1337"));
	assert_non_null(strstr(out, "\n1 bad, 0 to be warned of, 1 to be noted.\n"));
	assert_null(strchr(out, '\033'));
	free(out);
	out = print(&checkup, &rich);
	assert_non_null(strstr(out, "\033[1;31m✗ bad\033[m   a"));
	free(out);
	checkup_finish(&checkup);
}

static void what_is_said_already_is_not_said_again(void **state)
{
	struct checkup checkup = healthy();
	char *out;

	(void)state;
	checkup_listen(&checkup, 80, 2, 1);
	checkup_listen(&checkup, 81, 2, 1);
	out = print(&checkup, &plain);
	assert_non_null(strstr(out, "192.0.2.1:81"));
	assert_non_null(strstr(out, "meaning:    as above"));
	free(out);
	checkup_finish(&checkup);
}

static void slow_scenarios_are_said_to_be(void **state)
{
	struct checkup checkup = healthy();
	char *out;

	(void)state;
	checkup_set(&checkup, SETTING_FIN_TIMEOUT_S, 90);
	out = print(&checkup, &rich);
	assert_non_null(strstr(out, "timewait run --slow fin-timeout-90;"));
	free(out);
	checkup_finish(&checkup);
}

static void json_has_the_same(void **state)
{
	struct checkup checkup = healthy();
	struct findings findings = {0};
	struct text out = TEXT_INIT;
	json_t *first, *summary;

	(void)state;
	checkup_keep(&checkup, CHECKUP_CLOSE_WAIT, TCP_STATE_CLOSE_WAIT, 5, 61500)
		->socket.receive_queue = 6;
	checkup.settings.is_known[SETTING_MAX_ORPHANS] = false;
	checkup.unowned = 3;
	checkup.files.unreadable = 1;
	checkup.sockets_left_out = 4;
	checkup.destinations_left_out = 5;
	findings_judge(&findings, &checkup);
	findings_print_json(&out, &findings, &checkup);
	assert_int_equal(strncmp(out.bytes, "{\"v\":1,\"type\":\"finding\",", 24), 0);
	first = json_loads(out.bytes, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(first);
	assert_string_equal(json_string_value(json_object_get(first, "severity")), "bad");
	assert_float_equal(
		json_real_value(json_object_get(json_object_get(first, "evidence"), "oldest_s")),
		61.5, 0.0001);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(json_object_get(first, "sockets"), 0), "fd")),
		7);
	summary = json_loads(strchr(out.bytes, '\n') + 1, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(summary);
	assert_null(json_object_get(summary, "v"));
	assert_int_equal(json_integer_value(json_object_get(summary, "unowned_sockets")), 3);
	assert_int_equal(json_integer_value(json_object_get(summary, "sockets_left_out")), 4);
	assert_int_equal(json_integer_value(json_object_get(summary, "connections_left_out")), 5);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(summary, "missing"), 0)),
		"sysctl.d");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(summary, "missing"), 1)),
		"tcp_max_orphans");
	json_decref(first);
	json_decref(summary);
	findings_finish(&findings);
	text_finish(&out);
	checkup_finish(&checkup);
}

static void everything_may_be_missing(void **state)
{
	struct checkup nothing = {0};
	const char *names[FINDINGS_MISSING_MAX];
	char *out = print(&nothing, &plain);

	(void)state;
	assert_in_range(findings_missing(&nothing, names), 10, FINDINGS_MISSING_MAX);
	assert_string_equal(names[0], "sockets");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_one_line),
		cmocka_unit_test(a_finding_has_all_its_parts),
		cmocka_unit_test(what_is_said_already_is_not_said_again),
		cmocka_unit_test(slow_scenarios_are_said_to_be),
		cmocka_unit_test(json_has_the_same),
		cmocka_unit_test(everything_may_be_missing),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
