#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# One run: a server, and the load on it, in the network and PID namespace that bench/rounds.bash made
# for it. When this ends, so does everything in there.
#
#   run.sh PART SERVER       the current folder is the run's own
#
# From the environment: BUILD, PEERS, GENERATOR, COUNT, CPUS (a list), ACCOUNTING, ACCOUNTING_CGROUP.
# Prints the figures as KEY=VALUE, separated by tabs. Exit status 1: prints why there is none; 3: the
# run is void, and prints why.
set -euo pipefail
export LC_ALL=C
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=servers.bash
source "$here/servers.bash"
# shellcheck source=accounting.bash
source "$here/accounting.bash"

# Nothing here takes longer, in seconds: to begin to listen, and to carry the load.
START_LIMIT=10
LOAD_LIMIT=60

give_up()
{
	echo "$1"
	exit "${2:-1}"
}

# A fresh network: loopback alone. openbsd-inetd answers no datagram from 127/8, so there is one more address.
prepare_network()
{
	ip link set lo up
	ip address add 10.13.0.1/32 dev lo
	# A connection a line of this table for a minute; when it is full they vanish early, which costs less.
	echo 4194304 >/proc/sys/net/ipv4/tcp_max_tw_buckets
	echo 4096 >/proc/sys/net/core/somaxconn
}

# retransmits: how many segments this namespace has sent twice.
retransmits()
{
	awk '$1 == "Tcp:" && !n { n = split($0, name); next }
		$1 == "Tcp:" { for (i = 1; i <= n; i++) if (name[i] == "RetransSegs") print $i }' /proc/net/snmp
}

is_listening()
{
	if [[ $protocol == udp ]]; then
		[[ -n $(ss -Hlun 'sport = :13') ]]
	else
		[[ -n $(ss -Hltn 'sport = :13') ]]
	fi
}

# What the server complained of, for who wants to know why there is no figure.
complaint()
{
	grep -m 1 ': ' server.err | cut -c 1-200 || true
}

start_server()
{
	local deadline=$((SECONDS + START_LIMIT)) words

	(
		accounting_enter
		exec setsid --wait taskset -c "$cpus" "$BASH" "$here/become.sh" "$server" "$protocol" "$workers"
	) </dev/null >/dev/null 2>server.err &
	until is_listening; do
		# One that makes a daemon of itself has ended when it begins.
		if ((SECONDS >= deadline)) ||
			{ ! kill -0 $! 2>/dev/null && [[ $server != inetutils-inetd ]]; }; then
			words=$(complaint)
			give_up "does not start${words:+: $words}"
		fi
		sleep 0.01
	done
}

# load COUNT: what the generator says about so many queries.
load()
{
	local options=(-n "$1" -c "$at_once" --workers "$generators" --json)

	if [[ $protocol == udp ]]; then
		options+=(-u 10.13.0.1 13)
	else
		options+=(--source 127.0.0.0/8 127.0.0.1 13)
	fi
	timeout -s KILL "$LOAD_LIMIT" taskset -c "$cpus" "$GENERATOR" "${options[@]}" \
		>load.json 2>load.err || true
	perl "$here/reading.pl" "$1" "$KIND" <load.json >reading ||
		give_up "$(cat reading)$(tail -n 1 load.err | sed 's/^/: /')"
}

part=$1
server=$2
describe "$server"
# shellcheck disable=SC2153 # CPUS is the list, cpus what of it this part uses
protocol=tcp at_once=${AT_ONCE:-32} generators=1 workers=1 cpus=${CPUS##*,}
case $part in
tcp | shapes) ;;
udp | shapes-udp) protocol=udp ;;
# Two for the server and two for the load, on the same two CPUs.
saturated | shapes-saturated) cpus=$CPUS workers=2 generators=2 at_once=${AT_ONCE:-64} ;;
latency) cpus=$CPUS workers=2 at_once=1 ;;
*) give_up "unknown part $part" ;;
esac

prepare_network
start_server
load $((COUNT / 10 + 2)) # caches, tables and time zone are warm now
used=$(accounting_us)
sent_twice=$(retransmits)
load "$COUNT"
used=$(awk "BEGIN { print ($(accounting_us) - $used) / $COUNT }")
sent_twice=$(($(retransmits) - sent_twice))
((sent_twice == 0)) || give_up "$sent_twice segments were sent twice" 3
printf 'server_us=%s\t%s\n' "$used" "$(cat reading)"
