#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait list among sockets in every state, over IPv4, IPv6, IPv4 inside of IPv6 and link-local (list_scene.py):
# against what ss says of the same ones, and random filters against the whole list, filtered by hand.

bats_require_minimum_version 1.5.0
load common

setup()
{
	can_unshare || skip "network namespaces are refused here"
	cd "$BATS_TEST_TMPDIR" || return 1
}

# in_scene SEED COMMAND...
in_scene()
{
	in_room 'exec python3 "$@"' "$ROOT/tests/cli/list_scene.py" "$@"
}

@test "list: in every state, over every kind of address, what ss says" {
	in_scene 1 'timewait list --json >ours' 'ss -Htanoe >theirs'
	# Cookie, state, queues, ports, user, inode, and which timer runs.
	perl -ne 'my ($state, $recv, $send, $local, $peer) = split;
		$state =~ s/^ESTAB$/ESTABLISHED/; $state =~ s/^FIN-WAIT-/FIN_WAIT/; $state =~ tr/-/_/;
		my ($lport, $pport) = map { /:(\d+)$/ ? $1 : 0 } $local, $peer;
		print join(" ", hex((/ sk:([0-9a-f]+)/)[0]), $state, $recv, $send, $lport, $pport,
			(/ ino:(\d+)/)[0] // 0, (/timer:\((\w+)/)[0] // "none"), "\n"' theirs | sort >expected
	jq -r 'select(.state != "BOUND") | "\(.cookie) \(.state) \(.recv_q) \(.send_q) \(.local_port) " +
		"\(.peer_port // 0) \(.inode // 0) \(.timer)"' ours | sort >got
	diff expected got
	for state in LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 FIN_WAIT2 CLOSING TIME_WAIT CLOSE_WAIT LAST_ACK; do
		[[ $(grep -c " $state " got) -ge 4 ]]
	done
	[[ $(jq -r 'select(.peer // "" | startswith("fe80::")).peer' ours | grep -c '%') -ge 10 ]]
}

@test "list: any filter has the rows that it would have by hand, counted, sorted and cut off" {
	for seed in 2 3; do
		in_scene "$seed" "python3 $ROOT/tests/cli/list_filters.py $seed 25"
	done
}
