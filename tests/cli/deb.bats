#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The Debian packages: built once from the working tree as `make deb` builds them, which shows them to
# lintian; then looked into, and their programs run. It takes most of a minute.

bats_require_minimum_version 1.5.0

setup_file()
{
	load common
	if ! command -v dh >/dev/null || ! command -v lintian >/dev/null; then
		[[ -z ${CI:-} ]] || fail "no debhelper or no lintian"
		skip "no debhelper or no lintian: 'scripts/deps deb' installs them"
	fi
	cd "$ROOT" || return
	git status --porcelain >"$BATS_FILE_TMPDIR/before" 2>/dev/null || true
	timeout 600 scripts/deb >"$BATS_FILE_TMPDIR/log" 2>&1 || fail "$(<"$BATS_FILE_TMPDIR/log")"
	git status --porcelain >"$BATS_FILE_TMPDIR/after" 2>/dev/null || true
	for package in "$ROOT"/build/deb/daytimed_*.deb "$ROOT"/build/deb/timewait_*.deb; do
		dpkg-deb -x "$package" "$BATS_FILE_TMPDIR/root"
		dpkg-deb -e "$package" "$BATS_FILE_TMPDIR/$(basename "${package%%_*}")"
	done
}

setup()
{
	load common
	export TZ=UTC
	UNPACKED=$BATS_FILE_TMPDIR/root
}

teardown()
{
	kill_spawned
}

@test "lintian finds neither errors nor warnings, and has something to look at" {
	[[ -f $ROOT/build/deb/lintian ]]
	run ! grep -E '^[EW]: ' "$ROOT/build/deb/lintian"
	# What is overridden is there, with its reason above it in packaging/debian.
	grep -q '^O: daytimed: ' "$ROOT/build/deb/lintian"
	[[ $(ls "$ROOT"/build/deb/*.changes) == *timewait_*.changes ]]
}

@test "the tree is as it was" {
	diff "$BATS_FILE_TMPDIR/before" "$BATS_FILE_TMPDIR/after"
	[[ ! -e $ROOT/debian ]]
	[[ -z $(find "$ROOT/build/deb" -mindepth 1 -type d) ]]
}

@test "the programs of the package run" {
	for program in daytime daytimed timewait; do
		run -0 "$UNPACKED/usr/bin/$program" --version
		[[ $output == "$program (timewait) "* ]]
	done
	PORT=$(free_port)
	spawn server "$UNPACKED/usr/bin/daytimed" "$PORT"
	wait_for_listen "$PORT" "$SPAWNED_PID"
	run -0 "$UNPACKED/usr/bin/daytime" --parse 127.0.0.1 "$PORT"
	[[ $output == *+00:00\ offset\ * ]]
}

@test "everything an installation brings is in one of the packages" {
	for file in etc/default/daytimed lib/systemd/system/daytimed.service lib/systemd/system/daytimed.socket \
		usr/share/man/man8/daytimed.8.gz usr/share/man/man1/daytime.1.gz usr/share/man/man1/timewait.1.gz \
		usr/share/man/man5/timewait-scenario.5.gz usr/share/doc/daytimed/examples/inetd.conf \
		usr/share/doc/daytimed/examples/xinetd.d/daytimed usr/share/doc/daytimed/README.Debian; do
		[[ -s $UNPACKED/$file ]] || fail "$file"
	done
	for program in daytime daytimed timewait; do
		[[ -s $UNPACKED/usr/share/bash-completion/completions/$program ]]
	done
	diff -r "$ROOT/scenarios" "$UNPACKED/usr/share/timewait/scenarios"
}

@test "the unit names the program of the package" {
	run -0 sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$UNPACKED/lib/systemd/system/daytimed.service"
	[[ -x $UNPACKED$output ]]
	run -0 sed -n 's/^EnvironmentFile=-//p' "$UNPACKED/lib/systemd/system/daytimed.service"
	[[ -f $UNPACKED$output ]]
}

@test "an installation starts nothing and enables nothing" {
	run ! grep -E 'deb-systemd-invoke|invoke-rc.d' "$BATS_FILE_TMPDIR/daytimed/postinst"
	# What is enabled is what was enabled before.
	run -0 grep -c 'deb-systemd-helper enable' "$BATS_FILE_TMPDIR/daytimed/postinst"
	enabled=$output
	run -0 grep -c 'debian-installed' "$BATS_FILE_TMPDIR/daytimed/postinst"
	[[ $output == "$enabled" ]]
	[[ ! -e $BATS_FILE_TMPDIR/timewait/postinst ]]
}

@test "an administrator's options survive an upgrade" {
	grep -qx /etc/default/daytimed "$BATS_FILE_TMPDIR/daytimed/conffiles"
}

@test "what is needed to build is what scripts/deps installs" {
	run -0 "$ROOT/scripts/deps" --list build
	# gcc, libc6-dev are build-essential; the package wants debhelper besides.
	wanted=$(grep -vxE 'gcc|libc6-dev' <<<"$output")
	declared=$(sed -n '/^Build-Depends:/,/^[A-Z].*:/p' "$ROOT/packaging/debian/control" |
		sed 's/^Build-Depends://; /^Standards/d; s/([^)]*)//g' | tr -d ' ,' | grep -v '^debhelper' | grep . | sort)
	diff <(sort <<<"$wanted") <(printf '%s\n' "$declared")
}
