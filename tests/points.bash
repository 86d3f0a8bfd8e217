# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The points of a test in shell, as TAP: sourced by it. Ends with `exit $failed`.

number=0
failed=0

# point NAME COMPLAINTS: one TAP point; it fails when there are complaints.
point()
{
	number=$((number + 1))
	if [[ -z $2 ]]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		while IFS= read -r complaint; do
			echo "# $complaint"
		done <<<"$2"
		# shellcheck disable=SC2034 # its exit status
		failed=1
	fi
}
