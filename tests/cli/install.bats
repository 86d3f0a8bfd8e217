#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# What an installation puts where, below DESTDIR, and that it works from there.

bats_require_minimum_version 1.5.0

setup_file()
{
	load common
	export DESTDIR=$BATS_FILE_TMPDIR/root
	meson install -C "$BUILD" --no-rebuild --quiet >"$BATS_FILE_TMPDIR/log" 2>&1 ||
		fail "$(<"$BATS_FILE_TMPDIR/log")"
}

setup()
{
	load common
	PREFIX=$(meson introspect "$BUILD" --buildoptions |
		jq -r '.[] | select(.name == "prefix").value')
	INSTALLED=$DESTDIR$PREFIX
}

@test "the three programs are installed and say their version" {
	for program in daytime daytimed timewait; do
		run -0 "$INSTALLED/bin/$program" --version
		[[ $output == "$program (timewait) "* ]]
	done
}

@test "each program has a manual page" {
	for page in man1/daytime.1 man8/daytimed.8 man1/timewait.1 man5/timewait-scenario.5; do
		file=$(find "$DESTDIR" -path "*/man/$page")
		[[ -s $file ]]
		grep -q '^\.TH' "$file"
		grep -q '^\.SH NAME' "$file"
	done
}

@test "each program has a completion that bash can read" {
	for program in daytime daytimed timewait; do
		file=$INSTALLED/share/bash-completion/completions/$program
		[[ -s $file ]]
		# shellcheck disable=SC2016 # for the other bash
		run -0 bash -c 'source "$1" && complete -p "$2"' _ "$file" "$program"
	done
}

@test "scenarios and pages are there to read and to copy" {
	diff -r "$ROOT/scenarios" "$INSTALLED/share/timewait/scenarios"
	diff -r "$ROOT/docs/explain" "$INSTALLED/share/timewait/explain"
}

@test "nothing else is installed" {
	run -0 find "$DESTDIR" -type f -not -path '*/bin/*' -not -path '*/man/*' \
		-not -path '*/bash-completion/*' -not -path '*/locale/*' -not -path '*/share/timewait/*'
	[[ -z $output ]]
}

@test "no message stands in a file that gettext does not know" {
	cd "$ROOT"
	while read -r file; do
		grep -qxF "$file" po/POTFILES || fail "$file is not in po/POTFILES (run scripts/messages)"
	done < <(grep -rlE '(^|[^[:alnum:]_])_\("' --include='*.c' src)
	while read -r file; do
		[[ -f $file ]] || fail "po/POTFILES names $file, which is not there (run scripts/messages)"
	done < <(grep -v '^#' po/POTFILES)
}
