/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>
#include <string.h>

#include "report/myths_report.h"
#include "scenario/parse.h"

static const struct myths_look plain = {.columns = 50};

static void sample(struct myth *ret_myth)
{
	static const char text[] =
		"# \"A|B is <C>\"\n# Why.\n#\n# Measured: It went from FIN_WAIT2 to the state "
		"that it\n# is in now, and stays there for the rest of its life.\n"
		"# Verdict: false. It *never* was.\n# Figures: server TIME_WAIT, RST from server\n";
	struct parse_errors errors = {0};
	struct scenario scenario;
	struct error err = {0};

	assert_int_equal(scenario_parse(&scenario, "sample", text, strlen(text), &errors), 0);
	assert_int_equal(myth_read(ret_myth, &scenario, &err), 0);
	scenario_finish(&scenario);
	assert_true(figures_decode(ret_myth->figures, 2, "60120000000 0 "));
}

static void block_is_wrapped(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct myth myth;

	(void)state;
	sample(&myth);
	myth_print(&out, "a-claim", &myth, &plain);
	assert_string_equal(out.bytes, "a-claim\n"
				       "  claimed   \"A|B is <C>\"\n"
				       "  measured  It went from FIN_WAIT2 to the state\n"
				       "            that it is in now, and stays there for\n"
				       "            the rest of its life. (server 60.12 s\n"
				       "            in TIME_WAIT; RST from server: 0)\n"
				       "  verdict   false. It *never* was.\n");
	myth_finish(&myth);
}

static void verdict_has_its_colour(void **state)
{
	struct myths_look look = plain;
	_cleanup_text_ struct text out = TEXT_INIT;
	struct myth myth;

	(void)state;
	look.has_colour = true;
	sample(&myth);
	myth_print(&out, "a-claim", &myth, &look);
	assert_non_null(strstr(out.bytes, "\033[1ma-claim\033[m\n"));
	assert_non_null(strstr(out.bytes, "\033[31mfalse. It *never* was.\033[m\n"));
	myth_finish(&myth);
}

static void markdown_has_no_markup_of_others(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct myth myth;

	(void)state;
	sample(&myth);
	myths_print_markdown_head(&out, "6.1");
	assert_non_null(strstr(out.bytes, "Linux 6.1\n\n| "));
	text_clear(&out);
	myth_print_markdown(&out, "a-claim", &myth);
	assert_string_equal(out.bytes,
		"| A\\|B is &lt;C> | It went from FIN\\_WAIT2 to the state that it is in now, and "
		"stays there for the rest of its life. (server 60.12 s in TIME\\_WAIT; RST from "
		"server: 0) | false. It \\*never\\* was. | `timewait run a-claim` |\n");
	myth_finish(&myth);
}

static void json_has_the_figures(void **state)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct myth myth;
	json_t *object;
	const json_t *figures;

	(void)state;
	sample(&myth);
	myth_print_json(&out, "a-claim", &myth, "6.1", true);
	object = json_loads(out.bytes, 0, NULL);
	assert_non_null(object);
	assert_int_equal(json_integer_value(json_object_get(object, "v")), 1);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "myth");
	assert_string_equal(json_string_value(json_object_get(object, "claimed")), "A|B is <C>");
	assert_string_equal(json_string_value(json_object_get(object, "verdict")), "false");
	figures = json_object_get(object, "figures");
	assert_int_equal(json_array_size(figures), 2);
	assert_true(
		json_real_value(json_object_get(json_array_get(figures, 0), "time_s")) == 60.12);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(figures, 1), "packets")), 0);
	json_decref(object);
	text_clear(&out);
	myth_print_json(&out, "a-claim", &myth, "6.1", false);
	assert_null(strstr(out.bytes, "\"v\""));
	myth_finish(&myth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_is_wrapped),
		cmocka_unit_test(verdict_has_its_colour),
		cmocka_unit_test(markdown_has_no_markup_of_others),
		cmocka_unit_test(json_has_the_figures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
