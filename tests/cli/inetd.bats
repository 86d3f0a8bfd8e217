#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# daytimed under xinetd (daytimed.bats has openbsd-inetd), the examples for both that are shipped, and the
# replies of the daytime services that others have, read by `daytime --parse`.

# shellcheck disable=SC2016 # what stands in single quotes is for perl
bats_require_minimum_version 1.5.0

setup()
{
	load common
	export TZ=UTC
	CTIME='^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] [0-9]{4}$'
}

teardown()
{
	kill_spawned
}

# need PROGRAM: one of $PEERS.
need()
{
	[[ -x $PEERS/usr/sbin/$1 ]] && return
	[[ -z ${CI:-} ]] || fail "no $1 in $PEERS"
	skip "no $1 in $PEERS: 'make deps' fetches it"
}

has_udp()
{
	[[ -n $(ss -Huln "sport = :$1") ]]
}

# wait_for PROTOCOL PORT: until somebody is there.
wait_for()
{
	if [[ $1 == tcp ]]; then
		wait_for_listen "$2" "$SPAWNED_PID"
	else
		wait_until "$PATIENCE" has_udp "$2"
	fi
}

# write_service TYPE PROTOCOL WAIT SERVER OPTION...: for xinetd, on port $PORT. SERVER "internal": xinetd's own.
write_service()
{
	printf 'service daytime\n{\n'
	printf '\t%s = %s\n' id "daytime-$1" port "$PORT" socket_type "$1" protocol "$2" wait "$3" \
		user "$(id -un)" cps '10000 1' instances UNLIMITED
	if [[ $4 == internal ]]; then
		printf '\ttype = INTERNAL UNLISTED\n'
	else
		printf '\t%s = %s\n' type UNLISTED server "$4" server_args "${*:5}"
	fi
	printf '}\n'
}

run_xinetd()
{
	spawn xinetd peer xinetd -dontfork -pidfile "$BATS_TEST_TMPDIR/xinetd.pid" \
		-filelog "$BATS_TEST_TMPDIR/xinetd.log" -f "$BATS_TEST_TMPDIR/xinetd.conf"
}

# under_xinetd TYPE PROTOCOL WAIT OPTION...: a real xinetd that starts daytimed --inetd.
under_xinetd()
{
	need xinetd
	PORT=$(free_port)
	write_service "$1" "$2" "$3" "$BUILD/daytimed" --inetd "${@:4}" >"$BATS_TEST_TMPDIR/xinetd.conf"
	run_xinetd
	wait_for "$2" "$PORT"
}

# answers COUNT ARG...: so often, each time whole and without a complaint.
answers()
{
	# No counter of our own: bats' run has one of the same name.
	for _ in $(seq "$1"); do
		run -0 --separate-stderr daytime "${@:2}" 127.0.0.1 "$PORT"
		[[ $output =~ $CTIME && -z $stderr ]] || return 1
	done
}

# children PROGRAM: how many processes of that name run below xinetd.
children()
{
	pgrep -c -x -P "$SPAWNED_PID" "$1"
}

has_children()
{
	[[ $(children daytimed) == "$1" ]]
}

@test "xinetd: one connection each (stream, wait = no)" {
	under_xinetd stream tcp no
	answers 5
	wait_until "$PATIENCE" has_children 0
}

@test "xinetd: who closes first is asked there, too" {
	under_xinetd stream tcp no --first-close reset
	run -0 --separate-stderr daytime 127.0.0.1 "$PORT"
	[[ $output =~ $CTIME && $stderr == *reset* ]]
	kill_spawned
	under_xinetd stream tcp no --first-close client
	run -0 --separate-stderr daytime --close-first 127.0.0.1 "$PORT"
	[[ $output =~ $CTIME ]]
	wait_until "$PATIENCE" has_children 0
}

@test "xinetd: the listening socket (stream, wait = yes), again and again" {
	under_xinetd stream tcp yes --idle-timeout 0.3
	answers 20
	wait_until "$PATIENCE" has_children 0 # it gave the socket back
	answers 3
	wait_until "$PATIENCE" has_children 0
}

@test "xinetd: datagrams (dgram, wait = yes)" {
	under_xinetd dgram udp yes
	answers 5 --udp
	wait_until "$PATIENCE" has_children 0
}

@test "xinetd: no complaint reaches the client" {
	under_xinetd stream tcp no --no-such-option
	run -1 --separate-stderr daytime 127.0.0.1 "$PORT"
	[[ -z $output && $stderr == *"answered with nothing"* ]]
}

# example FILE: as it is shipped, but with our own program, user and port; the port has to be written
# where the service is named.
example()
{
	sed -E "s,/usr/bin/daytimed,$BUILD/daytimed,; s,\<nobody\>,$(id -un)," "$ROOT/packaging/inetd/$1"
}

@test "the example for xinetd is accepted by it as it is" {
	need xinetd
	PORT=$(free_port)
	# xinetd wants the port of a service beside its name where /etc/services has another.
	example xinetd.d/daytimed |
		sed -E "s/^(\s+)disable .*/\1type = UNLISTED\n\1port = $PORT/" >"$BATS_TEST_TMPDIR/xinetd.conf"
	run_xinetd
	wait_for tcp "$PORT"
	wait_for udp "$PORT"
	answers 3
	answers 3 --udp
	run ! grep -E 'ERROR|WARNING' "$BATS_TEST_TMPDIR/xinetd.log"
}

@test "the example for inetd is accepted by openbsd-inetd as it is" {
	need inetd
	PORT=$(free_port)
	example inetd.conf | sed "s/^daytime/$PORT/" >"$BATS_TEST_TMPDIR/inetd.conf"
	[[ $(grep -c "^$PORT" "$BATS_TEST_TMPDIR/inetd.conf") == 2 ]]
	spawn inetd peer inetd -i -R 100000000 "$BATS_TEST_TMPDIR/inetd.conf"
	wait_for tcp "$PORT"
	wait_for udp "$PORT"
	answers 3
	answers 3 --udp
}

#
# What others answer.
#

# is_understood OPTION...: by --parse, and the two clocks agree, for they are one.
is_understood()
{
	run -0 --separate-stderr daytime --parse "$@" 127.0.0.1 "$PORT"
	[[ $output =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[+-][0-9]{2}:[0-9]{2}\ offset\ [+-][0-9.]+\ s$ ]] || return 1
	perl -e 'exit !(abs($ARGV[0]) < 3)' -- "$(sed -E 's/.* offset ([^ ]+) s/\1/' <<<"$output")"
}

@test "xinetd's own daytime is understood" {
	need xinetd
	PORT=$(free_port)
	{
		write_service stream tcp no internal
		write_service dgram udp yes internal
	} >"$BATS_TEST_TMPDIR/xinetd.conf"
	export TZ=Asia/Seoul
	run_xinetd
	wait_for tcp "$PORT"
	wait_for udp "$PORT"
	is_understood
	[[ $output == *+09:00\ * ]]
	is_understood --udp
}

@test "nginx's daytime is understood, in its two formats" {
	need nginx
	PORT=$(free_port)
	module=$(find "$PEERS" -name ngx_stream_module.so)
	[[ -n $module ]] || fail "no ngx_stream_module.so in $PEERS"
	export TZ=Asia/Kathmandu
	for variable in time_local time_iso8601; do
		mkdir -p "$BATS_TEST_TMPDIR/nginx"
		cat >"$BATS_TEST_TMPDIR/nginx.conf" <<-EOF
			load_module $module;
			daemon off;
			master_process off;
			env TZ;
			pid $BATS_TEST_TMPDIR/nginx/pid;
			error_log stderr;
			events {}
			stream {
				server {
					listen 127.0.0.1:$PORT;
					listen 127.0.0.1:$PORT udp;
					return "\$$variable\n";
				}
			}
		EOF
		spawn nginx peer nginx -p "$BATS_TEST_TMPDIR/nginx" -c "$BATS_TEST_TMPDIR/nginx.conf"
		wait_for tcp "$PORT"
		wait_for udp "$PORT"
		is_understood
		[[ $output == *+05:45\ * ]]
		is_understood --udp
		kill_spawned
	done
}
