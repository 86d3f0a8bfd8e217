# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
#
# `timewait watch` beside a server and clients, and beside the laboratory's hosts, where scenarios bring about each end
# of a TIME_WAIT. Read by its own words, not by functions: slow.sh does that.

watch_ends()
{
	local pair server watch

	timewait watch --netns all --time-wait --json >/tmp/watch 2>/tmp/watch.err &
	watch=$!
	check "watch: is ready" until_true grep -q 'Ctrl-C ends it' /tmp/watch.err

	daytimed --tcp --workers 1 13 >/tmp/daytimed 2>&1 &
	server=$!
	check "watch: a server listens" until_true listens 13
	daytime 127.0.0.1 13 >/tmp/output
	check_watch "knows who closed first" \
		"\"event\":\"born\",.*\"closed_first\":{\"pid\":$server,\"comm\":\"daytimed\".*\"local_port\":13"
	kill "$server"
	# shellcheck disable=SC2016 # the inner shell's
	unshare --net sh -c 'ip link set lo up; daytimed --tcp --workers 1 13 & server=$!
		until daytime 127.0.0.1 13; do sleep 0.1; done; kill $server; wait' >/tmp/output 2>&1
	check_watch "namespace_gone" '"cause":"namespace_gone"'

	for pair in reused_by_connect:reuse/client-bind-reuseaddr reopened_by_syn:reuse/syn-reopens-time-wait \
		killed_by_rst:waiting/assassination data_after_close:resets/data-to-orphaned-fin-wait2 \
		sock_destroy:waiting/destroy-time-wait bucket_overflow:waiting/bucket-overflow \
		linger:resets/linger-zero reset:resets/rst-in-fin-wait; do
		timewait run --quiet "/scenarios/${pair#*:}.tcp" >/tmp/output 2>&1
		check_watch "${pair%%:*}" "\"cause\":\"${pair%%:*}\""
	done

	kill -INT "$watch"
	check "watch: ends at Ctrl-C" until_true has_ended "$watch"
	check_output "watch: has lost nothing" '^0$' awk '/lost/ { lost++ } END { print lost + 0 }' /tmp/watch.err
}

if [ -x /tests/lab_life ]; then
	watch_ends
else
	skip "watch" "built without BPF"
fi
