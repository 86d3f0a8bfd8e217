/* SPDX-License-Identifier: BSD-2-Clause */

/* The kernel's counters, those of this namespace: by every name they go by. */

#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "observe/counters.h"

static int64_t active_opens(void)
{
	struct counters counters = {0};
	const struct counter *counter;
	int64_t value;

	assert_int_equal(counters_read(&counters), 0);
	counter = counters_find(&counters, "ActiveOpens");
	assert_non_null(counter);
	value = counter->value;
	counters_finish(&counters);
	return value;
}

static void an_open_is_counted(void **state)
{
	struct sockaddr_in nobody = {
		.sin_family = AF_INET,
		.sin_port = htons(1),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int64_t before = active_opens();
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_return_code(fd, errno);
	connect(fd, (struct sockaddr *)&nobody, sizeof(nobody));
	close(fd);
	/* Others on this machine may open some too. */
	assert_true(active_opens() > before);
}

static void has_several_names(void **state)
{
	struct counters counters = {0};
	const struct counter *counter;

	(void)state;
	assert_int_equal(counters_read(&counters), 0);
	counter = counters_find(&counters, "TCPTimeWaitOverflow");
	assert_non_null(counter);
	assert_string_equal(counter->group, "TcpExt");
	assert_ptr_equal(counters_find(&counters, "TcpExtTCPTimeWaitOverflow"), counter);
	assert_ptr_equal(counters_find(&counters, "TcpExt:TCPTimeWaitOverflow"), counter);
	assert_ptr_equal(counters_find(&counters, "TcpExt.TCPTimeWaitOverflow"), counter);
	/* Udp has one too: TCP's comes first. */
	assert_string_equal(counters_find(&counters, "InErrs")->group, "Tcp");
	assert_null(counters_find(&counters, "TCPTimeWaitOverfow"));
	assert_null(counters_find(&counters, "Tcp"));
	assert_string_equal(
		counters_nearest(&counters, "TCPTimeWaitOverfow"), "TCPTimeWaitOverflow");
	assert_null(counters_nearest(&counters, "nothing like it at all"));
	counters_finish(&counters);
}

static void reads_again_in_place(void **state)
{
	struct counters counters = {0};
	size_t count;

	(void)state;
	assert_int_equal(counters_read(&counters), 0);
	count = counters.count;
	assert_true(count > 50);
	assert_int_equal(counters_read(&counters), 0);
	assert_int_equal(counters.count, count);
	counters_finish(&counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_is_counted),
		cmocka_unit_test(has_several_names),
		cmocka_unit_test(reads_again_in_place),
	};

	return cmocka_run_group_tests_name("counters", tests, NULL, NULL);
}
