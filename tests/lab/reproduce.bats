#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait reproduce in the laboratory: who waits, what the picture shows, what the files hold.

bats_require_minimum_version 1.5.0
load ../cli/common

setup()
{
	can_unshare || skip "namespaces are refused here"
}

teardown()
{
	kill_spawned
}

# ends WHO [OPTION...]: the result of `reproduce --first-close WHO`, as JSON observed it.
ends()
{
	local who=$1

	shift
	timewait reproduce --first-close "$who" --json "$@" | jq -r 'select(.type == "result") | .observed'
}

# went HOST: the states of that end of the connection, from the JSON in $output.
went()
{
	jq -r --arg host "$1" \
		'select(.type == "state" and .connection == "conn" and .host == $host) | .to' \
		<<<"$output" | paste -sd' '
}

@test "the end that closes first waits, over IPv4 and IPv6" {
	local family

	for family in "" --ipv6; do
		[[ $(ends server $family) == "server TIME_WAIT, client CLOSED" ]]
		[[ $(ends client $family) == "server CLOSED, client TIME_WAIT" ]]
		[[ $(ends both $family) == "server TIME_WAIT, client TIME_WAIT" ]]
		[[ $(ends reset $family) == "server CLOSED, client CLOSED" ]]
	done
}

@test "every state on the way is seen" {
	run --separate-stderr timewait reproduce --json
	[[ $(went server) == "SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 TIME_WAIT" ]]
	[[ $(went client) == "SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK CLOSED" ]]
	run --separate-stderr timewait reproduce --json --first-close both
	[[ $(went server) == "SYN_RECV ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT" ]]
	[[ $(went client) == "SYN_SENT ESTABLISHED FIN_WAIT1 CLOSING TIME_WAIT" ]]
}

@test "fifty runs while both processors are busy: not one ends otherwise" {
	spawn busy1 sh -c 'while :; do :; done'
	spawn busy2 sh -c 'while :; do :; done'
	run --separate-stderr timewait reproduce --repeat 50
	[[ $status == 0 ]]
	[[ $stderr == *"50 runs, and all ended alike: server TIME_WAIT, client CLOSED"* ]]
	run --separate-stderr timewait reproduce --repeat 50 --ipv6 --first-close both
	[[ $status == 0 ]]
}

@test "the picture: diagram, table of both hosts, one paragraph, and nothing on stderr" {
	run --separate-stderr timewait reproduce
	[[ $status == 0 ]]
	[[ -z $stderr ]]
	[[ $output == *"[TIME_WAIT]"* ]]
	[[ $output == *"SYN,ACK"* ]]
	grep -Eq '^Host +Proto Recv-Q Send-Q Local Address +Foreign Address +State +Timer +PID/Program$' \
		<<<"$output"
	grep -Eq '^server +tcp .* 192\.0\.2\.1:13 .* TIME_WAIT +timewait \([0-9.]+s\) +-$' <<<"$output"
	grep -Eq '^server +tcp .* LISTEN .* [0-9]+/daytimed$' <<<"$output"
	[[ $output == *"The server waits, because it closed first."* ]]
}

@test "the paragraph says why, for each way to close" {
	run timewait reproduce --first-close client
	[[ $output == *"The client waits, because it closed first."* ]]
	run timewait reproduce --first-close both
	[[ $output == *"Both ends wait, because both closed first"* ]]
	[[ $output == *"held"* && $output == *"released"* ]]
	run timewait reproduce --first-close reset
	[[ $output == *"Nobody waits: the server ended the connection with RST instead of FIN."* ]]
}

@test "the client's reply is a date that date(1) reads" {
	local reply

	run --separate-stderr timewait reproduce
	reply=$(sed -n 's/^The client printed: //p' <<<"$output")
	[[ -n $reply ]]
	# Within a minute of now: it was served, not invented.
	(($(date +%s) - $(date -d "$reply" +%s) < 60))
}

@test "no line is wider than 80 columns, but the table's" {
	local widest

	run --separate-stderr env COLUMNS=80 timewait reproduce --first-close both
	widest=$(grep -v '^\(Host\|server\|client\) ' <<<"$output" | wc -L)
	((widest <= 80))
}

@test "ASCII alone where the locale is not UTF-8" {
	run --separate-stderr env LC_ALL=C timewait reproduce --first-close both
	[[ $status == 0 ]]
	[[ $output == *"TIME_WAIT"* ]]
	refute env LC_ALL=C grep -q '[^ -~]' <<<"$output"
}

@test "--json: every line an object, the first with its version, in the order of time" {
	run --separate-stderr timewait reproduce --json
	[[ $status == 0 ]]
	[[ -z $stderr ]]
	jq -es '.[0].v == 1 and .[0].type == "scenario" and .[0].slow == false' <<<"$output"
	jq -es '.[-1].type == "result" and .[-1].ok == true' <<<"$output"
	jq -es '[.[] | .time_s // empty] | . == sort' <<<"$output"
	jq -es '[.[] | select(.type == "packet") | .flags] |
		.[0:3] == ["SYN", "SYN,ACK", "ACK"] and (map(select(test("FIN"))) | length == 2)' \
		<<<"$output"
	jq -es '[.[] | .type] | unique - ["action", "call", "packet", "result", "scenario", "state"] == []' \
		<<<"$output"
}

@test "--pcap: tshark reads the packets and finds no bad checksum" {
	local file=$BATS_TEST_TMPDIR/wire.pcap way count

	local -a ways=("--first-close both" "--first-close both --ipv6")

	# The loopback can only be seen with CAP_NET_RAW.
	((EUID)) || ways+=("--host" "--host --ipv6")
	for way in "${ways[@]}"; do
		# shellcheck disable=SC2086 # words, on purpose
		timewait reproduce $way --pcap "$file" >/dev/null
		count=$(tshark -r "$file" 2>/dev/null | wc -l)
		((count >= 6))
		run --separate-stderr tshark -r "$file" -o tcp.check_checksum:TRUE \
			-o ip.check_checksum:TRUE \
			-Y 'tcp.checksum.status != "Good" || ip.checksum.status == "Bad" || _ws.malformed'
		[[ $status == 0 ]]
		[[ -z $output ]]
	done
}

@test "--svg: well-formed, with both hosts and the state" {
	local file=$BATS_TEST_TMPDIR/picture.svg

	timewait reproduce --svg "$file" >/dev/null
	xmllint --noout --nonet "$file"
	grep -q TIME_WAIT "$file"
	refute grep -q '<script' "$file"
}

@test "--host: the same end waits, on this host's own loopback" {
	[[ $(ends server --host) == "server TIME_WAIT, client CLOSED" ]]
	[[ $(ends client --host) == "server CLOSED, client TIME_WAIT" ]]
	[[ $(ends reset --host) == "server CLOSED, client CLOSED" ]]
	[[ $(ends server --host --ipv6) == "server TIME_WAIT, client CLOSED" ]]
}

@test "--host: what an earlier server at the same port has left is not taken for this one's" {
	# Six ports in all: each server meets those of the other family, and the clients of its own.
	run --separate-stderr unshare --net bash -euc '
		ip link set lo up
		echo 40000 40005 >/proc/sys/net/ipv4/ip_local_port_range
		for who in client reset server; do
			for family in "" --ipv6; do
				timewait reproduce --host --json --first-close $who $family |
					jq -r "select(.type == \"result\") | .observed"
			done
		done'
	[[ $status == 0 ]]
	[[ $output == "server CLOSED, client TIME_WAIT
server CLOSED, client TIME_WAIT
server CLOSED, client CLOSED
server CLOSED, client CLOSED
server TIME_WAIT, client CLOSED
server TIME_WAIT, client CLOSED" ]]
}

@test "--wait: the minute is measured, and said to be longer than 60 s" {
	local lifetime

	run --separate-stderr timewait reproduce --wait
	[[ $status == 0 ]]
	lifetime=$(sed -n 's/^The server was in TIME_WAIT for \([0-9.]*\) seconds.*/\1/p' <<<"$output")
	[[ -n $lifetime ]]
	# Not exactly 60, and far from two minutes: what the kernel promises and what it keeps.
	[[ $(jq -n "$lifetime >= 59.9 and $lifetime < 90") == true ]]
}
