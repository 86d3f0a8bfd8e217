/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include "lab/fence.h"

static void test_needed(void **state)
{
	(void)state;
	assert_true(fence_is_needed_on("6.1.0-56-cloud-amd64", false));
	assert_true(fence_is_needed_on("5.10.0", false));
	assert_true(fence_is_needed_on("6.4.16-linuxkit", false));
	assert_false(fence_is_needed_on("6.5.0-rc1", false));
	assert_false(fence_is_needed_on("6.12.117+deb12-cloud-amd64", false));
	assert_false(fence_is_needed_on("7.0", false));
}

/* In real time every softirq has a thread of its own. */
static void test_needed_in_real_time(void **state)
{
	(void)state;
	assert_true(fence_is_needed_on("6.12.0-rt1", true));
}

static void test_needed_where_nobody_knows(void **state)
{
	(void)state;
	assert_true(fence_is_needed_on("", false));
	assert_true(fence_is_needed_on("linux", false));
}

/* A laboratory of today has none, and asks it all the same. */
static void test_none(void **state)
{
	struct fence fence = FENCE_NONE;
	struct error err = {0};

	(void)state;
	assert_int_equal(fence_pass(&fence, &err), 0);
	fence_close(&fence);
	fence_close(&fence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_needed_in_real_time),
		cmocka_unit_test(test_needed_where_nobody_knows),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
