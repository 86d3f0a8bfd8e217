/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "observe/life_symbols.h"

static int read_text(const char *text, struct life_symbols *symbols, struct error *err)
{
	char path[] = "/tmp/test_life_symbols.XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	r = life_symbols_read(symbols, path, err);
	unlink(path);
	return r;
}

static uint8_t meaning_of(const struct life_symbols *symbols, uint64_t address)
{
	for (size_t i = 0; i < LIFE_RANGES_MAX; i++) {
		if (address - symbols->ranges[i].start < symbols->ranges[i].length)
			return symbols->ranges[i].meaning;
	}
	return LIFE_MEANS_NOTHING;
}

static void by_name(void **state)
{
	static const char text[] = "ffffffff81000000 T _text\n"
				   "ffffffff81000100 t __mod_timer\n"
				   "ffffffff81000180 T tcp_abort\n"
				   "ffffffff81000180 T an_alias_of_it\n"
				   "ffffffff81000200 T tcp_abort_other\n"
				   "ffffffff81000300 t tcp_timewait_state_process.part.0\n"
				   "ffffffff81000400 t tw_timer_handler\n"
				   "ffffffff81000500 d tcp_v4_rcv\n"
				   "ffffffffc0000000 t tcp_v6_rcv\t[ipv6]\n"
				   "ffffffffc0000100 t last\t[ipv6]\n";
	struct life_symbols symbols;
	struct error err;

	(void)state;
	assert_int_equal(read_text(text, &symbols, &err), 0);
	assert_true(symbols.tw_timer_handler == 0xffffffff81000400);
	assert_int_equal(meaning_of(&symbols, 0xffffffff810000ff), LIFE_MEANS_NOTHING);
	assert_int_equal(meaning_of(&symbols, 0xffffffff81000100), LIFE_MEANS_RESTART);
	assert_int_equal(meaning_of(&symbols, 0xffffffff8100017f), LIFE_MEANS_RESTART);
	assert_int_equal(meaning_of(&symbols, 0xffffffff810001ff), LIFE_SOCK_DESTROY);
	assert_int_equal(meaning_of(&symbols, 0xffffffff81000200), LIFE_MEANS_NOTHING);
	assert_int_equal(meaning_of(&symbols, 0xffffffff81000350), LIFE_KILLED_BY_RST);
	assert_int_equal(meaning_of(&symbols, 0xffffffff81000510), LIFE_MEANS_NOTHING);
	assert_int_equal(meaning_of(&symbols, 0xffffffffc0000080), LIFE_REOPENED_BY_SYN);
	assert_int_equal(meaning_of(&symbols, 0), LIFE_MEANS_NOTHING);
}

/* kptr_restrict, no CAP_SYSLOG: the names are there, and every address is 0. */
static void hidden(void **state)
{
	struct life_symbols symbols;
	struct error err;

	(void)state;
	assert_int_equal(read_text("0000000000000000 T tcp_timewait_state_process\n"
				   "0000000000000000 t tw_timer_handler\n",
				 &symbols, &err),
		-EACCES);
	assert_non_null(strstr(err.text, "hides"));
}

static void another_kernel(void **state)
{
	struct life_symbols symbols;
	struct error err;

	(void)state;
	assert_int_equal(read_text("ffffffff81000000 T _text\n", &symbols, &err), -EOPNOTSUPP);
	assert_int_equal(life_symbols_read(&symbols, "/no/such/file", &err), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name),
		cmocka_unit_test(hidden),
		cmocka_unit_test(another_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
