#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# A test that no meson.build names never runs, and nobody notices; a source that none names is
# dead. Speaks TAP: every test and every source on disk must be named in the meson.build beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

# unnamed FOLDER PATTERN PREFIX SUFFIX: files whose name, without prefix and suffix, no quoted word has.
unnamed()
{
	local file name

	for file in "$1"/$2; do
		[[ -e $file ]] || continue
		name=$(basename "$file" "$4")
		grep -qF "'${name#"$3"}'" "$1/meson.build" || echo "# $file is in no list of $1/meson.build"
	done
}

# named_twice FOLDER SUFFIX: what a merge of two lists leaves behind: quoted files that stand in it twice.
named_twice()
{
	sed 's/#.*//' "$1/meson.build" | grep -oE "'[a-z0-9_]+$2'" | sort | uniq -d | grep -vE "'[a-z]+_data\.c'" |
		sed "s|^|# $1/meson.build names twice |" || true
}

number=0
failed=0

point()
{
	number=$((number + 1))
	if [[ -z $2 ]]; then
		echo "ok $number - $1"
	else
		printf 'not ok %d - %s\n%s\n' "$number" "$1" "$2"
		failed=1
	fi
}

echo 1..7
point "every unit test is run" "$(unnamed tests/unit 'test_*.c' test_ .c)"
point "every command line test is run" "$(unnamed tests/cli '*.bats' '' .bats)"
point "every lab and soak test is run" "$(
	unnamed tests/lab 'test_*.c' test_ .c
	unnamed tests/lab '*.bats' '' .bats
	unnamed tests/soak '*.bats' '' ''
)"
point "every source is built" "$(for layer in src/*/; do unnamed "${layer%/}" '*.c' '' ''; done)"
point "no source is named twice" "$(for layer in src/*/; do named_twice "${layer%/}" '\.c'; done)"

# The proof that they can fail.
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
touch "$folder/test_named.c" "$folder/test_forgotten.c"
echo "unit_tests = ['named']" >"$folder/meson.build"
forgotten=$(unnamed "$folder" 'test_*.c' test_ .c)
[[ $forgotten == "# $folder/test_forgotten.c is in no list of $folder/meson.build" ]] && forgotten=
point "a forgotten test is found" "$forgotten"
echo "files('once.c', 'twice.c', 'other.c', 'twice.c')" >"$folder/meson.build"
twice=$(named_twice "$folder" '\.c')
[[ $twice == "# $folder/meson.build names twice 'twice.c'" ]] && twice=
point "a source named twice is found" "$twice"
exit $failed
