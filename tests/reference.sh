#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# The documents of the scenario language say what the parser knows. Speaks TAP; BUILD is the build
# folder.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

# shellcheck source=points.bash
source "$(dirname "$0")/points.bash"

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
mkdir "$folder/docs" "$folder/man"

# fresh: the documents as they are, in a folder where they may be spoilt.
fresh()
{
	cp "$root/docs/scenario.md" "$folder/docs/"
	cp "$root/man/timewait-scenario.5.scd" "$folder/man/"
}

# spoilt FILE: what is said of it when a word of its reference is not the parser's.
spoilt()
{
	fresh
	sed -i 's/NAME defaults to/NAME may be/' "$folder/$1"
	"$root/scripts/reference" --check "$folder" 2>&1 && echo "it is taken for right"
}

without_mark()
{
	fresh
	sed -i '/the reference begins/d' "$folder/docs/scenario.md"
	"$root/scripts/reference" --check "$folder" 2>&1 && echo "it is taken for right"
}

mended()
{
	fresh
	sed -i 's/NAME defaults to/NAME may be/' "$folder"/*/*
	"$root/scripts/reference" "$folder"
	diff "$root/docs/scenario.md" "$folder/docs/scenario.md"
	diff "$root/man/timewait-scenario.5.scd" "$folder/man/timewait-scenario.5.scd"
}

# is WANTED SAID: complains where it is something else.
is()
{
	[[ $1 == "$2" ]] || printf 'wanted: %s\nsaid: %s\n' "$1" "$2"
}

stale='is out of date (run scripts/reference)'
echo 1..5
point "the documents say what the parser knows" "$("$root/scripts/reference" --check 2>&1)"
point "an old docs/scenario.md is found" \
	"$(is "reference: docs/scenario.md $stale" "$(spoilt docs/scenario.md)")"
point "an old manual page is found" \
	"$(is "reference: man/timewait-scenario.5.scd $stale" "$(spoilt man/timewait-scenario.5.scd)")"
point "a lost mark is found" \
	"$(is 'reference: docs/scenario.md: it needs one pair of marks' "$(without_mark)")"
point "what is old is brought up to date" "$(mended 2>&1)"
exit $failed
