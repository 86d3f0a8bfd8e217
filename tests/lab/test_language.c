/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What the language means, sentence by sentence of its reference (docs/scenario.md): each case is a
 * scenario of its own, and what is to come of it. For IPv4 and, with RIG_IPV6 set, for IPv6.
 */

#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/parse.h"
#include "scenario/run.h"

/* How every case that needs a connection begins. */
#define ESTABLISH                                                                                  \
	"server listen 13\n"                                                                       \
	"client connect server:13\n"                                                               \
	"server accept\n"

#define PASSES RUN_PASSED, 0, NULL

static const struct language_case {
	const char *name;
	const char *text;
	enum run_outcome outcome;
	int line;             /* of the first failure */
	const char *observed; /* part of what it says; of RUN_SKIPPED: of the reason */
} cases[] = {
	/* names and ends */
	{"a host alone is its end of conn",
		ESTABLISH "expect server.conn ESTABLISHED, client ESTABLISHED\n", PASSES},
	{"an accepted connection has the name of its other end",
		"server listen 13\nclient.a connect server:13\nclient.b connect server:13\n"
		"server accept\nserver accept\nserver.b close\n"
		"expect client.a ESTABLISHED, client.b CLOSE_WAIT\n",
		PASSES},
	{"an end without a socket is CLOSED", "expect server CLOSED, client.other CLOSED\n",
		PASSES},
	{"LISTEN is a state of listeners",
		"server listen 13\nexpect server.listener LISTEN, server CLOSED\n", PASSES},
	{"a listener can have a name",
		"server.door listen 13\nclient connect server:13\nserver.door accept\n"
		"expect server.door LISTEN, server ESTABLISHED\n",
		PASSES},
	{"both hosts can have listeners of one name",
		"server listen 13\nclient listen 13\nserver.listener close\n"
		"expect server.listener CLOSED, client.listener LISTEN\n",
		PASSES},
	{"either host may connect",
		"client listen 13\nserver connect client:13\nclient accept\n"
		"expect server ESTABLISHED, client ESTABLISHED\n",
		PASSES},
	{"a name means its newest connection",
		ESTABLISH "client connect server:13\nserver accept\nclient close\n"
			  "expect server CLOSE_WAIT\nexpect server count ESTABLISHED 1\n",
		PASSES},
	{"a connect that fails before it sends leaves the name alone",
		"client sysctl net.ipv4.ip_local_port_range=50000 50000\n" ESTABLISH
		"client connect server:13 fails EADDRNOTAVAIL\n"
		"client send \"x\"\nserver recv \"x\"\n",
		PASSES},
	{"two active opens that mirror each other are one connection",
		"wire hold SYN\nclient connect server:2000 from 1000\n"
		"server.mirror connect client:1000 from 2000\n"
		"expect client SYN_SENT, server.conn SYN_SENT, server.mirror SYN_SENT\n"
		"wire pass\nexpect client ESTABLISHED, server ESTABLISHED, client.mirror "
		"ESTABLISHED\n"
		"expect server count ESTABLISHED 1\n",
		PASSES},
	{"SYN into TIME_WAIT under one name",
		"server listen 13\nclient connect server:13 from 1000\nserver accept\nserver "
		"close\n"
		"client close\nexpect server TIME_WAIT, client CLOSED\n"
		"client connect server:13 from 1000\nserver accept\n"
		"expect server went TIME_WAIT > SYN_RECV > ESTABLISHED\n"
		"expect client went LAST_ACK > CLOSED > SYN_SENT > ESTABLISHED\n"
		"expect server ESTABLISHED, client ESTABLISHED\n",
		PASSES},
	{"SYN into TIME_WAIT under two names",
		"server listen 13\nclient.old connect server:13 from 1000\nserver accept\n"
		"server.old close\nclient.old close\nwire hold SYN\n"
		"client.new connect server:13 from 1000\n"
		"expect server.old TIME_WAIT, server.new CLOSED, client.new SYN_SENT\n"
		"wire pass\n"
		"expect server.old CLOSED, server.new ESTABLISHED, client.new ESTABLISHED\n",
		PASSES},

	/* send and recv */
	{"recv waits for all of its text",
		ESTABLISH "server send \"ab\"\nclient recv \"abcd\"\nexpect client pending\n"
			  "server send \"cd\"\nexpect client done\n",
		PASSES},
	{"recv of another text fails at once",
		ESTABLISH "server send \"abc\"\nclient recv \"abd\"\n", RUN_FAILED, 5, "\"abc\""},
	{"recv of a longer text that never comes fails at the end",
		ESTABLISH "server send \"abc\"\nclient recv \"abcd\"\n", RUN_FAILED, 5,
		"still waits"},
	{"recv of text meets the end of the stream",
		ESTABLISH "server send \"abc\"\nserver close\nclient recv \"abcd\"\n", RUN_FAILED,
		6, "end of the stream"},
	{"recv N bytes",
		ESTABLISH "server send 1000 bytes\nclient recv 400 bytes\nclient recv 600 bytes\n"
			  "server close\nclient recv eof\n",
		PASSES},
	{"recv N bytes of fewer",
		ESTABLISH "server send 10 bytes\nserver close\nclient recv 11 bytes\n", RUN_FAILED,
		6, "10 bytes"},
	{"recv eof where there is data", ESTABLISH "server send \"x\"\nclient recv eof\n",
		RUN_FAILED, 5, "\"x\""},
	{"recv alone never blocks",
		ESTABLISH "client recv\nexpect client done\nserver send \"abc\"\nclient recv\n"
			  "server close\nclient recv eof\n",
		PASSES},
	{"recv that fails", ESTABLISH "server close\nserver destroy fails ENOENT\n", RUN_FAILED, 5,
		"success"},
	{"text knows its escapes",
		ESTABLISH "server send \"\\r\\n\\t\\0\\\\\\\"\\x41#\"\n"
			  "client recv \"\\x0d\\x0a\\x09\\x00\\x5c\\x22A\\x23\"\n",
		PASSES},

	/* fails, pending */
	{"fails with just that errno", "client connect server:13 fails ECONNREFUSED\n", PASSES},
	{"fails with another", "client connect server:13 fails ETIMEDOUT\n", RUN_FAILED, 1,
		"ECONNREFUSED"},
	{"must fail and does not", "server listen 13 fails EADDRINUSE\n", RUN_FAILED, 1, "success"},
	{"fails unasked", "server listen 13\nserver.two listen 13\n", RUN_FAILED, 2, "EADDRINUSE"},
	{"a pending fails is judged when it completes",
		"wire hold SYN\nclient connect server:13 fails ECONNREFUSED\nexpect client "
		"pending\n"
		"wire pass\nexpect client done\n",
		PASSES},
	{"a pending fails that succeeds",
		"server listen 13\nwire hold SYN\nclient connect server:13 fails "
		"ECONNREFUSED\nwire pass\n",
		RUN_FAILED, 3, "success"},
	{"a pending fails at the end", "wire drop SYN\nclient connect server:13 fails ETIMEDOUT\n",
		RUN_FAILED, 2, "still waits"},
	{"a pending connect at the end is no failure", "wire drop SYN\nclient connect server:13\n",
		PASSES},
	{"a pending action that fails when it completes fails the scenario",
		"wire hold SYN\nclient connect server:13\nwire pass\n", RUN_FAILED, 2,
		"ECONNREFUSED"},
	{"another action on a pending end",
		"wire drop SYN\nclient connect server:13\nclient send \"x\"\n", RUN_FAILED, 3,
		"still waits in connect (line 2)"},
	{"close abandons what is pending",
		"wire drop SYN\nclient connect server:13\nclient close\nexpect client CLOSED\n",
		PASSES},
	{"set abandons what is pending",
		ESTABLISH
		"client recv \"x\"\nclient set nodelay\nexpect client done\nclient send \"y\"\n",
		PASSES},
	{"destroy ends what is pending",
		ESTABLISH
		"client recv \"x\" fails ECONNABORTED\nclient destroy\nexpect client CLOSED\n",
		PASSES},
	{"accept may wait",
		"server listen 13\nserver accept\nexpect server.listener pending\n"
		"client connect server:13\nexpect server.listener done\nserver send \"x\"\n",
		PASSES},
	{"a closed end has no descriptor",
		ESTABLISH "client close\nclient send \"x\" fails EBADF\n", PASSES},
	{"an end that was not accepted",
		"server listen 13\nclient connect server:13\nserver send \"x\"\n", RUN_FAILED, 3,
		"accepted"},
	{"send may wait for the window",
		"server listen 13 with rcvbuf=4096\nclient connect server:13 with sndbuf=4096\n"
		"server accept\nclient send 100000 bytes\nexpect client pending\n"
		"server recv 100000 bytes\nexpect client done, server done\n",
		RUN_FAILED, -1, NULL}, /* a list of done: not in the language */
	{"linger waits",
		ESTABLISH "wire hold ACK from server\nclient set linger=5s\nclient close\n"
			  "expect client pending\nexpect client FIN_WAIT1\nwire pass\n"
			  "expect client done within 1s\nexpect client FIN_WAIT2\n",
		PASSES},

	/* the wire */
	{"the newest rule decides",
		"server listen 13\nwire drop ANY\nwire hold SYN\nclient connect server:13\n"
		"wire release SYN\nexpect server SYN_RECV\n",
		PASSES},
	{"N times",
		ESTABLISH "wire drop DATA from client 1 times\n"
			  "client sysctl net.ipv4.tcp_rto_min_us=10000\nclient send \"x\"\n"
			  "server recv \"x\"\nexpect server done within 5s\n",
		PASSES},
	{"what TCP puts together anew is merged with what is held",
		"client sysctl net.ipv4.tcp_rto_min_us=4000\n" ESTABLISH
		"wire hold ANY from client\nclient send \"a\"\nclient close\nsleep 100ms\n"
		"expect wire FIN from client 1 times\nexpect wire DATA from client 1 times\n"
		"wire pass\nserver recv \"a\"\nserver recv eof\n",
		PASSES},
	{"release ends no rule",
		ESTABLISH "wire hold FIN\nserver close\nwire release\nclient close\n"
			  "expect client LAST_ACK, server FIN_WAIT2\n",
		PASSES},
	{"release one delivers the oldest over both hosts",
		ESTABLISH "wire hold FIN\nserver close\nclient close\nwire release one\n"
			  "expect client CLOSING, server FIN_WAIT2\n",
		PASSES},
	{"pass ends all rules",
		ESTABLISH "wire hold FIN\nwire hold ACK\nserver close\nwire pass\n"
			  "client close\nexpect server TIME_WAIT, client CLOSED\n",
		PASSES},
	{"a rule may name a connection that is yet to come",
		"server listen 13\nwire hold SYN from client.b\nclient.a connect server:13\n"
		"client.b connect server:13\nexpect client.a ESTABLISHED, client.b SYN_SENT\n",
		PASSES},
	{"duplicate delivers twice",
		ESTABLISH "wire duplicate DATA from client 1 times\nclient send \"x\"\n"
			  "server recv \"x\"\nexpect wire ACK from server 2 times\n"
			  "expect wire DATA 1 times\n",
		PASSES},
	{"an injected packet is the next expected one",
		ESTABLISH "wire inject DATA from client 3 bytes\nserver recv 3 bytes\n"
			  "wire inject FIN from client\nserver recv eof\n"
			  "expect server CLOSE_WAIT, client ESTABLISHED\n",
		PASSES},
	{"an injected RST kills",
		ESTABLISH "wire inject RST from server\nexpect client CLOSED\n"
			  "client recv fails ECONNRESET\n",
		PASSES},
	{"what the receiver refused does not count as received",
		ESTABLISH "wire inject SYN from client\nwire inject RST from client\n"
			  "expect server CLOSED\n",
		PASSES},
	{"nor do bytes that it could not believe",
		ESTABLISH "wire inject DATA from client 5 bytes ack +100000\n"
			  "wire inject RST from client\nexpect server CLOSED\n",
		PASSES},
	{"what was lost and came again counts",
		"client sysctl net.ipv4.tcp_rto_min_us=4000\nserver listen 13\n"
		"client connect server:13 with nodelay\nserver accept\n"
		"wire drop DATA from client 1 times\nclient send \"a\"\nclient send \"b\"\n"
		"server recv \"ab\"\nexpect server done within 5s\n"
		"wire inject RST from client\nexpect server CLOSED\n",
		PASSES},
	{"a gap that is filled is behind",
		ESTABLISH "wire inject DATA from client 2 bytes seq +2\n"
			  "wire inject DATA from client 2 bytes\nwire inject RST from client\n"
			  "expect server CLOSED\n",
		PASSES},
	{"an injected RST from outside the window does not",
		ESTABLISH "wire inject RST from server seq -1000\nexpect client ESTABLISHED\n"
			  "wire inject RST from server seq +1\n"
			  "expect client ESTABLISHED, server ESTABLISHED\n",
		PASSES},

	/* expect wire */
	{"held, dropped and injected packets count as sent",
		ESTABLISH "expect wire ANY 3 times\nwire hold FIN\nserver close\n"
			  "expect wire FIN from server 1 times\nwire inject ACK from client\n"
			  "expect wire ACK from client 1 times\n",
		PASSES},
	{"a group looks at the same packets",
		ESTABLISH "expect wire SYN 1 times\n\n# still the same group\n"
			  "expect wire SYN,ACK from server\nexpect no RST\n"
			  "expect server ESTABLISHED\nexpect wire SYN\n",
		PASSES},
	{"the next group looks at what was sent since",
		ESTABLISH "expect wire SYN\nclient send \"x\"\nexpect no SYN\nexpect wire DATA\n",
		PASSES},
	{"an exact number is exact", ESTABLISH "expect wire SYN 2 times\n", RUN_FAILED, 4,
		"1 times"},
	{"none is expected, and one was sent", ESTABLISH "expect no SYN,ACK\n", RUN_FAILED, 4,
		"SYN,ACK from server"},
	{"of one connection alone",
		"server listen 13\nclient.a connect server:13\nclient.b connect server:13\n"
		"expect wire SYN from client.b 1 times\nexpect wire SYN from client 2 times\n",
		PASSES},

	/* expect states */
	{"a wrong state", ESTABLISH "expect server ESTABLISHED, client CLOSE_WAIT\n", RUN_FAILED, 4,
		"server ESTABLISHED, client ESTABLISHED"},
	{"went asks for the way",
		ESTABLISH "server close\nclient close\n"
			  "expect server went FIN_WAIT1 > FIN_WAIT2 > TIME_WAIT\n"
			  "expect client went CLOSED > SYN_SENT > ESTABLISHED > CLOSE_WAIT\n",
		PASSES},
	{"went knows no short cut",
		ESTABLISH "server close\nclient close\n"
			  "expect server went FIN_WAIT1 > TIME_WAIT\n",
		RUN_FAILED, 6, "FIN_WAIT1 > FIN_WAIT2 > TIME_WAIT"},
	{"went is of the newest connection alone",
		ESTABLISH "client close\nserver close\nexpect client TIME_WAIT\n"
			  "client connect server:13\nexpect client count TIME_WAIT 1\n"
			  "expect client went TIME_WAIT > SYN_SENT\n",
		RUN_FAILED, 9, "client went CLOSED > SYN_SENT > ESTABLISHED"},
	{"a timer within its range",
		ESTABLISH
		"server close\nclient close\nexpect server TIME_WAIT timer timewait 30s..60s\n",
		PASSES},
	{"a timer out of its range",
		ESTABLISH
		"server close\nclient close\nexpect server TIME_WAIT timer timewait 0s..10s\n",
		RUN_FAILED, 6, "timer timewait"},
	{"no timer", ESTABLISH "expect server ESTABLISHED timer none\n", PASSES},
	{"another timer", ESTABLISH "expect server ESTABLISHED timer on 0s..1s\n", RUN_FAILED, 4,
		"timer none"},
	{"count is exact",
		ESTABLISH "expect server count ESTABLISHED 1\nexpect server count LISTEN 1\n"
			  "expect client count TIME_WAIT 0\n",
		PASSES},
	{"count counts requests",
		"server listen 13\nwire hold ACK\nclient connect server:13\n"
		"expect server count SYN_RECV 1\n",
		PASSES},
	{"a counter since the start, and since the last line",
		"client connect server:13 fails ECONNREFUSED\nexpect server counter OutRsts +1\n"
		"expect server counter OutRsts +0\nclient connect server:13 fails ECONNREFUSED\n"
		"expect server counter TcpOutRsts +1\n",
		PASSES},
	{"a counter that nobody has", "expect server counter TCPTimeWaitOverfow +0\n", RUN_FAILED,
		1, "did you mean 'TCPTimeWaitOverflow'"},
	{"listening", "server listen 13\nexpect server listening 13\nexpect client listening 13\n",
		RUN_FAILED, 3, "nothing listens"},
	{"within waits",
		"client sysctl net.ipv4.tcp_fin_timeout=1\n" ESTABLISH
		"client close\nexpect client FIN_WAIT2\nexpect client CLOSED within 10s\n",
		PASSES},

	/* hosts */
	{"a sysctl is the host's own",
		"server sysctl net.ipv4.tcp_max_tw_buckets=0\n" ESTABLISH
		"client close\nserver close\nexpect client TIME_WAIT\n",
		PASSES},
	{"a sysctl that this kernel lacks", "server sysctl net.ipv4.tcp_no_such_thing=1\n",
		RUN_SKIPPED, 0, "tcp_no_such_thing"},
	{"a value that the kernel refuses", "server sysctl net.ipv4.tcp_tw_reuse=99 fails EINVAL\n",
		PASSES},
	{"after a crash there is nothing, and nothing was said",
		ESTABLISH "server crash\nexpect server CLOSED, client ESTABLISHED\n"
			  "expect server.listener CLOSED\nclient send \"x\"\n"
			  "expect client CLOSED\nclient recv fails ECONNRESET\n",
		PASSES},
	{"destroy sends RST",
		ESTABLISH "server destroy\nexpect client CLOSED\nexpect wire RST from server\n"
			  "server recv fails ECONNABORTED\n",
		PASSES},

	/* programs */
	{"a program that writes",
		"client run sh -c \"echo hello; exit 3\"\nclient wait status 3\n"
		"expect client output \"hello\\n\"\n",
		PASSES},
	{"a program that fails", "client run sh -c \"exit 3\"\nclient wait\n", RUN_FAILED, 2,
		"status 3"},
	{"a program that is not there", "client run no-such-program\n", RUN_SKIPPED, 0,
		"no-such-program"},
	{"a path that leads nowhere is a mistake", "client run /no/such/program\n", RUN_FAILED, 1,
		"ENOENT"},
	{"and must not be", "client run no-such-program fails ENOENT\n", PASSES},
	{"one at a time", "client run sleep 10\nclient run sleep 10\n", RUN_FAILED, 2,
		"still runs"},
	{"a signal", "client run sleep 10\nclient signal TERM\nclient wait status 143\n", PASSES},
	{"words and quotes",
		"client run printf \"%s|\" \"a b\" c--x=\"d e\"\nclient wait\n"
		"expect client output \"a b|c--x=d e|\"\n",
		PASSES},
	{"its folder is empty and its own, and $HERE is the scenario's",
		"client run sh -c \"ls -A; echo $HERE\"\nclient wait\n"
		"expect client output \"/scenario/folder\\n\"\n",
		PASSES},
	{"its connections take the next free name",
		ESTABLISH "client run perl -MIO::Socket::IP -e \"$s=IO::Socket::IP->new(PeerHost=>"
			  "'server',PeerPort=>13) or die $@; sleep 9\"\n"
			  "expect client.conn2 ESTABLISHED, client.conn ESTABLISHED within 5s\n"
			  "server accept\nserver.conn2 close\nexpect client.conn2 CLOSE_WAIT\n",
		PASSES},
};

#define CASE_COUNT (sizeof(cases) / sizeof(*cases))

/* Comment: a line of -1 is of a text that must not be understood at all. */
static bool is_parsed(const struct language_case *c, struct scenario *scenario)
{
	struct parse_errors errors = {0};
	int r = scenario_parse(scenario, "case", c->text, strlen(c->text), &errors);

	if (c->line < 0) {
		assert_int_not_equal(r, 0);
		return false;
	}
	if (r < 0)
		fail_msg("%s: line %d: %s", c->name, errors.errors[0].line, errors.errors[0].text);
	return true;
}

static void compare(const struct language_case *c, const struct run_result *result)
{
	const struct run_failure *failure = result->failures;

	if (result->outcome != c->outcome)
		fail_msg("%s: outcome %d instead of %d: line %d: %s; %s", c->name, result->outcome,
			c->outcome, failure ? failure->step->line : 0,
			failure ? failure->observed : "", result->reason ? result->reason : "");
	if (c->outcome == RUN_SKIPPED)
		assert_non_null(strstr(result->reason, c->observed));
	if (c->outcome != RUN_FAILED)
		return;
	if (failure->step->line != c->line)
		fail_msg("%s: failed in line %d instead of %d: %s", c->name, failure->step->line,
			c->line, failure->observed);
	if (!strstr(failure->observed, c->observed))
		fail_msg("%s: observed '%s' instead of '%s'", c->name, failure->observed,
			c->observed);
}

static struct lab lab;
static bool is_open;

static void means_what_it_says(void **state)
{
	const struct language_case *c = *state;
	const struct run_setting setting = {.here = "/scenario/folder"};
	struct scenario scenario;
	struct run_result result;
	struct error err = {0};
	int r = 0;

	if (!is_parsed(c, &scenario))
		return;
	if (!is_open)
		r = lab_open(&lab, NULL, getenv("RIG_IPV6") != NULL, &err);
	is_open = true;
	if (r == 0)
		r = lab_reset(&lab, scenario.title, &err);
	if (r == 0)
		r = scenario_run(&scenario, &lab, &setting, &result, &err);
	if (r < 0)
		fail_msg("%s", err.text);
	compare(c, &result);
	run_result_finish(&result);
	scenario_finish(&scenario);
}

/* A program that listens on IPv4 first is not yet there for a client over IPv6. */
static void listening_is_of_the_family(void **state)
{
	struct language_case c = {
		"a listener of IPv4 alone",
		"server run perl -MIO::Socket::INET -e \"$s=IO::Socket::INET->new(LocalPort=>14,"
		"Listen=>1) or die; print 'ready'; $|=1; print '.'; sleep 9\"\n"
		"expect server output \"ready\" within 5s\n"
		"expect server listening 14\n",
		PASSES,
	};
	void *as_state = &c;

	(void)state;
	if (getenv("RIG_IPV6")) {
		c.outcome = RUN_FAILED;
		c.line = 3;
		c.observed = "14";
	}
	means_what_it_says(&as_state);
}

static int close_lab(void **state)
{
	(void)state;
	if (is_open)
		lab_close(&lab);
	return 0;
}

int main(void)
{
	static struct CMUnitTest tests[CASE_COUNT + 1];

	for (size_t i = 0; i < CASE_COUNT; i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name,
			.test_func = means_what_it_says,
			.initial_state = (void *)(uintptr_t)&cases[i],
		};
	tests[CASE_COUNT] = (struct CMUnitTest)cmocka_unit_test(listening_is_of_the_family);
	return cmocka_run_group_tests_name("language", tests, NULL, close_lab);
}
