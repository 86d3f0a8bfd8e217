#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
#
# The first process of a guest: what is tested on a kernel that is not this host's. Run by kernel.sh, and
# nowhere else. The second serial line gets TAP without numbers; its last line tells how many points there
# were, and nothing but that line proves that all of this has run: a guest that panics or hangs has none.
#
# There are busybox, our programs, our tests of the laboratory, and nothing else.

export PATH=/bin LC_ALL=C.UTF-8 HOME=/root CMOCKA_MESSAGE_OUTPUT=TAP
/bin/busybox mkdir -p /proc /sys /dev /tmp /run
# Of busybox no more than this: a scenario that wants nc is not to meet another one than it was written for.
for applet in awk cat grep head insmod ip mount poweroff sed sh sleep su tail true unshare; do
	/bin/busybox ln -s busybox "/bin/$applet"
done
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs -o mode=1777 tmpfs /tmp
exec >/dev/ttyS1 2>&1 </dev/null

points=0

# ok NAME, not_ok NAME FILE: a point; FILE is what to say of its failure.
ok()
{
	points=$((points + 1))
	echo "ok - $1"
}

not_ok()
{
	points=$((points + 1))
	echo "not ok - $1"
	head -n 60 "$2" | sed 's/^/# /'
}

# skip NAME REASON
skip()
{
	points=$((points + 1))
	echo "ok - $1 # SKIP $2"
}

# check NAME COMMAND...: the point passes when the command does.
check()
{
	local name=$1

	shift
	if "$@" >/tmp/output 2>&1; then
		ok "$name"
	else
		not_ok "$name" /tmp/output
	fi
}

# check_output NAME PATTERN COMMAND...: likewise, and a line of the output must match.
check_output()
{
	local name=$1 pattern=$2

	shift 2
	if "$@" >/tmp/output 2>&1 && grep -q "$pattern" /tmp/output; then
		ok "$name"
	else
		echo "no line matches: $pattern" >>/tmp/output
		not_ok "$name" /tmp/output
	fi
}

# tap NAME FILE STATUS: the points of a test that speaks TAP and came to STATUS: all that its plan promises. What
# else it says is told where a point has failed. What a kernel lacks comes before the name, where tests/allowed-skips
# can see it.
tap()
{
	local count plan

	awk -v test="$1" '
		/^(1\.\.|TAP)/ { next }
		/^not ok / { printf "%s", before }
		/^(not )?ok / {
			has_failed = /^not/
			before = lack = ""
			if (match($0, /# SKIP this kernel has no sysctl /))
				lack = "without " substr($0, RSTART + RLENGTH) ": "
			sub(/ok [0-9]+ - /, "ok - " test ": " lack)
			print
			next
		}
		has_failed { print; next }
		{ before = before "# " $0 "\n" }' "$2"
	count=$(grep -cE '^(not )?ok ' "$2")
	points=$((points + count))
	plan=$(sed -n 's/^1\.\.//p' "$2" | head -n 1)
	if [ "$3" -gt 1 ] || [ "$plan" != "$count" ]; then
		tail -n 20 "$2" >/tmp/output
		not_ok "$1: runs to its end, which was $3" /tmp/output
	fi
}

# until_true COMMAND...: looks ten times a second, for half a minute.
until_true()
{
	left=300
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1 # between two looks; the event itself ends the loop
	done
}

listens()
{
	timewait list | grep -q ":$1 .* LISTEN "
}

# check_watch NAME PATTERN: what `timewait watch` has written into /tmp/watch comes to have such a line.
check_watch()
{
	if until_true grep -q "$2" /tmp/watch; then
		ok "watch: $1"
	else
		{ echo "no line matches: $2"; tail -n 5 /tmp/watch.err /tmp/output /tmp/watch; } >/tmp/complaint
		not_ok "watch: $1" /tmp/complaint
	fi
}

has_ended()
{
	! kill -0 "$1"
}

for part in programs slow laboratory life; do
	# shellcheck source=/dev/null
	. "/guest/$part.sh"
	[ "$part" != slow ] || begin_slow
	echo "# $part: $(awk '{ print $1 }' /proc/uptime) s after the start"
done
end_slow
echo "guest: $points points"
poweroff -f
