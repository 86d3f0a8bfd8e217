/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "daytime/notify.h"

/* The service manager's end, in the abstract namespace or in a folder of its own. */
struct manager {
	int fd;
	char folder[32];
	char name[64];
	char heard[1024];
};

static void manager_open(struct manager *manager, bool is_abstract)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t length;

	strcpy(manager->folder, "/tmp/test_notify.XXXXXX");
	assert_non_null(mkdtemp(manager->folder));
	snprintf(manager->name, sizeof(manager->name), "%s%s/socket", is_abstract ? "@" : "",
		manager->folder);
	memcpy(address.sun_path, manager->name, strlen(manager->name));
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(manager->name));
	if (is_abstract)
		address.sun_path[0] = '\0';
	manager->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_return_code(bind(manager->fd, (struct sockaddr *)&address, length), errno);
	setenv("NOTIFY_SOCKET", manager->name, 1);
}

static void manager_close(struct manager *manager)
{
	close(manager->fd);
	unlink(manager->name);
	rmdir(manager->folder);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

/* What has come, or "" */
static const char *heard(struct manager *manager)
{
	ssize_t n = recv(manager->fd, manager->heard, sizeof(manager->heard) - 1, MSG_DONTWAIT);

	manager->heard[n > 0 ? n : 0] = '\0';
	return manager->heard;
}

static void says_nothing_where_nobody_listens(void **state)
{
	struct notify notify;

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(notify_open(&notify, NULL), 0);
		assert_int_equal(notify.fd, -1);
		assert_int_equal(notify.watchdog_every_ns, 0);
		assert_int_equal(notify_ready(&notify, "x"), 0);
		assert_int_equal(notify_reloading(&notify), 0);
		assert_int_equal(notify_stopping(&notify, 1, "x"), 0);
		assert_int_equal(notify_status(&notify, "x"), 0);
		assert_int_equal(notify_watchdog(&notify), 0);
		notify_close(&notify);
		setenv("NOTIFY_SOCKET", "", 1);
	}
}

static void says_what_there_is_to_say(bool is_abstract)
{
	struct manager manager;
	struct notify notify;
	long long usec;

	manager_open(&manager, is_abstract);
	setenv("WATCHDOG_USEC", "3000000", 1);
	assert_int_equal(notify_open(&notify, NULL), 0);
	assert_int_equal(notify.watchdog_every_ns, 1500 * NS_PER_MS);
	notify_ready(&notify, "serving; 0 open");
	assert_string_equal(heard(&manager), "READY=1\nSTATUS=serving; 0 open\n");
	notify_ready(&notify, NULL);
	assert_string_equal(heard(&manager), "READY=1\n");
	notify_status(&notify, "two\nlines");
	assert_string_equal(heard(&manager), "STATUS=two\n");
	notify_watchdog(&notify);
	assert_string_equal(heard(&manager), "WATCHDOG=1\n");
	notify_reloading(&notify);
	assert_int_equal(sscanf(heard(&manager), "RELOADING=1\nMONOTONIC_USEC=%lld\n", &usec), 1);
	assert_in_range(usec, clock_now_ns() / NS_PER_US - 60000000, clock_now_ns() / NS_PER_US);
	notify_stopping(&notify, 30 * NS_PER_S, "ending");
	assert_string_equal(
		heard(&manager), "STOPPING=1\nEXTEND_TIMEOUT_USEC=30000000\nSTATUS=ending\n");
	notify_stopping(&notify, 0, NULL);
	assert_string_equal(heard(&manager), "STOPPING=1\n");
	notify_close(&notify);
	assert_int_equal(notify.fd, -1);
	notify_close(&notify);
	manager_close(&manager);
}

static void speaks_to_a_path(void **state)
{
	(void)state;
	says_what_there_is_to_say(false);
}

static void speaks_to_an_abstract_name(void **state)
{
	(void)state;
	says_what_there_is_to_say(true);
}

static void cuts_long_texts(void **state)
{
	struct manager manager;
	struct notify notify;
	char endless[4096];

	(void)state;
	memset(endless, 'e', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	manager_open(&manager, true);
	assert_int_equal(notify_open(&notify, NULL), 0);
	notify_stopping(&notify, INT64_MAX, endless);
	assert_non_null(strstr(heard(&manager), "STATUS=eee"));
	assert_int_equal(strspn(strstr(manager.heard, "STATUS=") + 7, "e"), NOTIFY_STATUS_BYTES);
	assert_int_equal(manager.heard[strlen(manager.heard) - 1], '\n');
	notify_close(&notify);
	manager_close(&manager);
}

/* A manager that does not read must not hold the server up, and a dead one not end it. */
static void waits_for_no_watchdog(void **state)
{
	struct manager manager;
	struct notify notify;
	int result = 0;

	(void)state;
	manager_open(&manager, true);
	setenv("WATCHDOG_USEC", "1000000", 1);
	assert_int_equal(notify_open(&notify, NULL), 0);
	for (int i = 0; !result && i < 100000; i++)
		result = notify_watchdog(&notify);
	assert_int_equal(result, -EAGAIN);
	assert_int_equal(notify_status(&notify, "x"), -EAGAIN);
	assert_int_equal(notify_ready(&notify, "x"), -EAGAIN); /* after a second */
	heard(&manager);
	assert_int_equal(notify_ready(&notify, "x"), 0);
	close(manager.fd);
	assert_int_equal(notify_ready(&notify, "x"), -ECONNREFUSED);
	notify_close(&notify);
	manager.fd = -1;
	manager_close(&manager);
}

static void knows_whose_watchdog_it_is(void **state)
{
	struct manager manager;
	struct notify notify;
	struct error err;
	char own[16];

	(void)state;
	manager_open(&manager, true);
	setenv("WATCHDOG_USEC", "5", 1);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_open(&notify, &err), 0);
	assert_int_equal(notify.watchdog_every_ns, 0);
	notify_watchdog(&notify);
	assert_string_equal(heard(&manager), "");
	notify_close(&notify);
	snprintf(own, sizeof(own), "%d", getpid());
	setenv("WATCHDOG_PID", own, 1);
	assert_int_equal(notify_open(&notify, &err), 0);
	assert_int_equal(notify.watchdog_every_ns, 2 * NS_PER_US);
	notify_close(&notify);
	setenv("WATCHDOG_USEC", "soon", 1);
	assert_int_equal(notify_open(&notify, &err), -EINVAL);
	assert_non_null(strstr(err.text, "WATCHDOG_USEC 'soon'"));
	assert_int_equal(notify.fd, -1);
	manager_close(&manager);
}

static void says_where_it_cannot_speak(void **state)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = {
		{"socket", EINVAL},
		{"/", EINVAL},
		{"@", EINVAL},
		{"vsock:2:1234", EINVAL},
		{"/nonexistent/socket", ENOENT},
		{"@nobody-listens-here", ECONNREFUSED},
		{"/a-name-that-is-longer-than-an-address-of-this-family-has-room-for-"
		 "which-is-a-hundred-and-eight-bytes-and-no-more",
			ENAMETOOLONG},
	};
	struct notify notify;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		setenv("NOTIFY_SOCKET", cases[i].name, 1);
		assert_int_equal(notify_open(&notify, &err), -cases[i].code);
		assert_int_equal(notify.fd, -1);
		assert_non_null(strstr(err.text, cases[i].name));
	}
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_nothing_where_nobody_listens),
		cmocka_unit_test(speaks_to_a_path),
		cmocka_unit_test(speaks_to_an_abstract_name),
		cmocka_unit_test(cuts_long_texts),
		cmocka_unit_test(waits_for_no_watchdog),
		cmocka_unit_test(knows_whose_watchdog_it_is),
		cmocka_unit_test(says_where_it_cannot_speak),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
