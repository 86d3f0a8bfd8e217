#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# With programs that nobody here wrote, on the well-known port: each test has a host of its own, a
# network namespace with 127.0.0.1 and 10.0.0.1 (openbsd-inetd answers no datagram from 127/8).

bats_require_minimum_version 1.5.0

setup()
{
	load common
	export TZ=UTC
	make_host
}

teardown()
{
	kill_spawned
}

# make_host: the namespace, held open by a process that does nothing.
make_host()
{
	local own=(unshare --net)

	ENTER=(--net)
	if ((EUID)); then
		own=(unshare --user --map-root-user --net)
		ENTER=(--user --net --preserve-credentials)
	fi
	"${own[@]}" true 2>/dev/null || skip "no namespaces here"
	spawn host "${own[@]}" sh -c 'ip link set lo up && ip addr add 10.0.0.1/32 dev lo && echo made &&
		exec tail -f /dev/null'
	HOST=$SPAWNED_PID
	wait_until "$PATIENCE" grep -q made "$BATS_TEST_TMPDIR/host.out"
}

# on_host COMMAND...: there.
on_host()
{
	nsenter --target "$HOST" "${ENTER[@]}" "$@"
}

listens_on_host()
{
	[[ -n $(on_host ss -Hln "--$1" 'sport = :13') ]]
}

# serve COMMAND...: it listens on port 13 of the host.
serve()
{
	spawn server nsenter --target "$HOST" "${ENTER[@]}" "$@"
	wait_until "$PATIENCE" listens_on_host tcp || fail "$(<"$BATS_TEST_TMPDIR/server.err")"
}

# serve_peer PROGRAM ARG...: one of $PEERS, with the libraries beside it.
serve_peer()
{
	export PEERS
	serve "$BASH" -c "$(declare -f peer); peer \"\$@\"" "$BASH" "$@"
}

# is_now TEXT: a line as inetd's, of this minute.
is_now()
{
	local told now

	[[ $1 =~ ^[A-Z][a-z]{2}\ [A-Z][a-z]{2}\ [\ 1-3][0-9]\ [0-9:]{8}\ [0-9]{4}$ ]] || fail "no time: '$1'"
	told=$(date -d "$1" +%s)
	now=$(date +%s)
	((told >= now - 60 && told <= now)) || fail "another time: '$1'"
}

# served COMMAND...: on the host it prints the line, and nothing else.
served()
{
	run -0 --separate-stderr on_host timeout "$PATIENCE" "$@"
	((${#lines[@]} == 1)) || fail "printed: $output"
	is_now "${output%$'\r'}"
}

#
# Clients of others, served by ours
#

@test "nmap's daytime script is served" {
	serve daytimed
	for kind in T/tcp U/udp; do
		run -0 on_host nmap -n -Pn "-s${kind%/*}" -p 13 --script daytime 127.0.0.1
		[[ $output =~ 13/${kind#*/}\ +open\ +daytime ]]
		line=$(sed -n 's/^|_daytime: //p' <<<"$output")
		is_now "${line%'\x0D'}" # which is how it shows the carriage return
	done
}

@test "Perl's Net::Time is served" {
	serve daytimed
	for protocol in tcp udp; do
		served perl -MNet::Time=inet_daytime -e 'print inet_daytime("127.0.0.1", shift) // die "$!\n"' \
			"$protocol"
	done
}

@test "busybox is served" {
	busybox=$PEERS/bin/busybox
	[[ -x $busybox ]] || skip "no busybox in $PEERS: 'make deps' fetches it"
	serve daytimed
	served "$busybox" nc 127.0.0.1 13 </dev/null
	# It has no UDP, but telnet, which ends with an error when the other end closes.
	run on_host timeout "$PATIENCE" "$busybox" telnet 127.0.0.1 13 < <(exec tail -f --pid=$$ /dev/null)
	is_now "$(grep -E '^[A-Z][a-z]{2} ' <<<"${output//$'\r'/}")"
}

@test "netcat is served" {
	serve daytimed
	served nc 127.0.0.1 13 </dev/null
	served nc -N 127.0.0.1 13 </dev/null
	served nc -u -w 1 127.0.0.1 13 <<<"what time is it?"
	kill_spawned
	make_host
	serve daytimed --first-close client
	served nc -N 127.0.0.1 13 </dev/null
}

@test "socat and curl are served" {
	serve daytimed
	served socat - TCP:127.0.0.1:13 </dev/null
	served socat -u TCP:127.0.0.1:13 -
	served socat -t 1 - UDP:127.0.0.1:13 <<<"what time is it?"
	served curl --silent telnet://127.0.0.1:13 </dev/null
}

#
# Servers of others, understood by ours
#

# understood ARG...: daytime finds the time in the reply, and it is now.
understood()
{
	run -0 --separate-stderr on_host daytime --parse "$@"
	[[ $output =~ ^([0-9T:-]+\+[0-9:]{5})\ offset\ [-+]([0-9]+)\.[0-9]+\ s$ ]] || fail "printed: $output"
	((BASH_REMATCH[2] < 60))
	ZONE=${BASH_REMATCH[1]: -6}
}

@test "openbsd-inetd is understood" {
	need_peer inetd
	printf 'daytime %s internal\n' 'stream tcp nowait root' 'dgram udp wait root' >"$BATS_TEST_TMPDIR/inetd.conf"
	export TZ=Asia/Seoul # it tells local time, without its zone; so does ours
	serve_peer inetd -i -R 100000000 "$BATS_TEST_TMPDIR/inetd.conf"
	understood 10.0.0.1
	[[ $ZONE == +09:00 ]]
	understood --udp 10.0.0.1
	[[ $ZONE == +09:00 ]]
}

# xinetd's configuration of one service of its own.
xinetd_service()
{
	cat <<-END
		service daytime
		{
			type = INTERNAL
			id = daytime-$1
			socket_type = $1
			protocol = $2
			wait = $3
			user = $(id -un)
		}
	END
}

@test "xinetd is understood" {
	need_peer xinetd
	{
		xinetd_service stream tcp no
		xinetd_service dgram udp yes
	} >"$BATS_TEST_TMPDIR/xinetd.conf"
	export TZ=Asia/Seoul
	serve_peer xinetd -dontfork -pidfile "$BATS_TEST_TMPDIR/pid" -f "$BATS_TEST_TMPDIR/xinetd.conf"
	understood 10.0.0.1
	[[ $ZONE == +09:00 ]]
	understood --udp 10.0.0.1
	[[ $ZONE == +09:00 ]]
}

@test "nginx is understood" {
	need_peer nginx
	module=$PEERS/usr/lib/nginx/modules/ngx_stream_module.so
	[[ -e $module ]] || skip "no nginx stream in $PEERS: 'make deps' fetches it"
	cat >"$BATS_TEST_TMPDIR/nginx.conf" <<-END
		load_module $module;
		daemon off;
		master_process off;
		error_log stderr;
		pid $BATS_TEST_TMPDIR/nginx.pid;
		events {}
		stream {
			server { listen 13; return "\$time_local\n"; }
			server { listen 13 udp; return "\$time_local\n"; }
		}
	END
	export TZ=Asia/Seoul
	serve_peer nginx -p "$BATS_TEST_TMPDIR" -e stderr -c "$BATS_TEST_TMPDIR/nginx.conf"
	understood 10.0.0.1
	[[ $ZONE == +09:00 ]]
	understood --udp 10.0.0.1
	[[ $ZONE == +09:00 ]]
}
