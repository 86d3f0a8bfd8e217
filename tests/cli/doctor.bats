#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait doctor --self, where things work and where they are refused.

bats_require_minimum_version 1.5.0
load common

# check NAME: its object in $output.
check()
{
	jq -ecs --arg name "$1" '[.[] | select(.type == "check" and .name == $name)][0]' <<<"$output"
}

# works COMMAND: true or false.
works()
{
	jq -r --arg name "$1" 'select(.type == "command" and .name == $name) | .works' <<<"$output"
}

@test "doctor --self: what works is marked, and the summary names the commands" {
	run --separate-stderr timewait doctor --self
	[[ $status == 0 || $status == 1 ]]
	[[ -z $stderr ]]
	grep -Eq '^✓ socket lists \(sock_diag\)  +' <<<"$output"
	grep -Eq '^– BPF programs  +' <<<"$output"
	grep -q 'BPF: not in this build' <<<"$output"
	grep -Eq '^Works here: list' <<<"$output"
}

@test "doctor --self: the exit status is whether all commands work" {
	run --separate-stderr timewait doctor --self --json
	if [[ $(works list) == true && $(works reproduce) == true &&
		$(works "reproduce --host") == true ]]; then
		[[ $status == 0 ]]
	else
		[[ $status == 1 ]]
	fi
	# Something needed and missing is what keeps a command from working.
	[[ $(works reproduce) == "$(jq -s '[.[] | select(.type == "check" and (.works | not) and
		((.needed_by // "") | split(", ") | index("reproduce")))] | length == 0' <<<"$output")" ]]
}

@test "doctor --self --json: one object a line, the version in the first" {
	run --separate-stderr timewait doctor --self --json
	[[ $(jq -c . <<<"$output" | wc -l) == "${#lines[@]}" ]]
	jq -es '.[0].v == 1 and all(.[1:][]; has("v") | not)' <<<"$output"
	jq -es 'all(.[] | select(.type == "check"); .works or (.reason | length > 0))' <<<"$output"
	jq -es 'all(.[] | select(.type == "check" and .works); has("reason") or has("remedy") | not)' \
		<<<"$output"
	for name in kernel sock_diag daytimed daytime user_namespaces network_namespaces veth \
		packet_sockets sysctl_writes laboratory seccomp_notify capture sock_destroy btf; do
		check "$name"
	done
}

@test "doctor --self: without UTF-8, without colour on a pipe" {
	LC_ALL=C run --separate-stderr timewait doctor --self
	grep -Eq '^ok socket lists' <<<"$output"
	grep -Eq '^-- BPF programs' <<<"$output"
	run ! grep -P '[^\x00-\x7f]|\x1b' <<<"$output"
}

@test "doctor --self: user namespaces refused: says by what, and what works without" {
	need_prison
	run --separate-stderr in_prison timewait doctor --self
	[[ $status == 1 && -z $stderr ]]
	grep -Eq '^✗ user namespaces ' <<<"$output"
	grep -Eq '^ +why: .*user\.max_user_namespaces is 0' <<<"$output"
	grep -Eq '^ +remedy: .*sysctl user\.max_user_namespaces=' <<<"$output"
	grep -Eq '^✗ network namespaces ' <<<"$output"
	grep -Eq '^– virtual Ethernet' <<<"$output"
	grep -q "timewait reproduce --host" <<<"$output"

	run --separate-stderr in_prison timewait doctor --self --json
	[[ $status == 1 && $(works list) == true && $(works reproduce) == false ]]
	[[ $(check veth | jq .tried) == false ]]
	[[ $(check capture | jq .works) == false ]]
}

@test "doctor --self: whoever has the right needs no user namespace" {
	need_prison
	run --separate-stderr unshare --user --map-root-user sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces && exec timewait doctor --self --json'
	[[ $(check user_namespaces | jq '.works or has("needed_by")') == false ]]
	[[ $(check network_namespaces | jq .works) == true ]]
	[[ $(check laboratory | jq .works) == true ]]
}

@test "doctor --self: an ordinary user has the laboratory, but no packets of the host" {
	((EUID == 0)) || skip "only root can become somebody else"
	as_nobody test -x "$BUILD/timewait" || skip "the build is not in everybody's reach"
	as_nobody unshare --user --net true 2>/dev/null || skip "user namespaces are refused here"
	run --separate-stderr as_nobody timewait doctor --self --json
	[[ $(check laboratory | jq .works) == true ]]
	[[ $(check capture | jq .works) == false ]]
	[[ $(check bpf_rights | jq -r .reason) == *CAP_BPF* ]]
}

@test "doctor --self: leaves the machine as it was" {
	before=$(sysctl -n net.ipv4.tcp_fin_timeout; ls /proc/self/ns; ip -o link | wc -l; mount | wc -l)
	timewait doctor --self >/dev/null || true
	[[ $before == "$(sysctl -n net.ipv4.tcp_fin_timeout; ls /proc/self/ns
		ip -o link | wc -l; mount | wc -l)" ]]
}

@test "doctor --self: a program of ours that is missing is named" {
	mkdir "$BATS_TEST_TMPDIR/alone"
	cp "$BUILD/timewait" "$BATS_TEST_TMPDIR/alone/"
	run --separate-stderr "$BATS_TEST_TMPDIR/alone/timewait" doctor --self
	[[ $status == 1 ]]
	grep -Eq '^✗ daytimed ' <<<"$output"
	grep -Eq '^Does not work here: reproduce, reproduce --host\.$' <<<"$output"
}

@test "doctor --self: takes no operand, and has its --help" {
	run --separate-stderr timewait doctor --self extra
	[[ $status == 2 && -z $output ]]
	run timewait doctor --help
	[[ $status == 0 && $output == "Usage: timewait doctor"* ]]
}
