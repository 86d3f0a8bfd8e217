#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Boots one of Debian's kernels in a machine of its own, runs there what guest.sh says, and gives its points as
# TAP.
#
#   kernel.sh VERSION      such as 6.1
#
# Needs qemu-system-x86_64, cpio and what `scripts/deps kernels` puts into $KERNEL_FILES (build/kernels); no root, no
# KVM, no network, no disk. The programs are those of $BUILD, with the libraries of this host. A guest that has not ended after
# $GUEST_SECONDS (300) is ended. Nothing of it outlives this script.
set -euo pipefail
export LC_ALL=C.UTF-8

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-$ROOT/build}
KERNEL_FILES=${KERNEL_FILES:-$ROOT/build/kernels}
kernel=$KERNEL_FILES/$1
qemu=
work=

# shellcheck disable=SC2317 # by trap
clean()
{
	if [[ -n $qemu ]]; then
		kill "$qemu" 2>/dev/null || true
		wait "$qemu" 2>/dev/null || true
	fi
	[[ -z $work ]] || rm -rf "$work"
}

skip()
{
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

# install_program FILE FOLDER: with every library that it is linked with.
install_program()
{
	local library

	install -D -t "$work/root/$2" "$1"
	ldd "$1" | grep -oE '/[^ ]+' | while read -r library; do
		[[ -e $work/root$library ]] || install -D "$library" "$work/root$library"
	done
}

make_root()
{
	local program

	mkdir -p "$work"/root/{bin,etc,guest,mnt,modules,root}
	install "$KERNEL_FILES/busybox" "$work/root/bin/"
	install "$ROOT/tests/kernels/guest.sh" "$work/root/init"
	cp "$ROOT"/tests/kernels/{programs,laboratory,life,slow}.sh "$work/root/guest/"
	cp "$kernel"/*.ko "$work/root/modules/"
	cp -r "$ROOT/scenarios" "$work/root/"
	printf 'root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$work/root/etc/passwd"
	printf 'root:x:0:\nnogroup:x:65534:\n' >"$work/root/etc/group"
	printf '127.0.0.1 localhost\n::1 localhost\n' >"$work/root/etc/hosts"
	for program in timewait daytimed daytime; do
		install_program "$BUILD/$program" bin
	done
	for program in fence states life life_births; do
		[[ ! -e $BUILD/tests/lab/lab_$program ]] || install_program "$BUILD/tests/lab/lab_$program" tests
	done
	install_program "$BUILD/tests/unit/test_stream" tests
	(cd "$work/root" && find . | cpio --quiet -o -H newc -R 0:0) >"$work/initrd"
}

# One thread emulates all processors: with several, guests crashed now and then. The kernel's words go to one serial line,
# ours to another, so that neither breaks a line of the other's.
boot()
{
	timeout --foreground -k 5 "${GUEST_SECONDS:-300}" qemu-system-x86_64 \
		-M q35 -accel tcg,thread=single -cpu max -smp 2 -m 768 \
		-nodefaults -no-user-config -display none -no-reboot \
		-serial "file:$work/console" -serial "file:$work/lines" \
		-kernel "$kernel/vmlinuz" -initrd "$work/initrd" \
		-append 'console=ttyS0 quiet panic=-1' >"$work/qemu" 2>&1 </dev/null &
	qemu=$!
	wait "$qemu" && status=0 || status=$?
	qemu=
}

# complaints_about_end: why the points are not all there are; nothing when they are.
complaints_about_end()
{
	local there promised

	there=$(grep -cE '^(not )?ok ' "$work/points" || true)
	promised=$(tail -n 1 "$work/points" | sed -n 's/^guest: \([0-9]*\) points$/\1/p')
	[[ $status == 0 && $promised == "$there" ]] && return
	if ((status == 124)); then
		echo "it had not ended after ${GUEST_SECONDS:-300} s"
	else
		echo "qemu ended with $status; points promised: ${promised:-none}, there: $there"
	fi
	tail -n 20 "$work/points" "$work/console" "$work/qemu"
}

[[ -e $kernel/vmlinuz ]] || skip "no kernel $1 in $KERNEL_FILES ('make check-kernels' fetches it)"
[[ -x $KERNEL_FILES/busybox ]] || skip "no busybox in $KERNEL_FILES ('make check-kernels' fetches it)"
for tool in qemu-system-x86_64 cpio; do
	command -v "$tool" >/dev/null || skip "no $tool ('make check-kernels' installs it)"
done
trap clean EXIT
trap 'exit 130' INT TERM HUP
work=$(mktemp -d)
make_root
touch "$work"/{console,lines,qemu}
boot

# shellcheck source=../points.bash
source "$ROOT/tests/points.bash"
tr -d '\r' <"$work/lines" >"$work/points"
echo "TAP version 14"
while IFS= read -r line; do
	case $line in
	"ok - "* | "not ok - "*)
		number=$((number + 1))
		[[ $line == ok* ]] || failed=1
		echo "${line/ok -/ok $number -}"
		;;
	*) echo "$line" ;;
	esac
done < <(grep -v '^guest: ' "$work/points" || true)
point "the guest has told of all its points" "$(complaints_about_end)"
point "the kernel has nothing to complain of" \
	"$(grep -aE 'BUG:|WARNING:|Oops|Call Trace|protection fault|[Pp]anic' "$work/console" || true)"
echo "1..$number"
exit "$failed"
