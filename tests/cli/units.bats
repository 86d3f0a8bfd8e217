#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# daytimed.service and daytimed.socket, held against systemd-analyze. tests/lab/systemd.bats starts them.

bats_require_minimum_version 1.5.0

setup()
{
	load common
	if ! command -v systemd-analyze >/dev/null; then
		[[ -z ${CI:-} ]] || fail "no systemd-analyze"
		skip "no systemd-analyze: it comes with systemd"
	fi
	UNITS=$BATS_TEST_TMPDIR/units
	mkdir "$UNITS"
	# As installed, but with the program that was just built: verify looks whether it is there.
	sed "s,^ExecStart=[^ ]*,ExecStart=$BUILD/daytimed," "$BUILD/packaging/daytimed.service" >"$UNITS/daytimed.service"
	cp "$ROOT/packaging/systemd/daytimed.socket" "$UNITS/"
}

verify()
{
	run systemd-analyze --man=no verify "$UNITS/daytimed.service" "$UNITS/daytimed.socket"
	# Of units of this host it may say what it likes.
	! grep -F daytimed <<<"$output"
}

@test "systemd-analyze verify has nothing to say" {
	verify
	((status == 0))
}

@test "... and would say it" {
	echo 'ProtectEverything=yes' >>"$UNITS/daytimed.service"
	run ! verify
	sed -i 's/^ExecStart=.*/ExecStart=relative/' "$UNITS/daytimed.service"
	run ! verify
}

@test "what the service is exposed to is at most 0.6 of 10" {
	run -0 systemd-analyze --no-pager security --offline=true --threshold=6 "$UNITS/daytimed.service"
	[[ $output == *"SAFE"* ]]
	sed -i '/^PrivateUsers=/d; /^PrivateNetwork=/d' "$UNITS/daytimed.service"
	run -1 systemd-analyze --no-pager security --offline=true --threshold=6 "$UNITS/daytimed.service"
}

@test "it is installed where it is asked for, and else nowhere" {
	run -0 meson introspect "$BUILD" --installed
	[[ $output != *daytimed.service* ]]
	run -0 jq -r '.[] | select(.name == "systemd_unit_dir") | .value' \
		<(meson introspect "$BUILD" --buildoptions)
	[[ -z $output ]]
}
