# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The instruments of soak.sh: the net, the server under test, and what is read from /proc about it.
# shellcheck disable=SC2034,SC2154 # what it and soak.sh have in common

# The server's own memory may differ by this between two rounds: a page of a stack, a message printed
# once more. A byte kept for each connection of a round would be as much in the test, and many times that in
# a run of a million.
SLACK_KIB=${slack_kib:-64}
# How long an honest client waits, and how long the kernel may take to forget what the hostile left.
PATIENCE_S=20

folder=$(mktemp -d)
server=
trap 'end_all' EXIT

# Only what was started here.
end_all()
{
	local pid

	progress ''
	for pid in $(jobs -p); do
		kill -9 "$pid" 2>/dev/null || true
	done
	rm -rf "$folder"
}

progress()
{
	[[ ! -t 2 ]] || printf '\r\033[Ksoak: %s' "$1" >&2
}

# What the server runs with: every guard there is. Hostile connections come from 16 addresses, their forged
# packets from all of 10/8, honest questions from 250 addresses of their own: a machine that stands still for
# seconds, so that they have to catch up, is no reason for any of them to come too often.
server_options=(--idle-timeout 0.5 --max-connections 4000 --max-per-source 100 --rate 400)
hostile_options=(--target 10.0.0.1 --source 10.66.0.1 --sources 16 --at-once 3000 --time 3600)
honest_options=(--patience "$PATIENCE_S" --source 10.77.0.1 --sources 250)

# Addresses that are not of the loopback, and a route into nothing, so that what is sent to forged addresses
# leaves and never comes back. The kernel chooses ports from its usual range, in which there is no service that
# daytimed leaves unanswered. Times that nobody wants to wait for are short. A server that expects floods has
# long queues: where a handshake by SYN cookie ends at a full one, its last ACK is lost, and a client that waits
# for the server to speak waits in vain.
make_net()
{
	ip link set lo up
	ip link add nowhere type veth peer name beyond
	ip link set nowhere arp off up
	ip link set beyond arp off up
	ip addr add 10.0.0.1/32 dev nowhere
	ip addr add 10.66.0.1/24 dev lo # on lo, all of a prefix is our own
	ip addr add 10.77.0.1/24 dev lo
	ip route add default dev nowhere
	sysctl -qw net.ipv4.ip_local_port_range='32768 60999' net.ipv4.tcp_max_syn_backlog=1024 \
		net.ipv4.tcp_syncookies=1 net.ipv4.tcp_fin_timeout=2 net.ipv4.tcp_orphan_retries=1 \
		net.core.somaxconn="${SOMAXCONN:-65535}"
}

# As many connections at once as there may be: a table is in memory as far as it has been used, and only a
# server that has used all of it may be asked not to grow. And one source that asks too often.
fill()
{
	"$BUILD/tests/soak/hostile" "${hostile_options[@]}" --sources 1 --count 5000 tcp_flood 13 >/dev/null
	"$BUILD/tests/soak/hostile" "${hostile_options[@]}" --sources 128 --count 6000 --at-once 6000 --hold 1 \
		silent 13 >/dev/null
}

# until_true SECONDS COMMAND...: polls, with a deadline.
until_true()
{
	local deadline=$((SECONDS + $1 + 1))

	shift
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.02 # between two looks
	done
}

is_ready()
{
	grep -q '^listening' "$folder/server.err" || ! kill -0 "$server" 2>/dev/null
}

# start server|client: the server under test, closing first or second.
start()
{
	[[ $1 == server ]] || honest_options+=(--close-first)
	: >"$folder/server.err"
	started=$SECONDS
	"$BUILD/daytimed" --first-close "$1" "${server_options[@]}" 13 2>"$folder/server.err" &
	server=$!
	until_true 20 is_ready
	if ! kill -0 "$server" 2>/dev/null; then
		echo "Bail out! the server did not start: $(<"$folder/server.err")"
		exit 1
	fi
}

# Sockets of this namespace that are neither listeners nor the kernel's own affair (TIME_WAIT).
strangers()
{
	ss -Htan | grep -v '^\(LISTEN\|TIME-WAIT\)' || true
	ss -Huan | awk '$2 > 0 || $1 == "ESTAB"'
}

is_calm()
{
	[[ -z $(strangers) ]]
}

# What the server has run for so far: CPU time in ns and switches of each thread.
cpu_of_threads()
{
	awk '{ print FILENAME, $1 }' /proc/"$server"/task/*/schedstat
	grep -H ctxt_switches /proc/"$server"/task/*/status
}

rested()
{
	local before

	before=$(cpu_of_threads)
	sleep 0.1
	[[ $before == "$(cpu_of_threads)" ]]
}

# Until the last of the hostile has gone and the server has nothing left to do. Half-open connections
# need no other SYN,ACK any more: each is forgotten at its next timer, after 8 s at most when there were three.
settle()
{
	sysctl -qw net.ipv4.tcp_synack_retries=0
	until_true "$PATIENCE_S" is_calm || true
	until_true "$PATIENCE_S" rested || true
	sysctl -qw net.ipv4.tcp_synack_retries=3
}

# measure NAME: how the server is now, as a line of JSON in $folder/measures.
measure()
{
	local proc=/proc/$server anonymous pss

	# Exact where it may be read; the kernel's quick count (status) may lag by some pages a CPU.
	anonymous=$(awk '/^Anonymous:/ { print $2 }' "$proc/smaps_rollup" 2>/dev/null) ||
		anonymous=$(awk '/^RssAnon:/ { print $2 }' "$proc/status")
	pss=$(awk '/^Pss:/ { print $2 }' "$proc/smaps_rollup" 2>/dev/null) || pss=0
	jq -nc --arg name "$1" --argjson anonymous_kib "$anonymous" --argjson pss_kib "$pss" \
		--argjson rss_kib "$(awk '/^VmRSS:/ { print $2 }' "$proc/status")" \
		--argjson descriptors "$(find "$proc/fd" -mindepth 1 | wc -l)" \
		--argjson threads "$(find "$proc/task" -mindepth 1 -maxdepth 1 | wc -l)" \
		--argjson waiting "$(awk '/^TCP:/ { print $7 }' "$proc/net/sockstat")" \
		--argjson ticks "$(sed 's/.*) //' "$proc/stat" | awk '{ print $12 + $13 }')" \
		'$ARGS.named' >>"$folder/measures"
}

# value OF NAME: what was measured then.
value()
{
	jq --arg name "$2" "select(.name == \$name).$1" "$folder/measures"
}

# Each of these prints a complaint, or nothing.

no_more_memory()
{
	local before after

	before=$(value anonymous_kib "$1")
	after=$(value anonymous_kib "$2")
	((after <= before + SLACK_KIB)) || echo "$before KiB $1, $after KiB $2 (at most $SLACK_KIB more)"
}

same()
{
	local before after

	before=$(value "$1" "$2")
	after=$(value "$1" "$3")
	((after == before)) || echo "$before $1 $2, $after $3"
}

sockets_left()
{
	strangers | head -n 20
}

# For two seconds no thread may run, not even for a nanosecond.
not_idle()
{
	local before after

	before=$(cpu_of_threads)
	sleep 2
	after=$(cpu_of_threads)
	[[ $before == "$after" ]] || diff <(echo "$before") <(echo "$after")
}

# It may say each of some dozen things once in ten seconds.
talkative()
{
	local lines most=$((12 * (2 + (SECONDS - started) / 10)))

	lines=$(wc -l <"$folder/server.err")
	((lines <= most)) || { echo "$lines lines, at most $most"; head -n 50 "$folder/server.err"; }
}

# Without a refusal, nothing has been proved about who is let in meanwhile.
not_guarded()
{
	local guard

	for guard in "$@"; do
		grep -q "refused: .* connections over $guard" "$folder/server.err" || echo "$guard refused nobody"
	done
}

is_gone()
{
	! kill -0 "$server" 2>/dev/null
}

stop()
{
	local status=0

	kill -USR1 "$server"
	kill "$server"
	until_true "$PATIENCE_S" is_gone || echo 'it goes on'
	wait "$server" || status=$?
	((status == 0)) || echo "exit code $status"
	cp "$folder/server.err" "$folder/server.err.$mode"
}

# row FORMAT CELL...: a line of a table; FORMAT is that of the first cell.
row()
{
	# shellcheck disable=SC2059 # a format, on purpose
	printf "# $1" "$2"
	printf ' %11s' "${@:3}"
	printf '\n'
}

# The tables, as comments of TAP.
report()
{
	progress ''
	cat "$folder"/honest.*.[12].{many,meanwhile} | jq -rs '"# \(map(.tcp.answered) | add) honest connections answered of \(map(.tcp.asked) | add), the slowest after \(map(.tcp.slowest_s) | max) s; \(map(.udp.answered) | add) of \(map(.udp.asked) | add) by UDP, after \(map(.udp.slowest_s) | max) s, \(map(.udp.repeated) | add) of them asked again"'
	row %-8s closes kind '' begun answered 'turned away' failed seconds
	jq -rs 'map(select(.round > 0)) | group_by([.mode, .kind, .when])[] | [.[0].mode, .[0].kind, .[0].when,
		(map(.begun) | add), (map(.answered) | add), (map(.turned_away) | add), (map(.failed) | add),
		(map(.seconds) | add * 100 | round / 100)] | @tsv' "$folder/visits" |
		while IFS=$'\t' read -r -a cells; do
			row %-8s "${cells[@]}"
		done
	row %-24s '' 'RSS KiB' 'Pss KiB' 'anon KiB' files threads ticks TIME_WAIT
	jq -r '[.name, .rss_kib, .pss_kib, .anonymous_kib, .descriptors, .threads, .ticks, .waiting] | @tsv' \
		"$folder/measures" | while IFS=$'\t' read -r -a cells; do
		row %-24s "${cells[@]}"
	done
	# Connections and datagrams that the kernel dropped because the server did not keep up.
	nstat -asz TcpExtListenOverflows TcpExtListenDrops TcpExtTCPReqQFullDoCookies TcpExtSyncookiesRecv \
		UdpRcvbufErrors | awk '!/^#/ { printf "# %s %s\n", $1, $2 }'
	for mode in server client; do
		sed "s/^/# $mode: /" "$folder/server.err.$mode"
	done
}
