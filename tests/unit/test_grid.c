/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <locale.h>
#include <string.h>

#include "report/graph.h"
#include "report/grid.h"

static void expect_row(const struct grid *grid, int row, const char *expected)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	grid_row_text(grid, row, &text);
	assert_string_equal(text.bytes, expected);
}

static int put(struct grid *grid, int columns, int column, int width, const char *words)
{
	grid_reset(grid, 1, columns, true);
	return grid_put(grid, 0, column, width, GRID_PLAIN, words);
}

static void test_put(void **state)
{
	struct grid grid = {0};

	(void)state;
	assert_int_equal(put(&grid, 10, 2, 5, "abc"), 3);
	expect_row(&grid, 0, "  abc");
	assert_int_equal(put(&grid, 10, 0, 3, "abc"), 3);
	expect_row(&grid, 0, "abc");
	assert_int_equal(put(&grid, 10, 0, 3, "abcd"), 3);
	expect_row(&grid, 0, "ab…");
	assert_int_equal(put(&grid, 10, 0, 1, "abcd"), 1);
	expect_row(&grid, 0, "…");
	assert_int_equal(put(&grid, 10, 0, 0, "abcd"), 0);
	assert_int_equal(put(&grid, 10, 0, -4, "abcd"), 0);
	expect_row(&grid, 0, "");
	grid_reset(&grid, 1, 10, true);
	grid_put_right(&grid, 0, 0, 6, GRID_PLAIN, "abc");
	grid_put_right(&grid, 0, 6, 4, GRID_PLAIN, "abcdef");
	expect_row(&grid, 0, "   abcabc…");
	grid_finish(&grid);
}

static void test_ascii(void **state)
{
	struct grid grid = {0};

	(void)state;
	grid_reset(&grid, 1, 10, false);
	grid_put(&grid, 0, 0, 10, GRID_PLAIN, "\xc3\xa9");
	expect_row(&grid, 0, "\\xC3\\xA9");
	grid_put(&grid, 0, 0, 4, GRID_PLAIN, "abcdef");
	grid_finish(&grid);
}

static void test_outside(void **state)
{
	struct grid grid = {0};

	(void)state;
	grid_reset(&grid, 2, 4, true);
	grid_put(&grid, -1, 0, 9, GRID_PLAIN, "no");
	grid_put(&grid, 2, 0, 9, GRID_PLAIN, "no");
	grid_put(&grid, 0, 4, 9, GRID_PLAIN, "no");
	grid_put(&grid, 0, -1, 9, GRID_PLAIN, "nab");
	grid_put(&grid, 1, 2, 9, GRID_PLAIN, "cdef");
	grid_fill(&grid, 5, 5, 1000000, GRID_PLAIN, "x");
	grid_paint(&grid, 5, -5, 1000000, GRID_BOLD);
	expect_row(&grid, 0, "ab");
	expect_row(&grid, 1, "  cd");
	expect_row(&grid, 2, "");
	grid_reset(&grid, -3, 1 << 30, true);
	assert_int_equal(grid.rows, 0);
	assert_int_equal(grid.columns, GRID_COLUMNS_MAX);
	grid_reset(&grid, 0, 0, true);
	grid_put(&grid, 0, 0, 5, GRID_PLAIN, "no");
	grid_finish(&grid);
}

/* Each takes two columns: none is ever shown by half. */
static void test_wide(void **state)
{
	struct grid grid = {0};

	(void)state;
	assert_int_equal(put(&grid, 10, 0, 6, "서버a"), 5);
	expect_row(&grid, 0, "서버a");
	assert_int_equal(put(&grid, 10, 0, 4, "서버a"), 3);
	expect_row(&grid, 0, "서…");
	assert_int_equal(put(&grid, 10, 0, 3, "서버"), 3);
	expect_row(&grid, 0, "서…");
	assert_int_equal(put(&grid, 10, 0, 2, "서버"), 1);
	expect_row(&grid, 0, "…");
	/* The screen ends in the middle of one. */
	put(&grid, 3, 0, 4, "서버");
	expect_row(&grid, 0, "서");
	/* Half of one is overwritten. */
	put(&grid, 10, 0, 4, "서버");
	grid_put(&grid, 0, 1, 1, GRID_PLAIN, "x");
	expect_row(&grid, 0, " x버");
	put(&grid, 10, 0, 4, "서버");
	grid_put(&grid, 0, 2, 1, GRID_PLAIN, "x");
	expect_row(&grid, 0, "서x");
	grid_finish(&grid);
}

/* Escapes are shown as such; what takes no column and could turn the line around is left out. */
static void test_hostile(void **state)
{
	struct grid grid = {0};

	(void)state;
	put(&grid, 40, 0, 40, "\x1b[2J\a\n\r\tx");
	expect_row(&grid, 0, "\\x1B[2J\\x07\\n\\r\\tx");
	put(&grid, 40, 0, 40,
		"\xff\xfe"
		"a\xe2\x80\xae"
		"b");
	expect_row(&grid, 0, "\\xFF\\xFEab");
	put(&grid, 40, 0, 40, "e\xcc\x81!");
	expect_row(&grid, 0, "e!");
	/* C1: CSI in one character. */
	put(&grid, 40, 0, 40,
		"\xc2\x9b"
		"31m");
	expect_row(&grid, 0, "\\xC2\\x9B31m");
	grid_finish(&grid);
}

static void test_looks(void **state)
{
	struct grid grid = {0};

	(void)state;
	grid_reset(&grid, 1, 4, true);
	grid_put(&grid, 0, 0, 4, GRID_BAD, "ab");
	grid_paint(&grid, 0, 1, 2, GRID_GOOD);
	assert_int_equal(grid.cells[0].look, GRID_BAD);
	assert_int_equal(grid.cells[1].look, GRID_GOOD);
	assert_int_equal(grid.cells[2].look, GRID_GOOD);
	assert_int_equal(grid.cells[3].look, GRID_PLAIN);
	assert_string_equal(grid.cells[1].bytes, "b");
	/* A grid that is used again is blank again. */
	grid_reset(&grid, 1, 4, true);
	assert_int_equal(grid.cells[0].look, GRID_PLAIN);
	expect_row(&grid, 0, "");
	grid_finish(&grid);
}

static void expect_graph(bool utf8, const double *values, size_t count, double top,
	const char *upper, const char *lower)
{
	struct grid grid = {0};

	grid_reset(&grid, 2, 4, utf8);
	graph_draw(&grid, (struct graph_place){0, 0, 2, 4}, GRID_GRAPH, values, count, top);
	expect_row(&grid, 0, upper);
	expect_row(&grid, 1, lower);
	grid_finish(&grid);
}

static void test_graph_braille(void **state)
{
	static const double ramp[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const double few[] = {0, 8};

	(void)state;
	expect_graph(true, ramp, 8, 8, "  ⣠⣾", "⣠⣾⣿⣿");
	expect_graph(true, few, 2, 8, "   ⢸", "   ⢸");
	expect_graph(true, few, 1, 8, "", "");
	expect_graph(true, NULL, 0, 8, "", "");
}

static void test_graph_ascii(void **state)
{
	static const double ramp[] = {0, 2, 3, 4};

	(void)state;
	expect_graph(false, ramp, 4, 4, "  .#", " ###");
}

/* What is there is seen, however small beside the top; what is above the top stays below the edge. */
static void test_graph_edges(void **state)
{
	static const double tiny[] = {1e-9, 1e9};
	static const double below[] = {-5, 0.0 / 1};

	(void)state;
	expect_graph(true, tiny, 2, 8, "   ⢸", "   ⣸");
	expect_graph(true, below, 2, 8, "", "");
	/* A top of 0 is 1. */
	expect_graph(true, tiny, 2, 0, "   ⢸", "   ⣸");
}

static void test_graph_top(void **state)
{
	static const struct {
		double value, top;
	} cases[] = {{0, 1}, {0.2, 1}, {1, 1}, {1.5, 2}, {2, 2}, {3, 5}, {5.5, 10}, {10, 10},
		{24812, 50000}, {999999, 1000000}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_true(graph_top(&cases[i].value, 1) == cases[i].top);
	assert_true(graph_top(NULL, 0) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_graph_braille),
		cmocka_unit_test(test_graph_ascii),
		cmocka_unit_test(test_graph_edges),
		cmocka_unit_test(test_graph_top),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
