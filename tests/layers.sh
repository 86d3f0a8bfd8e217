#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Holds every #include of src/ against the order of the layers: an arrow may only go down. Speaks
# TAP; a point a layer, and one that proves that this test can fail.
#
#   layers.sh [SRC]
set -euo pipefail

# From the ground up. Each may use those before it, except where `alone` says otherwise.
layers=(base tcp daytime observe lab explain scenario report timewait)
declare -A alone=([daytime]=base)

# may_use LAYER OTHER
may_use()
{
	local layer

	[[ $1 == "$2" ]] && return 0
	[[ -n ${alone[$1]:-} ]] && { [[ " ${alone[$1]} " == *" $2 "* ]]; return; }
	for layer in "${layers[@]}"; do
		[[ $layer == "$1" ]] && return 1
		[[ $layer == "$2" ]] && return 0
	done
	return 1
}

# violations SRC LAYER: prints "file:line: why" for each #include "..." that is not allowed.
violations()
{
	local src=$1 layer=$2 file line path

	[[ -d $src/$layer ]] || return 0
	while IFS=: read -r file line path; do
		path=${path#*\"}
		path=${path%%\"*}
		case $path in
		config.h) ;; # made by meson
		*/*) may_use "$layer" "${path%%/*}" ||
			echo "$file:$line: $layer may not use \"$path\"" ;;
		*) echo "$file:$line: \"$path\" is not of the form \"layer/file.h\"" ;;
		esac
	done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' --include='*.[ch]' "$src/$layer" |
		grep -v '"config\.h"')
}

# Folders that the order does not know.
strangers()
{
	local folder

	for folder in "$1"/*/; do
		folder=$(basename "$folder")
		[[ " ${layers[*]} " == *" $folder "* ]] || echo "$1/$folder: no such layer"
	done
}

# A tree with one forbidden arrow of each kind must be found out, and one without must not.
self_test()
{
	local tree fault

	tree=$(mktemp -d)
	trap 'rm -r "$tree"' RETURN
	mkdir "$tree/base" "$tree/tcp" "$tree/daytime" "$tree/lab"
	printf '#include <stdio.h>\n#include "base/b.h"\n#include "config.h"\n' >"$tree/base/a.c"
	printf '# include "base/a.h"\n#include "tcp/state.h"\n' >"$tree/tcp/a.c"
	printf '#include "base/a.h"\n' >"$tree/daytime/a.h"
	printf '#include "tcp/a.h"\n#include "daytime/a.h"\n' >"$tree/lab/a.c"
	for layer in base tcp daytime lab; do
		[[ -z $(violations "$tree" "$layer") ]] || return 1
	done
	[[ -z $(strangers "$tree") ]] || return 1
	for fault in base:tcp/a.h base:lab/a.h daytime:tcp/a.h daytime:lab/a.h tcp:observe/a.h \
		lab:report/a.h lab:nowhere/a.h lab:a.h; do
		printf '  #  include  "%s" // comment\n' "${fault#*:}" >"$tree/${fault%%:*}/bad.h"
		[[ $(violations "$tree" "${fault%%:*}" | wc -l) == 1 ]] || return 1
		rm "$tree/${fault%%:*}/bad.h"
	done
	mkdir "$tree/attic"
	[[ -n $(strangers "$tree") ]]
}

# shellcheck source=points.bash
source "$(dirname "$0")/points.bash"

src=${1:-$(cd "$(dirname "$0")/.." && pwd)/src}
echo "1..$((${#layers[@]} + 2))"
point "forbidden arrows are found" "$(self_test || echo 'the self-test failed: this test proves nothing')"
point "every folder is a layer" "$(strangers "$src")"
for layer in "${layers[@]}"; do
	point "$layer uses only what lies below it" "$(violations "$src" "$layer")"
done
exit $failed
