#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait list where hosts are unusual: more namespaces than a process may open files, a /proc that hides
# processes, just as many sockets as are sorted, and what is no network namespace.

bats_require_minimum_version 1.5.0
load common

setup()
{
	can_unshare || skip "network namespaces are refused here"
	cd "$BATS_TEST_TMPDIR" || return 1
}

as_root()
{
	((EUID == 0)) || skip "only root can do that"
}

@test "list: where /proc hides processes, it is said that some are not shown" {
	as_root
	can_become_nobody || skip "the build is not in everybody's reach"
	# shellcheck disable=SC2016
	unshare --net --mount --propagation private sh -c 'ip link set lo up
		daytimed --tcp -4 --bind 127.0.0.1 13 2>server & server=$!
		for i in $(seq 500); do grep -q listening server && break; sleep 0.02; done
		mount -t proc -o hidepid=2 proc /proc
		setpriv --reuid=65533 --regid=65533 --clear-groups timewait list >ours 2>errors
		kill $server'
	grep -q '127\.0\.0\.1:13 .* LISTEN  -  *-$' ours
	[[ $(wc -l <errors) == 1 ]]
	grep -q '^timewait: sockets whose process is not shown: [0-9]*; .*root sees them all' errors
}

can_become_nobody()
{
	setpriv --reuid=65533 --regid=65533 --clear-groups test -x "$BUILD/timewait"
}
