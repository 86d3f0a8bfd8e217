/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "base/fd.h"

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void closes_and_forgets(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int number = fd;

	(void)state;
	assert_true(is_open(fd));
	errno = E2BIG;
	fd_close(&fd);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(fd, -1);
	assert_false(is_open(number));
	errno = E2BIG;
	fd_close(&fd); /* nothing to close, and no complaint */
	assert_int_equal(errno, E2BIG);
	assert_int_equal(fd, -1);
}

static int open_and_leave(bool steal)
{
	_cleanup_fd_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int number = fd;

	assert_true(is_open(fd));
	if (steal) {
		int stolen = fd_steal(&fd);

		assert_int_equal(fd, -1);
		return stolen;
	}
	return number;
}

static void closes_at_the_end_of_its_scope(void **state)
{
	int fd;

	(void)state;
	assert_false(is_open(open_and_leave(false)));
	fd = open_and_leave(true);
	assert_true(is_open(fd));
	close(fd);
}

static void writes_and_reads_files(void **state)
{
	_cleanup_fd_ int fd = memfd_create("test", MFD_CLOEXEC);
	char path[64], buffer[32];

	(void)state;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(fd_write_file(path, "50000 50000\n"), 0);
	assert_int_equal(fd_read_file(path, buffer, sizeof(buffer)), 12);
	assert_string_equal(buffer, "50000 50000\n");
	assert_int_equal(fd_read_file(path, buffer, 6), 5); /* what does not fit is left out */
	assert_string_equal(buffer, "50000");
	assert_int_equal(fd_read_file(path, buffer, 1), 0);
	assert_string_equal(buffer, "");
}

static void says_why_a_file_cannot_be_had(void **state)
{
	char buffer[16];

	(void)state;
	assert_int_equal(fd_read_file("/nonexistent/file", buffer, sizeof(buffer)), -ENOENT);
	assert_int_equal(fd_write_file("/nonexistent/file", "x"), -ENOENT);
	assert_int_equal(fd_read_file("/", buffer, sizeof(buffer)), -EISDIR);
	assert_int_equal(fd_write_file("/", "x"), -EISDIR);
	assert_int_equal(fd_write_file("/dev/full", "x"), -ENOSPC);
}

static void errors_carry_a_number_and_words(void **state)
{
	struct error err = {.line = 7, .column = 3};

	(void)state;
	assert_int_equal(error_set(&err, EADDRINUSE, "port %d: taken", 13), -EADDRINUSE);
	assert_int_equal(err.code, EADDRINUSE);
	assert_int_equal(err.line, 0);
	assert_string_equal(err.text, "port 13: taken");
	assert_int_equal(error_errno(&err, ENOENT, "open %s", "x"), -ENOENT);
	assert_string_equal(err.text, "open x: No such file or directory");
	assert_int_equal(error_set(NULL, EPERM, "nobody listens"), -EPERM);
	assert_int_equal(error_errno(NULL, EPERM, "nobody listens"), -EPERM);
}

static void errors_are_bounded(void **state)
{
	struct error err;
	char endless[2 * sizeof(err.text)];

	(void)state;
	memset(endless, 'e', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	error_set(&err, EIO, "%s", endless);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	error_errno(&err, EIO, "%s", endless);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closes_and_forgets),
		cmocka_unit_test(closes_at_the_end_of_its_scope),
		cmocka_unit_test(writes_and_reads_files),
		cmocka_unit_test(says_why_a_file_cannot_be_had),
		cmocka_unit_test(errors_carry_a_number_and_words),
		cmocka_unit_test(errors_are_bounded),
	};

	return cmocka_run_group_tests_name("fd and error", tests, NULL, NULL);
}
