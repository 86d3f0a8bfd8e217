/* SPDX-License-Identifier: BSD-2-Clause */

/* Every form of the language, in all its spellings, beside the one in which it is written back. */

#include "unit.h"

#include "scenario/library.h"
#include "scenarios.h"

static const struct {
	const char *written;
	const char *canonical; /* NULL: the same */
} forms[] = {
	/* listen, connect, accept */
	{"server listen 13", NULL},
	{"  server\tlisten   13  ", "server listen 13"},
	{"server.listener listen 13", "server listen 13"},
	{"client.other listen 65535", NULL},
	{"server listen 13 backlog 0", NULL},
	{"server listen 13 with reuseaddr reuseport", NULL},
	{"server listen 13 with reuseport reuseaddr backlog 5",
		"server listen 13 backlog 5 with reuseaddr reuseport"},
	{"server listen 13 backlog 5 with rcvbuf=4096 fails EADDRINUSE", NULL},
	{"client connect server:13", NULL},
	{"client.conn connect server:13", "client connect server:13"},
	{"server.back connect client:1", NULL},
	{"client connect server:13 from 0", NULL},
	{"client connect server:13 with bind_no_port from 40000 fails EADDRNOTAVAIL",
		"client connect server:13 from 40000 with bind_no_port fails EADDRNOTAVAIL"},
	{"server accept", NULL},
	{"server.listener accept", "server accept"},
	{"server.other accept fails EAGAIN", NULL},
	{"server accept fails EWOULDBLOCK", "server accept fails EAGAIN"},
	/* send, recv */
	{"server send \"Sun Jun  5\\r\\n\"", NULL},
	{"server send \"\\t\\0\\\\\\\"\\x01\\xff\"", "server send \"\\t\\0\\\\\\\"\\x01\\xFF\""},
	{"server send \"a#b\"#c", "server send \"a#b\" # c"},
	{"server send \"\x09\"", "server send \"\\t\""},
	{"server send \"\xed\x95\x9c\xea\xb5\xad\"", NULL},
	{"server send \"\\x41\"", "server send \"A\""},
	{"server send 1 byte", NULL},
	{"server send 1 bytes", "server send 1 byte"},
	{"server send 1073741824 byte", "server send 1073741824 bytes"},
	{"client.a recv", NULL},
	{"client recv eof", NULL},
	{"client recv 42 bytes fails ECONNRESET", NULL},
	{"client recv \"x y\" fails ETIMEDOUT", NULL},
	{"client recv fails ECONNREFUSED", NULL},
	/* the rest of a socket's */
	{"client shutdown read", NULL},
	{"client shutdown write", NULL},
	{"client shutdown both fails ENOTCONN", NULL},
	{"server close", NULL},
	{"server.listener close", NULL},
	{"server destroy fails ENOENT", NULL},
	{"server set reuseaddr reuseport nodelay bind_no_port", NULL},
	{"server set linger=0 linger2=-1 keepalive=5 user_timeout=2s rcvbuf=1 sndbuf=0",
		"server set linger=0 linger2=-1 keepalive=5,5,3 user_timeout=2s rcvbuf=1 sndbuf=0"},
	{"server set sndbuf=7 linger=2s", "server set linger=2s sndbuf=7"},
	{"server set linger=0s linger2=1m", "server set linger=0 linger2=60s"},
	{"server set linger2=0", NULL},
	{"server set keepalive=5s,1s,3", "server set keepalive=5,1,3"},
	{"server set user_timeout=1.5s fails EINVAL",
		"server set user_timeout=1500ms fails EINVAL"},
	{"server set reuseaddr=off linger=off linger2=off keepalive=off user_timeout=off "
	 "rcvbuf=off",
		NULL},
	/* of a host */
	{"server crash", NULL},
	{"client sysctl net.ipv4.ip_local_port_range=50000 50000", NULL},
	{"client sysctl net.ipv4.tcp_rmem=1  2\t3", "client sysctl net.ipv4.tcp_rmem=\"1  2\\t3\""},
	{"client sysctl net.ipv4.tcp_congestion_control=  reno  # the old one",
		"client sysctl net.ipv4.tcp_congestion_control=reno # the old one"},
	{"client sysctl net.ipv4.ip_local_reserved_ports=", NULL},
	{"client sysctl net.ipv4.tcp_tw_reuse=1 fails EPERM", NULL},
	{"client sysctl net.ipv4.tcp_tw_reuse=1 \"fails\" EPERM",
		"client sysctl net.ipv4.tcp_tw_reuse=\"1 fails EPERM\""},
	{"client sysctl net.x=\" a#b\"", NULL},
	{"client sysctl net.x=a=b\\c", NULL},
	{"client run daytime server", NULL},
	{"client run sh -c \"exit 3\" --x=\"a b\"", "client run sh -c \"exit 3\" \"--x=a b\""},
	{"client run \"daytime\" \"\" $HERE/x.sh a\\b", "client run daytime \"\" $HERE/x.sh a\\b"},
	{"client run echo fails ENOENT", NULL},
	{"client run echo \"fails\" ENOENT", NULL},
	{"client run echo fails \"ENOENT\"", "client run echo \"fails\" ENOENT"},
	{"client run echo fails badly", "client run echo \"fails\" badly"},
	{"client run echo fails EPERM fails ENOENT",
		"client run echo \"fails\" EPERM fails ENOENT"},
	{"client wait", NULL},
	{"client wait status 0", "client wait"},
	{"client wait status 255 fails ETIMEDOUT", NULL},
	{"server signal TERM", NULL},
	{"server signal SIGTERM", "server signal TERM"},
	{"server signal 15", "server signal TERM"},
	{"server signal 64 fails ESRCH", NULL},
	/* the wire */
	{"wire hold FIN", NULL},
	{"wire hold SYN,ACK from server", NULL},
	{"wire hold SYN , ACK from server", "wire hold SYN,ACK from server"},
	{"wire hold SYN, ACK", "wire hold SYN,ACK"},
	{"wire hold SYN from client.conn", NULL},
	{"wire release", NULL},
	{"wire release one", NULL},
	{"wire release ANY", NULL},
	{"wire release ZERO from client", NULL},
	{"wire drop SYN 2 times", NULL},
	{"wire drop SYN 1 times", "wire drop SYN 1 time"},
	{"wire drop RST from server.a 3 time", "wire drop RST from server.a 3 times"},
	{"wire duplicate DATA", NULL},
	{"wire duplicate ACK from client 1 time", NULL},
	{"wire pass", NULL},
	{"wire inject RST from client", NULL},
	{"wire inject RST from client.conn", "wire inject RST from client"},
	{"wire inject DATA from server.b 1400 bytes seq +1 ack -2 ts +2147483647", NULL},
	{"wire inject ACK from server ts -2147483647 ack +0 seq -0 0 bytes",
		"wire inject ACK from server 0 bytes ts -2147483647"},
	/* time */
	{"sleep 100ms", NULL},
	{"sleep 0.5s", "sleep 500ms"},
	{"sleep 1us", NULL},
	{"sleep 0.000001s", "sleep 1us"},
	{"sleep 24.0s", "sleep 24s"},
	{"sleep 1.25m", "sleep 75s"},
	{"slow", NULL},
	/* expectations */
	{"expect server TIME_WAIT", NULL},
	{"expect server time-wait, client closed", "expect server TIME_WAIT, client CLOSED"},
	{"expect server fin-wait-2,client estab", "expect server FIN_WAIT2, client ESTABLISHED"},
	{"expect server Time-Wait ,client.b SYN-RECEIVED",
		"expect server TIME_WAIT, client.b SYN_RECV"},
	{"expect server.listener LISTEN within 3s", NULL},
	{"expect server TIME_WAIT timer timewait 55s..60s, client CLOSED within 1.5s",
		"expect server TIME_WAIT timer timewait 55s..60s, client CLOSED within 1500ms"},
	{"expect server TIME_WAIT timer timewait 55..60s",
		"expect server TIME_WAIT timer timewait 55s..60s"},
	{"expect server TIME_WAIT timer timewait 55..60",
		"expect server TIME_WAIT timer timewait 55s..60s"},
	{"expect server ESTABLISHED timer on 100ms..300",
		"expect server ESTABLISHED timer on 100ms..300ms"},
	{"expect server ESTABLISHED timer on 0.2..1.5s",
		"expect server ESTABLISHED timer on 200ms..1500ms"},
	{"expect server ESTABLISHED timer keepalive 0..0m,client CLOSED",
		"expect server ESTABLISHED timer keepalive 0s..0s, client CLOSED"},
	{"expect server FIN_WAIT2 timer none, client CLOSE_WAIT timer persist", NULL},
	{"expect server went FIN_WAIT1 > FIN_WAIT2 > TIME_WAIT", NULL},
	{"expect server.a went CLOSED>SYN-SENT >established within 2s",
		"expect server.a went CLOSED > SYN_SENT > ESTABLISHED within 2s"},
	{"expect server went TIME_WAIT", NULL},
	{"expect client pending", NULL},
	{"expect client.b done within 500ms", NULL},
	{"expect server count TIME_WAIT 1", NULL},
	{"expect server count syn-recv 0 within 0s", "expect server count SYN_RECV 0 within 0s"},
	{"expect server counter TCPTimeWaitOverflow +1", NULL},
	{"expect server counter TcpActiveOpens +0 within 1m",
		"expect server counter TcpActiveOpens +0 within 60s"},
	{"expect server listening 13 within 5s", NULL},
	{"expect client output \"a\\nb\" within 2s", NULL},
	{"expect wire FIN", NULL},
	{"expect wire FIN from server.x 2 times within 3s", NULL},
	{"expect wire SYN , ACK from server 1 times", "expect wire SYN,ACK from server 1 time"},
	{"expect wire FIN 0 times", NULL},
	{"expect no RST", NULL},
	{"expect no DATA from client.a", NULL},
	/* comments */
	{"server close # why", NULL},
	{"server close#why", "server close # why"},
	{"server close #", "server close"},
	{"server close ##  why \t", "server close # #  why"},
};

static void forms_are_written_in_one_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		const char *canonical = forms[i].canonical ? forms[i].canonical : forms[i].written;
		struct scenario scenario = parsed(forms[i].written);
		_cleanup_text_ struct text text = TEXT_INIT;

		assert_int_equal(scenario.count, 1);
		step_print(&scenario.steps[0], &text);
		assert_string_equal(text.bytes, canonical);
		assert_round_trip(&scenario);
		scenario_finish(&scenario);
	}
}

/* No two of the canonical texts are the same tree, and none is equal to the next. */
static void equality_sees_a_difference(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forms); i++) {
		struct scenario a = parsed(forms[i].written);

		for (size_t j = 0; j < COUNT(forms); j++) {
			struct scenario b = parsed(forms[j].written);
			_cleanup_text_ struct text x = printed(&a), y = printed(&b);

			assert_int_equal(!strcmp(x.bytes, y.bytes), scenario_equal(&a, &b));
			scenario_finish(&b);
		}
		scenario_finish(&a);
	}
}

static void a_whole_file_is_written_back(void **state)
{
	static const char text[] = "\n# TIME_WAIT\n#\n# It belongs to the end\n#   that closes "
				   "first.\n#\n# So.\n#\n\n# not the title\n\n#\nserver listen "
				   "13\n\n\nslow\r\n   # last";
	struct scenario scenario = parsed(text);
	_cleanup_text_ struct text out = printed(&scenario);

	(void)state;
	assert_string_equal(out.bytes,
		"# TIME_WAIT\n# It belongs to the end\n#   that closes first.\n#\n# So.\n\n"
		"# not the title\n#\nserver listen 13\nslow\n# last\n");
	assert_round_trip(&scenario);
	scenario_finish(&scenario);
}

static void files_without_a_title_are_written_back(void **state)
{
	static const char *const texts[] = {"", "\n", "#", "#\n\n#\n", "server close",
		"server close\n# no title", "# title", "# title\n\n#",
		"#!/usr/bin/env -S timewait run\n", "#!/x\n# title\nserver close"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct scenario scenario = parsed(texts[i]);

		assert_round_trip(&scenario);
		scenario_finish(&scenario);
	}
}

static void the_library_is_written_back(void **state)
{
	(void)state;
	assert_true(library_count > 0);
	for (size_t i = 0; i < library_count; i++) {
		const struct library_entry *entry = &library_entries[i];
		struct scenario scenario;

		if (parse_text_of(&scenario, entry->text, entry->length))
			fail_msg("%s:%d:%d: %s", entry->name, parse_errors.errors[0].line,
				parse_errors.errors[0].column, parse_errors.errors[0].text);
		assert_round_trip(&scenario);
		scenario_finish(&scenario);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_are_written_in_one_way),
		cmocka_unit_test(equality_sees_a_difference),
		cmocka_unit_test(a_whole_file_is_written_back),
		cmocka_unit_test(files_without_a_title_are_written_back),
		cmocka_unit_test(the_library_is_written_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
