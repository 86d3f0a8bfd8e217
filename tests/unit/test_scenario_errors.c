/* SPDX-License-Identifier: BSD-2-Clause */

/* Each mistake beside where it is said to be, and what is said: "what is wrong (what was meant)". */

#include "unit.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>

#include "scenarios.h"

static const struct {
	const char *line;
	int column;
	const char *text;
} mistakes[] = {
	{"server", 7, "the action is missing (write HOST listen PORT, HOST close...)"},
	{"serve listen 13", 1, "unknown 'serve' (did you mean 'server'?)"},
	{"Server listen 13", 1, "unknown 'Server' (did you mean 'server'?)"},
	{"server.1x listen 13", 8,
		"'1x' is no name of a connection (letters, digits, '_' and '-', and a letter or "
		"'_' first)"},
	{"server.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa listen 13", 8,
		"the name 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is too long (at most 31 "
		"bytes)"},
	{"client conect server:13", 8, "unknown action 'conect' (did you mean 'connect'?)"},
	{"client frobnicate", 8,
		"unknown action 'frobnicate' (an action is listen, connect, accept, send, recv, "
		"shutdown, close, set, destroy, crash, sysctl, run, wait or signal)"},
	{"connect server:13", 1,
		"'connect' needs a host before it (write server connect or client connect)"},
	{"hold FIN", 1, "'hold' needs 'wire' before it (write wire hold)"},
	{"server listen", 14, "a port is missing (write listen PORT)"},
	{"server listen abc", 15, "'abc' is not a whole number (from 1 to 65535)"},
	{"server listen 70000", 15, "70000 is out of range (from 1 to 65535)"},
	{"server listen 0", 15, "0 is out of range (from 1 to 65535)"},
	{"server listen 13 backlog", 25, "a number is missing (write backlog N)"},
	{"server listen 13 backlog 1 backlog 2", 28, "'backlog' is said twice"},
	{"server listen 13 from 4", 18,
		"'listen' takes no 'from' (write HOST[.NAME] listen PORT [backlog N] [with "
		"OPT...])"},
	{"server listen 13 bcklog 4", 18, "unexpected 'bcklog' (did you mean 'backlog'?)"},
	{"server listen 13 with", 22,
		"an option is missing (such as reuseaddr, nodelay or linger=0)"},
	{"server listen 13 with nodely", 23, "unknown option 'nodely' (did you mean 'nodelay'?)"},
	{"server listen 13 with nodelay=1", 31,
		"'nodelay' takes no value but off (write 'nodelay')"},
	{"server listen 13 with linger", 23,
		"'linger' needs a value (linger=SECONDS, or linger=off)"},
	{"server listen 13 with linger=5", 30, "'5' has no unit (did you mean '5s'?)"},
	{"server listen 13 with linger=1.5s", 30, "1.5s is not a whole number of seconds"},
	{"server listen 13 with keepalive=1,2", 33,
		"keepalive takes one number or three (keepalive=IDLE or "
		"keepalive=IDLE,INTERVAL,COUNT)"},
	{"server listen 13 with rcvbuf=x", 30, "'x' is not a whole number (from 0 to 2147483647)"},
	{"server listen 13 fails EADRINUSE", 24,
		"unknown errno 'EADRINUSE' (did you mean 'EADDRINUSE'?)"},
	{"server listen 13 fails", 23,
		"the errno is missing (write fails ERRNO, as in fails EADDRINUSE)"},
	{"server listen 13 fails EADDRINUSE now", 18, "'fails EADDRINUSE' must stand last"},
	{"client connect client:13", 16, "a host cannot connect to itself (write server:PORT)"},
	{"client connect server", 16, "'server' names no port (write HOST:PORT)"},
	{"client connect servr:13", 16, "unknown host 'servr' (did you mean 'server'?)"},
	{"client connect server.x:13", 16,
		"'server.x' is an end (connect to a host: write server:PORT)"},
	{"client send foo", 13, "'foo' is not in quotes (a text is \"TEXT\")"},
	{"client send \"foo", 13, "a text without an end (its closing \" is missing)"},
	{"client send \"fo\\qo\"", 16,
		"unknown escape (a text knows \\r \\n \\t \\0 \\\\ \\\" and \\xNN)"},
	{"client send 0 bytes", 13, "0 is out of range (from 1 to 1073741824)"},
	{"client send 5", 14, "'bytes' is missing behind the number (write N bytes)"},
	{"client send 5 byts", 15, "'bytes' is missing behind the number (write N bytes)"},
	{"client recv eoff", 13, "unexpected 'eoff' (did you mean 'eof'?)"},
	{"client recv \"a\"b", 13,
		"something is glued to a text (a text is \"TEXT\", with blanks around it)"},
	{"client shutdown wirte", 17, "unknown direction 'wirte' (did you mean 'write'?)"},
	{"client sysctl", 14, "the sysctl is missing (write sysctl NAME=VALUE)"},
	{"client sysctl foo", 15, "'foo' has no value (write sysctl NAME=VALUE)"},
	{"client sysctl kernel.x=1", 15,
		"the sysctl 'kernel.x' is none of a host (its name begins with net.)"},
	{"client sysctl net./x=1", 15,
		"'net./x' is no name of a sysctl (words separated by single dots, without '/')"},
	{"client sysctl net..x=1", 15,
		"'net..x' is no name of a sysctl (words separated by single dots, without '/')"},
	{"client.x sysctl net.x=1", 1,
		"'sysctl' is of a whole host, not of one connection (write 'client')"},
	{"client signal TERN", 15, "unknown signal 'TERN' (did you mean 'TERM'?)"},
	{"client signal 99", 15, "99 is out of range (from 1 to 64)"},
	{"client wait stats 3", 13, "unexpected 'stats' (did you mean 'status'?)"},
	{"client run", 11, "the program is missing (write run PROGRAM ARG...)"},
	{"wire", 5,
		"what the wire does is missing (hold, release, drop, duplicate, pass or inject)"},
	{"wire hol FIN", 6, "unknown 'wire hol' (did you mean 'hold'?)"},
	{"wire hold FINN", 11, "unknown packet 'FINN' (did you mean 'FIN'?)"},
	{"wire hold", 10, "the packet is missing (SYN, SYN,ACK, ACK, FIN, RST, DATA, ZERO or ANY)"},
	{"wire hold FIN form server", 15, "unexpected 'form' (did you mean 'from'?)"},
	{"wire drop FIN 0 times", 15, "0 is out of range (from 1 to 1000000)"},
	{"wire drop FIN 3", 16, "'times' is missing behind the number (write N times)"},
	{"wire inject ANY from server", 13,
		"ANY cannot be injected (write one of SYN, SYN,ACK, ACK, FIN, RST, DATA or ZERO)"},
	{"wire inject FIN", 16, "the sender is missing (write from HOST[.NAME] behind the packet)"},
	{"wire inject FIN from server seq 5", 33, "'5' has no sign (an offset is +N or -N)"},
	{"wire inject FIN from server seq", 32, "an offset is missing (write seq +N or seq -N)"},
	{"wire inject FIN server", 17,
		"'from' is missing before the sender (write from HOST[.NAME])"},
	{"sleep", 6, "the duration is missing (write sleep 100ms)"},
	{"sleep 5", 7, "'5' has no unit (did you mean '5s'?)"},
	{"sleep 5x", 7, "'5x' is not a duration (its unit is us, ms, s or m)"},
	{"sleep 0.5us", 7, "'0.5us' is finer than a microsecond"},
	{"sleep 1s fails EPERM", 10,
		"'fails' is for actions of a host alone (server ... fails ERRNO)"},
	{"expect", 7,
		"what is expected is missing (write expect server STATE, expect wire PACKETS, "
		"expect no PACKETS)"},
	{"expect sever TIME_WAIT", 8, "unknown 'sever' (did you mean 'server'?)"},
	{"expect server", 14,
		"the state is missing (write expect END STATE, as in expect server TIME_WAIT)"},
	{"expect server TIME_WIAT", 15, "unknown state 'TIME_WIAT' (did you mean 'TIME_WAIT'?)"},
	{"expect server TIME_WAIT client CLOSED", 25, "a comma is missing between two ends"},
	{"expect server TIME_WAIT timer timewat", 31,
		"unknown timer 'timewat' (did you mean 'timewait'?)"},
	{"expect server TIME_WAIT timer timewait 5s", 40,
		"'5s' is not a range (write A..B, as in 55s..60s, without blanks)"},
	{"expect server TIME_WAIT timer timewait 9s..5s", 40,
		"'9s..5s' is empty (its first side is the larger)"},
	{"expect server TIME_WAIT, server CLOSED", 26, "the same end is named twice"},
	{"expect server TIME_WAIT,", 25, "an end is missing behind ',' (write END STATE)"},
	{"expect server went", 19, "a state is missing (write went STATE > STATE)"},
	{"expect server went A", 20,
		"unknown state 'A' (a state is LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT1, "
		"FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT or CLOSED)"},
	{"expect server went FIN_WAIT1 FIN_WAIT2", 30,
		"'>' is missing between two states (write STATE > STATE)"},
	{"expect server went FIN_WAIT1 >", 31, "a state is missing (write went STATE > STATE)"},
	{"expect server.x count TIME_WAIT 1", 8,
		"'count' is of a whole host, not of one connection (write 'server')"},
	{"expect server count TIME_WAIT", 30, "the number is missing (write count STATE N)"},
	{"expect server counter Foo 1", 27, "'1' is no increase (write +N)"},
	{"expect no FIN within 3s", 15,
		"'expect no' cannot wait: it asks what was sent so far (use sleep)"},
	{"expect server output foo", 22, "'foo' is not in quotes (a text is \"TEXT\")"},
	{"expect wire FIN within 3", 24, "'3' has no unit (did you mean '3s'?)"},
	{"expect server TIME_WAIT within 3s timer on", 35,
		"something behind 'within DURATION', which must stand last"},
	{"server listen 13 within 3s", 18, "unexpected 'within' (did you mean 'with'?)"},
	{"server. listen 13", 8, "a name is missing behind the dot"},
	{"Client close", 1, "unknown 'Client' (did you mean 'client'?)"},
	{"foo", 1,
		"a line cannot begin with 'foo' (but with server, client, wire, expect, sleep or "
		"slow)"},
	{"sleeep 100ms", 1, "unknown 'sleeep' (did you mean 'sleep'?)"},
	{"server lisen 13", 8, "unknown action 'lisen' (did you mean 'listen'?)"},
	{"server listen 13 backlog -1", 26, "'-1' is not a whole number (from 0 to 2147483647)"},
	{"server listen 13 backlog 2147483648", 26,
		"2147483648 is out of range (from 0 to 2147483647)"},
	{"server listen 13, backlog 3", 17, "unexpected ',' (nothing more may follow)"},
	{"server listen 13 with nodelay nodelay", 31, "'nodelay' is said twice"},
	{"server listen 13 with nodelay with reuseaddr", 31, "'with' is said twice"},
	{"server listen 13 with quux", 23,
		"unknown option 'quux' (an option is reuseaddr, reuseport, nodelay, bind_no_port, "
		"linger, linger2, keepalive, user_timeout, rcvbuf or sndbuf)"},
	{"server listen 13 with keepalive", 23,
		"'keepalive' needs a value (keepalive=IDLE[,INTERVAL,COUNT], or keepalive=off)"},
	{"server listen 13 with keepalive=1,2,x", 37,
		"'x' is not a whole number (from 0 to 2147483647)"},
	{"server listen 13 with keepalive=1.5s", 33, "1.5s is not a whole number of seconds"},
	{"server listen 13 with user_timeout=5", 36, "'5' has no unit (did you mean '5s'?)"},
	{"server listen 13 with user_timeout=1us", 36,
		"1us is out of range (whole milliseconds, to 2147483647ms)"},
	{"server listen 13 with user_timeout=", 36, "a duration is missing (as 100ms or 3s)"},
	{"server listen 13 with linger=-1", 30, "'-1' is not a duration (as 100ms or 3s)"},
	{"server listen 13 with bcklog 3", 23, "unknown option 'bcklog' (did you mean 'backlog'?)"},
	{"server listen 13 now", 18, "unexpected 'now' (nothing more may follow)"},
	{"\"server\" listen 13", 1, "unknown '\"server\"' (did you mean 'server'?)"},
	{"server \"listen\" 13", 8, "unknown action '\"listen\"' (did you mean 'listen'?)"},
	{"server listen \"13\"", 15, "'\"13\"' is not a whole number (from 1 to 65535)"},
	{"client connect", 15, "whom to connect to is missing (write HOST:PORT)"},
	{"client connect 10.0.0.1:13", 16,
		"unknown host '10.0.0.1' (the hosts are 'server' and 'client')"},
	{"client connect server:", 23, "a number is missing (from 1 to 65535)"},
	{"client connect server:0", 23, "0 is out of range (from 1 to 65535)"},
	{"client connect server:13 backlog 3", 26,
		"'connect' takes no 'backlog' (write HOST[.NAME] connect HOST:PORT [from PORT] "
		"[with OPT...])"},
	{"client connect server:13 from 65536", 31, "65536 is out of range (from 0 to 65535)"},
	{"client connect server:13 from", 30, "a port is missing (write from PORT)"},
	{"client connect server:13 form 3", 26, "unexpected 'form' (did you mean 'from'?)"},
	{"client accept now", 15, "unexpected 'now' (nothing more may follow)"},
	{"client close now", 14, "unexpected 'now' (nothing more may follow)"},
	{"client send", 12, "what to send is missing (write send \"TEXT\" or send N bytes)"},
	{"client send \"\"", 13,
		"an empty text (it must have a byte or more; recv alone reads what is there)"},
	{"client send \"a\" \"b\"", 17, "unexpected '\"b\"' (nothing more may follow)"},
	{"client send 5.5 bytes", 13, "'5.5' is not a whole number (from 1 to 1073741824)"},
	{"client send 1073741825 bytes", 13, "1073741825 is out of range (from 1 to 1073741824)"},
	{"client send 99999999999999999999999 bytes", 13,
		"99999999999999999999999 is out of range (from 1 to 1073741824)"},
	{"client recv 5", 14, "'bytes' is missing behind the number (write N bytes)"},
	{"client recv junk", 13,
		"'junk' cannot be received (write recv \"TEXT\", recv N bytes, recv eof or recv)"},
	{"client shutdown", 16, "the direction is missing (write shutdown read, write or both)"},
	{"client shutdown sideways", 17,
		"unknown direction 'sideways' (write shutdown read, write or both)"},
	{"client set", 11, "an option is missing (such as reuseaddr, nodelay or linger=0)"},
	{"client sysctl net.ipv4.x", 15, "'net.ipv4.x' has no value (write sysctl NAME=VALUE)"},
	{"client sysctl net.=1", 15,
		"'net.' is no name of a sysctl (words separated by single dots, without '/')"},
	{"client sysctl net.a.=1", 15,
		"'net.a.' is no name of a sysctl (words separated by single dots, without '/')"},
	{"client sysctl net.ipv4/tcp=1", 15,
		"'net.ipv4/tcp' is no name of a sysctl (words separated by single dots, without "
		"'/')"},
	{"client sysctl net.x=\"a\\0b\"", 21, "a NUL byte in the value of a sysctl"},
	{"client sysctl net.a b=1", 15,
		"'net.a b' is no name of a sysctl (words separated by single dots, without '/')"},
	{"client run \"a\\0b\"", 12, "a NUL byte in a word of a command"},
	{"client run \"\"", 12, "the program's name is empty"},
	{"client run fails ENOENT", 11, "the program is missing (write run PROGRAM ARG...)"},
	{"client wait 3", 13, "'status' is missing before the number (write wait status N)"},
	{"client wait status", 19, "the exit status is missing (write wait status N)"},
	{"client wait status 256", 20, "256 is out of range (from 0 to 255)"},
	{"client signal", 14, "the signal is missing (write signal TERM)"},
	{"client signal 0", 15, "0 is out of range (from 1 to 64)"},
	{"client signal FROBNICATE", 15,
		"unknown signal 'FROBNICATE' (a name such as TERM, or a number from 1 to 64)"},
	{"client crash now", 14, "unexpected 'now' (nothing more may follow)"},
	{"client destroy fails", 21,
		"the errno is missing (write fails ERRNO, as in fails EADDRINUSE)"},
	{"client close fails 98", 20, "unknown errno '98' (a name such as EADDRINUSE)"},
	{"client close fails eaddrinuse", 20,
		"unknown errno 'eaddrinuse' (did you mean 'EADDRINUSE'?)"},
	{"wire frobnicate", 6,
		"unknown 'wire frobnicate' (the wire can hold, release, drop, duplicate, pass and "
		"inject)"},
	{"wire hold FIN,ACK from server", 11, "unknown packet 'FIN,ACK' (did you mean 'FIN'?)"},
	{"wire hold SYN,", 15, "a flag is missing behind ',' (write SYN,ACK)"},
	{"wire hold PSH", 11,
		"unknown packet 'PSH' (a packet is SYN, SYN,ACK, ACK, FIN, RST, DATA, ZERO or "
		"ANY)"},
	{"wire hold FIN from", 19, "the sender is missing (write from HOST[.NAME])"},
	{"wire hold FIN from sever", 20, "unknown host 'sever' (did you mean 'server'?)"},
	{"wire hold FIN 2 times", 15, "unexpected '2' (nothing more may follow)"},
	{"wire drop FIN x times", 15, "unexpected 'x' (nothing more may follow)"},
	{"wire drop FIN 2 tims", 17, "'times' is missing behind the number (write N times)"},
	{"wire release two", 14,
		"unknown packet 'two' (a packet is SYN, SYN,ACK, ACK, FIN, RST, DATA, ZERO or "
		"ANY)"},
	{"wire release one FIN", 18, "unexpected 'FIN' (nothing more may follow)"},
	{"wire pass FIN", 11, "unexpected 'FIN' (nothing more may follow)"},
	{"wire inject FIN from server 65001 bytes", 29, "65001 is out of range (from 0 to 1400)"},
	{"wire inject FIN from server 1 bytes 2 bytes", 37, "the length is said twice (N bytes)"},
	{"wire inject FIN from server seq +1 seq +1", 36, "'seq' is said twice"},
	{"wire inject FIN from server seq +2147483648", 34,
		"2147483648 is out of range (from 0 to 2147483647)"},
	{"wire inject FIN from server seq +x", 34,
		"'x' is not a whole number (from 0 to 2147483647)"},
	{"wire inject FIN from server win +1", 29, "unexpected 'win' (nothing more may follow)"},
	{"wire hold FIN fails EPERM", 15,
		"'fails' is for actions of a host alone (server ... fails ERRNO)"},
	{"sleep 1h", 7, "'1h' is not a duration (its unit is us, ms, s or m)"},
	{"sleep ms", 7, "'ms' is not a duration (as 100ms or 3s)"},
	{"sleep 0s", 7, "0s is out of range (1us..86400s)"},
	{"sleep 25000m", 7, "25000m is out of range (1us..86400s)"},
	{"sleep 99999999999999999s", 7, "'99999999999999999s' is out of range (to 2147483647s)"},
	{"sleep 100ms now", 13, "unexpected 'now' (nothing more may follow)"},
	{"sleep 1.s", 7, "'1.s' is not a duration (its unit is us, ms, s or m)"},
	{"slow motion", 6, "unexpected 'motion' (nothing more may follow)"},
	{"slow fails EPERM", 6, "'fails' is for actions of a host alone (server ... fails ERRNO)"},
	{"expect server TIME_WAIT fails EPERM", 25,
		"'fails' is for actions of a host alone (server ... fails ERRNO)"},
	{"expect foo TIME_WAIT", 8,
		"'expect' asks about an end, a host or the wire, not about 'foo' (write expect "
		"server STATE, expect wire PACKETS, expect no PACKETS)"},
	{"expect server, client CLOSED", 8, "unknown 'server,' (did you mean 'server'?)"},
	{"expect server TIME_WAIT,, client CLOSED", 25,
		"unknown host ',' (the hosts are 'server' and 'client')"},
	{"expect server BOUND", 15,
		"unknown state 'BOUND' (a state is LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, "
		"FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT or CLOSED)"},
	{"expect server foo", 15,
		"unknown state 'foo' (a state such as TIME_WAIT, or went, pending, done, count, "
		"counter, listening, output)"},
	{"expect server TIME_WAIT timer", 30,
		"the timer is missing (none, on, keepalive, timewait or persist)"},
	{"expect server TIME_WAIT timer frob", 31,
		"unknown timer 'frob' (a timer is none, on, keepalive, timewait or persist)"},
	{"expect server TIME_WAIT timer none 1s..2s", 36, "'timer none' takes no range"},
	{"expect server TIME_WAIT timer timewait 1s..", 44,
		"a duration is missing (as 100ms or 3s)"},
	{"expect server TIME_WAIT timer timewait 1s..2x", 44,
		"'2x' is not a duration (its unit is us, ms, s or m)"},
	{"expect server TIME_WAIT timer timewait 1s .. 2s", 40,
		"'1s' is not a range (write A..B, as in 55s..60s, without blanks)"},
	{"expect server TIME_WAIT tmer on", 25, "unexpected 'tmer' (did you mean 'timer'?)"},
	{"expect server TIME_WAIT wihtin 3s", 25, "unexpected 'wihtin' (did you mean 'within'?)"},
	{"expect server TIME_WAIT within", 31, "the duration is missing (write within DURATION)"},
	{"expect server TIME_WAIT within 3s now", 35,
		"something behind 'within DURATION', which must stand last"},
	{"expect server TIME_WAIT, sever CLOSED", 26,
		"unknown host 'sever' (did you mean 'server'?)"},
	{"expect server went TIME_WAIT, client CLOSED", 29,
		"a second question (only END STATE may be listed: write another expect line)"},
	{"expect server went TIME_WAIT > FOO", 32,
		"unknown state 'FOO' (a state is LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, "
		"FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT or CLOSED)"},
	{"expect server went > TIME_WAIT", 20, "a state is missing (write went STATE > STATE)"},
	{"expect server pendng", 15, "unknown state 'pendng' (did you mean 'pending'?)"},
	{"expect server pending now", 23, "unexpected 'now' (nothing more may follow)"},
	{"expect server count", 20, "the state is missing (write count STATE N)"},
	{"expect server count FOO 1", 21,
		"unknown state 'FOO' (a state is LISTEN, SYN_SENT, SYN_RECV, ESTABLISHED, "
		"FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT or CLOSED)"},
	{"expect server count TIME_WAIT x", 31, "'x' is not a whole number (from 0 to 4294967295)"},
	{"expect server count TIME_WAIT 0, client count TIME_WAIT 0", 32,
		"a second question (only END STATE may be listed: write another expect line)"},
	{"expect server.a counter Foo +1", 8,
		"'counter' is of a whole host, not of one connection (write 'server')"},
	{"expect server counter", 22, "the counter is missing (write counter NAME +N)"},
	{"expect server counter Foo", 26, "the increase is missing (write counter NAME +N)"},
	{"expect server counter Foo-Bar +1", 23,
		"'Foo-Bar' is no name of a counter (as in /proc/net/netstat)"},
	{"expect server counter Foo +x", 28,
		"'x' is not a whole number (from 0 to 9223372036854775807)"},
	{"expect server.a listening 13", 8,
		"'listening' is of a whole host, not of one connection (write 'server')"},
	{"expect server listening", 24, "the port is missing (write listening PORT)"},
	{"expect server listening 0", 25, "0 is out of range (from 1 to 65535)"},
	{"expect server output", 21, "the text is missing (write output \"TEXT\")"},
	{"expect server output \"\"", 22,
		"an empty text (it must have a byte or more; recv alone reads what is there)"},
	{"expect wire", 12,
		"the packet is missing (SYN, SYN,ACK, ACK, FIN, RST, DATA, ZERO or ANY)"},
	{"expect wire FIN server", 17,
		"'from' is missing before the sender (write from HOST[.NAME])"},
	{"expect wire FIN 2", 18, "'times' is missing behind the number (write N times)"},
	{"expect wire FIN form server", 17, "unexpected 'form' (did you mean 'from'?)"},
	{"expect no", 10, "the packet is missing (SYN, SYN,ACK, ACK, FIN, RST, DATA, ZERO or ANY)"},
	{"expect no FIN 2 times", 15, "unexpected '2' (nothing more may follow)"},
	{"expect no FIN from server now", 27, "unexpected 'now' (nothing more may follow)"},
	{"client send \"a\" fails EADDRINUSE x", 17, "'fails EADDRINUSE' must stand last"},
};

static void each_mistake_is_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		struct scenario scenario;
		struct error err = {0};
		char text[256];

		snprintf(text, sizeof(text), "# Title\n\nserver listen 13\n%s\n", mistakes[i].line);
		assert_int_equal(parse_text_of(&scenario, text, strlen(text)), -EINVAL);
		assert_int_equal(parse_errors.count, 1);
		assert_string_equal(parse_errors.errors[0].text, mistakes[i].text);
		assert_int_equal(parse_errors.errors[0].column, mistakes[i].column);
		assert_int_equal(parse_errors.errors[0].line, 4);
		assert_int_equal(parse_errors.errors[0].code, EINVAL);
		/* The same where it is typed, and where nobody asks why. */
		scenario = (struct scenario){0};
		assert_int_equal(scenario_parse_line(&scenario, 9, mistakes[i].line,
					 strlen(mistakes[i].line), &err),
			-EINVAL);
		assert_string_equal(err.text, mistakes[i].text);
		assert_int_equal(err.line, 9);
		assert_int_equal(scenario_parse_line(&scenario, 9, mistakes[i].line,
					 strlen(mistakes[i].line), NULL),
			-EINVAL);
		assert_int_equal(scenario.count, 0);
	}
}

/* A word longer than any of ours is neither looked up by its beginning nor printed whole. */
static void long_words_are_cut(void **state)
{
	static const char *const lines[] = {"%s", "server %s", "server listen %s",
		"server listen 13 with %s", "server close fails %s", "server signal %s", "wire %s",
		"wire hold %s", "wire hold SYN,%s", "wire inject FIN from server seq +%s",
		"expect %s", "expect server %s", "expect server went %s",
		"expect server TIME_WAIT timer %s", "sleep %s", "client shutdown %s"};
	char word[201];

	(void)state;
	memset(word, 'E', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct scenario scenario;
		_cleanup_text_ struct text text = TEXT_INIT;
		size_t cut = strcspn(lines[i], "%");

		text_append_bytes(&text, lines[i], cut);
		text_append(&text, word);
		assert_int_equal(parse_text_of(&scenario, text.bytes, text.length), -EINVAL);
		assert_null(strstr(parse_errors.errors[0].text, word));
		assert_non_null(strstr(parse_errors.errors[0].text, "..."));
	}
}

static void all_are_counted_and_the_first_kept(void **state)
{
	_cleanup_text_ struct text text = TEXT_INIT;
	struct scenario scenario;

	(void)state;
	for (int i = 0; i < 30; i++)
		text_append(&text, "server close\nserver colse\n");
	assert_int_equal(parse_text_of(&scenario, text.bytes, text.length), -EINVAL);
	assert_int_equal(parse_errors.count, 30);
	for (int i = 0; i < PARSE_ERRORS_MAX; i++) {
		assert_int_equal(parse_errors.errors[i].line, 2 * i + 2);
		assert_string_equal(parse_errors.errors[i].text,
			"unknown action 'colse' (did you mean 'close'?)");
	}
}

/* What is quoted of the input cannot harm a terminal. */
static void nothing_dangerous_is_quoted(void **state)
{
	static const char escaped[] = "server \"\\x1b[31m\"", raw[] = "server \x1b[31m";
	struct scenario scenario;

	(void)state;
	assert_int_equal(parse_text_of(&scenario, escaped, strlen(escaped)), -EINVAL);
	assert_non_null(strstr(parse_errors.errors[0].text, "unknown action '\"\\\\x1b[31m\"'"));
	assert_int_equal(parse_text_of(&scenario, raw, strlen(raw)), -EINVAL);
	assert_string_equal(parse_errors.errors[0].text,
		"control character U+001B (in a text it is written \\xNN)");
	assert_null(strchr(parse_errors.errors[0].text, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_explained),
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(all_are_counted_and_the_first_kept),
		cmocka_unit_test(nothing_dangerous_is_quoted),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
