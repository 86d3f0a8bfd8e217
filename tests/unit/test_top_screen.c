/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "report/top_json.h"
#include "report/top_screen.h"
#include "surveys.h"

/* A busy host that has been looked at a hundred times. */
struct scene {
	struct survey survey;
	struct top_model model;
	struct top_view view;
	struct top_frame frame;
	struct grid grid;
};

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	survey_busy(&scene->survey);
	top_view_init(&scene->view, NS_PER_S);
	for (int i = 0; i < 100; i++) {
		scene->survey.time_ns += NS_PER_S;
		scene->survey.dump_ns = scene->survey.time_ns;
		scene->survey.totals.born += 412;
		scene->survey.totals.died += 398;
		scene->survey.totals.died_by[LIFE_EXPIRED] += 398;
		top_model_add(&scene->model, &scene->survey);
	}
	scene->frame = (struct top_frame){
		&scene->survey, &scene->model, &scene->view, "net:[4026531840]", "12:34:56", NULL};
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;

	survey_finish(&scene->survey);
	grid_finish(&scene->grid);
	free(scene);
	return 0;
}

static void draw(struct scene *scene, int rows, int columns, bool utf8)
{
	grid_reset(&scene->grid, rows, columns, utf8);
	top_screen_draw(&scene->grid, &scene->frame);
}

static const char *row(struct scene *scene, int number)
{
	static struct text text = TEXT_INIT;

	text_finish(&text);
	grid_row_text(&scene->grid, number, &text);
	return text.bytes;
}

/* The number of the first row that has the words; -1. */
static int find(struct scene *scene, const char *words)
{
	for (int i = 0; i < scene->grid.rows; i++) {
		if (strstr(row(scene, i), words))
			return i;
	}
	return -1;
}

static void expect(struct scene *scene, const char *words)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	if (find(scene, words) >= 0)
		return;
	grid_text(&scene->grid, &text);
	fail_msg("no '%s' in\n%s", words, text.bytes);
}

static void test_80x24(void **state)
{
	static const char *const expected[] = {
		" timewait top  net:[4026531840]                        bpf, every 1 s  12:34:56",
		" Born 412/s  Died 398/s  Opened 0/s out, 0/s in  dropped 0  drift 0",
		" Ended by:  expired 64,700 (398/s)  reused_by_connect 100  Not born:",
		" bucket_overflow 3",
		"",
		" TIME_WAIT          24,812  ESTABLISHED     210 TIME_WAIT, the last 62 s 50,000",
		" FIN_WAIT2 timed        12  CLOSE_WAIT        4",
		" FIN_WAIT2               0  SYN_SENT          0",
		" FIN_WAIT1               0  SYN_RECV          0 ⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤⣤",
		" CLOSING                 0  LISTEN            7 ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
		" LAST_ACK                0  BOUND             0 ⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿⣿",
		"",
		" 1 Destinations  2 Processes  3 Peers  4 Local ports",
		" FROM > TO                           USED     FREE  FULL IN  TIME_WAIT   BORN/S",
		" 192.0.2.1 > 198.51.100.7:443      27,000    1,232     12 s     27,000      500",
		" 192.0.2.1 > 198.51.100.8:443         100   28,132        -        100      100",
	};
	struct scene *scene = *state;

	draw(scene, 24, 80, true);
	for (int i = 0; i < (int)COUNT(expected); i++) {
		assert_string_equal(row(scene, i), expected[i]);
	}
	assert_string_equal(row(scene, 23),
		" q quit  ? help  Space pause  Tab table  s sort  / filter  g graph  + - interval");
}

static void test_120x40(void **state)
{
	struct scene *scene = *state;
	int left;

	draw(scene, 40, 120, true);
	/* All tables at once, two by two. */
	left = find(scene, "1 Destinations");
	assert_true(left > 0);
	assert_non_null(strstr(row(scene, left), "2 Processes"));
	left = find(scene, "3 Peers");
	assert_non_null(strstr(row(scene, left), "4 Local ports"));
	expect(scene, "4711/nginx");
	/* When ports run out is seen beside other tables, too. */
	expect(scene, " 27,000    1,232     12 s ");
	expect(scene, "2001:db8::7");
	/* One alone, over the whole width: then it has a gauge. */
	top_view_key(&scene->view, 'z');
	draw(scene, 40, 200, true);
	assert_int_equal(find(scene, "4711/nginx"), -1);
	expect(scene, "▓▓▓");
}

static void test_40x10(void **state)
{
	struct scene *scene = *state;

	draw(scene, 10, 40, true);
	assert_string_equal(row(scene, 0), " timewait top  bpf, every 1 s  12:34:56");
	expect(scene, "TIME_WAIT 24,812  Born 412/s");
	expect(scene, "Died 398/s");
	expect(scene, "1 Destinations");
	expect(scene, "192.0.2.1 > 198.51.100.7:443    27,000");
	assert_string_equal(row(scene, 9), " q quit  ? help  Tab table  s sort  / f…");
}

static void test_20x5(void **state)
{
	static const char *const expected[] = {
		" timewait top",
		" TIME_WAIT 24,812",
		" Born 412/s",
		" Died 398/s         …",
		" q quit  ? help",
	};
	struct scene *scene = *state;

	draw(scene, 5, 20, true);
	for (int i = 0; i < (int)COUNT(expected); i++) {
		const char *got = row(scene, i);

		if (i != 3)
			assert_string_equal(got, expected[i]);
		else
			assert_int_equal(strncmp(got, " Died 398/s", 11), 0);
	}
}

/* Whatever the size: every row is as wide as the screen, no more; with all tables, the help, ASCII. */
static void test_every_size(void **state)
{
	static const int heights[] = {0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 17, 18, 22, 36, 60};
	static const int widths[] = {0, 1, 2, 5, 12, 13, 20, 39, 55, 64, 79, 118, 200, 999};
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(heights) * COUNT(widths) * 16; i++) {
		int mode = (int)(i % 16);

		scene->view.by = (enum survey_by)(mode % 4);
		scene->view.shows_help = mode == 15;
		scene->view.is_typing = mode & 4;
		scene->view.is_zoomed = mode & 8;
		scene->view.scroll = mode & 1 ? 1000000 : 0;
		draw(scene, heights[i / 16 / COUNT(widths)], widths[i / 16 % COUNT(widths)],
			mode & 2);
		for (int r = 0; r < scene->grid.rows; r++)
			assert_true((int)text_columns(row(scene, r)) <= scene->grid.columns);
	}
}

static void test_ascii(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	struct scene *scene = *state;

	add_process(&scene->survey, 9, "서버", 99);
	draw(scene, 50, 160, false);
	grid_text(&scene->grid, &text);
	for (size_t i = 0; i < text.length; i++)
		assert_true((unsigned char)text.bytes[i] < 0x80);
	expect(scene, "9/\\xEC\\x84\\x9C");
	expect(scene, "####");
}

/* A process calls itself what it likes: no byte of it reaches the terminal as a command. */
static void test_hostile_names(void **state)
{
	static const char *const names[] = {"\x1b[2J\x1b[31m", "a\nb\rc\td",
		"\x9b"
		"31m\xff",
		"한국어이름요", "0123456789abcdef", "%s%n%d",
		"\xe2\x80\xae"
		"evil"};
	_cleanup_text_ struct text text = TEXT_INIT;
	struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(names); i++)
		add_process(&scene->survey, (int)i + 1, names[i], 1000 + i);
	scene->view.by = SURVEY_BY_PROCESS;
	draw(scene, 24, 80, true);
	expect(scene, "1/\\x1B[2J\\x1B[31m");
	expect(scene, "2/a\\nb\\rc\\td");
	expect(scene, "4/한국어이름");
	expect(scene, "6/%s%n%d");
	expect(scene, "7/evil");
	grid_text(&scene->grid, &text);
	for (size_t i = 0; i < text.length; i++)
		assert_true((unsigned char)text.bytes[i] >= ' ' || text.bytes[i] == '\n');
	/* Columns stay columns beside wide letters. */
	assert_int_equal(text_columns(row(scene, find(scene, "4/한"))),
		text_columns(row(scene, find(scene, "6/%s"))));
}

static void test_scroll(void **state)
{
	struct scene *scene = *state;

	for (int i = 1; i <= 300; i++)
		add_port(&scene->survey, (uint16_t)(1000 + i), 200000 - (uint64_t)i * 100);
	scene->view.by = SURVEY_BY_PORT;
	draw(scene, 24, 80, true);
	expect(scene, "1001");
	assert_true(scene->view.page > 5);
	top_view_key(&scene->view, TOP_KEY_PAGE_DOWN);
	draw(scene, 24, 80, true);
	assert_int_equal(find(scene, "1001"), -1);
	/* The end is the end: the last row is there, and going up from it moves at once. */
	top_view_key(&scene->view, TOP_KEY_END);
	draw(scene, 24, 80, true);
	assert_int_equal(scene->view.scroll, 302 - scene->view.page);
	expect(scene, " 443 ");
	/* A table that has shrunk is not scrolled beyond its end. */
	top_view_key(&scene->view, '/');
	top_view_key(&scene->view, '1');
	top_view_key(&scene->view, '1');
	top_view_key(&scene->view, '\r');
	scene->view.scroll = 9999;
	draw(scene, 24, 80, true);
	expect(scene, "/11");
}

static void test_words_of_lack(void **state)
{
	struct scene *scene = *state;

	scene->survey.knows_causes = scene->survey.knows_closers = false;
	scene->survey.has_drift = false;
	scene->survey.lacks = "needs root";
	memset(scene->survey.totals.died_by, 0, sizeof(scene->survey.totals.died_by));
	scene->view.by = SURVEY_BY_PROCESS;
	draw(scene, 24, 80, true);
	expect(scene, "(needs root)");
	expect(scene, "Ended by:  ?");
	expect(scene, "bucket_overflow 3");
	assert_int_equal(find(scene, "drift"), -1);
	scene->survey.lacks = NULL;
	scene->survey.has_drift = true;
	scene->survey.drift = -3;
	scene->survey.totals.dropped = 17;
	draw(scene, 24, 80, true);
	expect(scene, "dropped 17");
	expect(scene, "drift -3");
	scene->view.is_paused = true;
	scene->frame.note = "cannot list";
	draw(scene, 24, 80, true);
	expect(scene, "PAUSED");
	assert_string_equal(row(scene, 23), " cannot list");
}

/* A key changes the interval, not how long the graph has taken. */
static void test_span(void **state)
{
	struct scene *scene = *state;

	top_view_key(&scene->view, '+');
	draw(scene, 24, 80, true);
	expect(scene, "TIME_WAIT, the last 63 s");
	scene->survey.time_ns += 2 * NS_PER_S;
	top_model_add(&scene->model, &scene->survey);
	draw(scene, 24, 80, true);
	expect(scene, "TIME_WAIT, the last 64 s");
}

/* Ports are from the last dump, which may be old. */
static void test_age(void **state)
{
	struct scene *scene = *state;

	scene->survey.dump_ns = scene->survey.time_ns - NS_PER_S;
	draw(scene, 24, 80, true);
	assert_int_equal(find(scene, "ago"), -1);
	scene->survey.dump_ns = scene->survey.time_ns - 12 * NS_PER_S;
	draw(scene, 24, 80, true);
	expect(scene, "4 Local ports           dump of 12 s ago");
	draw(scene, 40, 140, true);
	expect(scene, "dump of 12 s ago   2 Processes");
	draw(scene, 24, 66, true);
	assert_int_equal(find(scene, "ago"), -1);
}

static void test_first_frame(void **state)
{
	struct scene *scene = *state;

	scene->model = (struct top_model){0};
	draw(scene, 24, 80, true);
	expect(scene, "Born -  Died -  Opened -");
}

static void test_print(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	struct scene *scene = *state;

	for (int i = 1; i <= 300; i++)
		add_port(&scene->survey, (uint16_t)(1000 + i), 50000 + (uint64_t)i);
	top_screen_print(&text, &scene->frame, 80, 10, true);
	assert_non_null(strstr(text.bytes, "1 Destinations  3\n"));
	assert_non_null(strstr(text.bytes, "4 Local ports  302\n"));
	assert_non_null(strstr(text.bytes, "\n 1300 "));
	assert_non_null(strstr(text.bytes, "\n 1291 "));
	assert_null(strstr(text.bytes, "\n 1290 "));
	assert_null(strstr(text.bytes, "quit"));
}

static json_t *print_json(struct scene *scene, bool is_first, size_t rows)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	struct top_json frame = {&scene->survey, &scene->model, 4026531840, 1234.5, rows, is_first};
	json_t *object;

	top_json_print(&text, &frame);
	assert_int_equal(strcspn(text.bytes, "\n"), text.length - 1);
	object = json_loads(text.bytes, 0, NULL);
	assert_non_null(object);
	return object;
}

static double number(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	assert_true(json_is_number(value));
	return json_number_value(value);
}

static void test_json(void **state)
{
	struct scene *scene = *state;
	json_t *object = print_json(scene, true, 2), *row;

	assert_true(number(object, "v") == 1);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "frame");
	assert_true(number(object, "born_per_s") == 412);
	assert_true(number(object, "drift") == 0 && number(object, "dropped") == 0);
	assert_true(number(json_object_get(object, "states"), "TIME_WAIT") == 24812);
	assert_true(number(json_object_get(object, "died_by"), "reused_by_connect") == 100);
	assert_int_equal(json_array_size(json_object_get(object, "destinations")), 2);
	row = json_array_get(json_object_get(object, "destinations"), 0);
	assert_true(number(row, "used") == 27000 && number(row, "free") == 1232);
	assert_true(number(row, "peer_port") == 443);
	row = json_array_get(json_object_get(object, "processes"), 0);
	assert_string_equal(json_string_value(json_object_get(row, "comm")), "nginx");
	json_decref(object);
	/* What is not known is not there. */
	scene->survey.knows_causes = scene->survey.knows_closers = scene->survey.has_drift = false;
	scene->model.has_rates = false;
	add_process(&scene->survey, 5, "\xff\"\\\n", 100000);
	object = print_json(scene, false, 100);
	assert_null(json_object_get(object, "v"));
	assert_null(json_object_get(object, "drift"));
	assert_null(json_object_get(object, "died_by"));
	assert_null(json_object_get(object, "born_per_s"));
	row = json_array_get(json_object_get(object, "processes"), 0);
	assert_null(json_object_get(row, "time_wait"));
	assert_string_equal(json_string_value(json_object_get(row, "comm")), "\\xFF\"\\\\x0A");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_80x24, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_120x40, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_40x10, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_20x5, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ascii, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_scroll, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_words_of_lack, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_span, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_age, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_first_frame, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_print, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_json, set_up, tear_down),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
