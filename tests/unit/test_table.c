/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/socket_json.h"
#include "report/table.h"

static struct endpoint at(const char *address, uint16_t port)
{
	struct endpoint endpoint = {.port = port};

	endpoint.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(endpoint.family, address, endpoint.address), 1);
	return endpoint;
}

static struct diag_socket listener(void)
{
	return (struct diag_socket){
		.local = at("::", 13),
		.peer = at("::", 0),
		.state = TCP_STATE_LISTEN,
		.send_queue = 128,
		.inode = 77,
		.cookie = 1,
	};
}

static struct diag_socket waiting(void)
{
	return (struct diag_socket){
		.local = at("192.0.2.1", 13),
		.peer = at("192.0.2.2", 40000),
		.state = TCP_STATE_TIME_WAIT,
		.timer = DIAG_TIMER_TIMEWAIT,
		.timer_ms = 59984,
		.cookie = 2,
	};
}

static void compare(const struct table_row *rows, size_t count, bool utf8, const char *expected)
{
	_cleanup_text_ struct text out = TEXT_INIT;

	table_print(&out, rows, count, utf8);
	assert_string_equal(out.bytes, expected);
}

static void prints_the_header_alone(void **state)
{
	(void)state;
	compare(NULL, 0, true,
		"Proto Recv-Q Send-Q Local Address  Foreign Address  State  Timer  PID/Program\n");
}

static void aligns_the_columns(void **state)
{
	const struct diag_socket sockets[] = {listener(), waiting()};
	const struct table_row rows[] = {
		{.socket = &sockets[0], .pid = 1234, .comm = "daytimed"},
		{.socket = &sockets[1]},
	};

	(void)state;
	compare(rows, COUNT(rows), true,
		"Proto Recv-Q Send-Q Local Address  Foreign Address  State      Timer              "
		"PID/Program\n"
		"tcp6       0    128 [::]:13        [::]:*           LISTEN     -                  "
		"1234/daytimed\n"
		"tcp        0      0 192.0.2.1:13   192.0.2.2:40000  TIME_WAIT  timewait (59.98s)  "
		"-\n");
}

static void numbers_may_be_wide(void **state)
{
	struct diag_socket socket = waiting();
	const struct table_row row = {.socket = &socket};

	(void)state;
	socket.state = TCP_STATE_ESTABLISHED;
	socket.receive_queue = 4294967295;
	socket.timer = DIAG_TIMER_ON;
	socket.timer_ms = 204;
	compare(&row, 1, true,
		"Proto     Recv-Q Send-Q Local Address  Foreign Address  State        Timer       "
		"PID/Program\n"
		"tcp   4294967295      0 192.0.2.1:13   192.0.2.2:40000  ESTABLISHED  on (0.20s)  "
		"-\n");
}

static void names_the_hosts(void **state)
{
	const struct diag_socket socket = waiting();
	const struct table_row row = {.host = "server", .socket = &socket};

	(void)state;
	compare(&row, 1, true,
		"Host    Proto Recv-Q Send-Q Local Address  Foreign Address  State      Timer      "
		" "
		"       PID/Program\n"
		"server  tcp        0      0 192.0.2.1:13   192.0.2.2:40000  TIME_WAIT  "
		"timewait (59.98s)  -\n");
}

static void no_name_harms_the_terminal(void **state)
{
	const struct diag_socket socket = listener();
	const struct table_row row = {
		.socket = &socket, .pid = 7, .comm = "a\033[2J\nb\303\251\377"};
	_cleanup_text_ struct text plain = TEXT_INIT, utf8 = TEXT_INIT;

	(void)state;
	table_print(&plain, &row, 1, false);
	assert_non_null(strstr(plain.bytes, "  7/a\\x1B[2J\\nb\\xC3\\xA9\\xFF\n"));
	table_print(&utf8, &row, 1, true);
	assert_non_null(strstr(utf8.bytes, "  7/a\\x1B[2J\\nb\303\251\\xFF\n"));
}

/* The longest that can be: nothing is cut off. */
static void everything_fits(void **state)
{
	struct diag_socket socket = listener();
	const struct table_row row = {.socket = &socket,
		.pid = 4194304,
		.comm = "\1\2\3\4\5\6\7\10"
			"\16\17\20\21\22\23\24"};
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	socket.local = at("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 65535);
	socket.local.interface = UINT32_MAX;
	socket.timer = DIAG_TIMER_KEEPALIVE;
	socket.timer_ms = 4294967250;
	table_print(&out, &row, 1, false);
	assert_non_null(
		strstr(out.bytes, " [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535 "));
	assert_non_null(strstr(out.bytes, " keepalive (4294967.25s) "));
	assert_non_null(strstr(out.bytes, "\\x13\\x14\n"));
}

static json_t *parse(
	const struct diag_socket *socket, const struct owner *owner, uint64_t netns, bool is_first)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	json_t *object;

	socket_json_print(&out, socket, owner, netns, is_first);
	assert_int_equal(out.bytes[out.length - 1], '\n');
	assert_ptr_equal(strchr(out.bytes, '\n'), out.bytes + out.length - 1);
	object = json_loads(out.bytes, 0, NULL);
	assert_non_null(object);
	return object;
}

static void json_has_every_field(void **state)
{
	struct diag_socket socket = waiting();
	char cgroup[] = "/system.slice/daytimed.service";
	const struct owner owner = {
		.inode = 9, .pid = 1234, .fd = 5, .comm = "daytimed", .cgroup = cgroup};
	_cleanup_text_ struct text out = TEXT_INIT;

	(void)state;
	socket.uid = 65534;
	socket.inode = 9;
	socket_json_print(&out, &socket, &owner, 4026531840, true);
	assert_string_equal(out.bytes,
		"{\"v\":1,\"state\":\"TIME_WAIT\",\"local\":\"192.0.2.1\",\"local_port\":13,"
		"\"peer\":\"192.0.2.2\",\"peer_port\":40000,\"recv_q\":0,\"send_q\":0,"
		"\"timer\":\"timewait\",\"timer_s\":59.984,\"uid\":65534,\"inode\":9,\"cookie\":2,"
		"\"netns\":4026531840,\"pid\":1234,\"comm\":\"daytimed\",\"fd\":5,"
		"\"cgroup\":\"/system.slice/daytimed.service\"}\n");
}

static void json_leaves_out_what_is_unknown(void **state)
{
	static const char *const absent[] = {"v", "timer_s", "uid", "inode", "netns", "pid", "comm",
		"fd", "cgroup", "peer", "peer_port"};
	struct diag_socket socket = listener();
	json_t *object;

	(void)state;
	socket.inode = 0;
	object = parse(&socket, NULL, 0, false);
	for (size_t i = 0; i < COUNT(absent); i++)
		assert_null(json_object_get(object, absent[i]));
	assert_string_equal(json_string_value(json_object_get(object, "timer")), "none");
	assert_string_equal(json_string_value(json_object_get(object, "local")), "::");
	assert_int_equal(json_object_size(object), 7);
	json_decref(object);
	/* Root's own socket: 0 is known here. */
	socket.inode = 77;
	object = parse(&socket, NULL, 0, false);
	assert_non_null(json_object_get(object, "uid"));
	json_decref(object);
}

static void json_stays_utf8(void **state)
{
	const struct diag_socket socket = listener();
	struct owner owner = {.inode = 77, .pid = 1, .fd = 3, .comm = "b\303\251\377\n"};
	json_t *object = parse(&socket, &owner, 0, true);

	(void)state;
	assert_string_equal(
		json_string_value(json_object_get(object, "comm")), "b\\xC3\\xA9\\xFF\\n");
	json_decref(object);
	strcpy(owner.comm, "b\303\251\"\n");
	object = parse(&socket, &owner, 0, true);
	assert_string_equal(json_string_value(json_object_get(object, "comm")), "b\303\251\"\n");
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints_the_header_alone),
		cmocka_unit_test(aligns_the_columns),
		cmocka_unit_test(numbers_may_be_wide),
		cmocka_unit_test(names_the_hosts),
		cmocka_unit_test(no_name_harms_the_terminal),
		cmocka_unit_test(everything_fits),
		cmocka_unit_test(json_has_every_field),
		cmocka_unit_test(json_leaves_out_what_is_unknown),
		cmocka_unit_test(json_stays_utf8),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
