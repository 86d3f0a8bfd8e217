#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Boots the systemd of this host as process 1 of namespaces of its own, with the units of daytimed and one
# that runs a script, and ends when that has ended.
#
#   boot.sh SCRIPT OUTPUT
#
# SCRIPT is run there as root by bash, with the programs of $BUILD in /usr/bin, the units in place, and the
# folder OUTPUT as /mnt. All else is a copy of this host's files that is thrown away. Needs root, overlayfs and
# a cgroup2 that is mounted; exit code 77 where that is not to be had.
set -euo pipefail

ROOT=$(cd "$(dirname "$0")/../.." && pwd)

# The second half: in the new namespaces.
if [[ ${1:-} == inside ]]; then
	script=$2 output=$3 base=$4
	mount --make-rprivate /
	mount -t tmpfs tmpfs "$base"
	mkdir "$base/upper" "$base/work" "$base/root"
	new=$base/root
	mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$new"
	mount -t proc proc "$new/proc"
	mount -t sysfs -o ro sysfs "$new/sys"
	mount -t tmpfs tmpfs "$new/sys/fs/cgroup"
	mount -t cgroup2 cgroup2 "$new/sys/fs/cgroup"
	mount -t tmpfs tmpfs "$new/dev"
	for device in null zero full random urandom tty; do
		touch "$new/dev/$device"
		mount --bind "/dev/$device" "$new/dev/$device"
	done
	mkdir "$new/dev/pts" "$new/dev/shm"
	mount -t devpts -o newinstance devpts "$new/dev/pts"
	ln -s pts/ptmx "$new/dev/ptmx"
	ln -s /proc/self/fd "$new/dev/fd"
	mount -t tmpfs -o mode=755 tmpfs "$new/run"
	mkdir "$new/run/lock"
	mount --bind "$output" "$new/mnt"
	ip link set lo up

	# No unit of this host's administrator; those of its packages start when they are asked for.
	rm -rf "$new"/etc/systemd/system "$new/etc/default/daytimed"
	mkdir -p "$new/etc/systemd/system" "$new/etc/default"
	sed 's,^ExecStart=[^ ]*,ExecStart=/usr/bin/daytimed,; s,^EnvironmentFile=.*,EnvironmentFile=-/etc/default/daytimed,' \
		"$BUILD/packaging/daytimed.service" >"$new/etc/systemd/system/daytimed.service"
	cp "$ROOT/packaging/systemd/daytimed.socket" "$new/etc/systemd/system/"
	install "$BUILD/daytimed" "$BUILD/daytime" "$new/usr/bin/"
	install "$script" "$new/etc/script"
	cat >"$new/etc/systemd/system/script.service" <<-'EOF'
		[Unit]
		DefaultDependencies=no
		Wants=systemd-journald.service
		After=systemd-journald.service

		[Service]
		Type=oneshot
		TimeoutStartSec=120
		ExecStart=/bin/bash /etc/script
		ExecStopPost=/bin/systemctl --force --no-block exit 0
	EOF
	printf '[Unit]\nDefaultDependencies=no\nWants=script.service\n' >"$new/etc/systemd/system/script.target"
	mkdir "$new/old"
	cd "$new"
	pivot_root . old
	umount -l /old
	exec env -i container=timewait PATH=/usr/bin:/bin:/usr/sbin:/sbin /lib/systemd/systemd --system \
		--unit=script.target --log-target=console --show-status=0 </dev/null
fi

unavailable()
{
	printf 'boot: %s\n' "$*" >&2
	exit 77
}

((EUID == 0)) || unavailable "systemd as process 1 needs root"
[[ -x /lib/systemd/systemd ]] || unavailable "no systemd here"
grep -qw overlay /proc/filesystems || unavailable "no overlayfs here"
cgroups=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
[[ -n $cgroups ]] || unavailable "no cgroup2 is mounted here"
group=$cgroups/timewait-$$
mkdir "$group" 2>/dev/null || unavailable "no cgroup can be made here"
base=$(mktemp -d)

clean()
{
	find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
	rmdir "$base" || true
	[[ ! -e $group ]] || printf 'boot: %s is still there\n' "$group" >&2
}
trap clean EXIT

# A cgroup of its own, made before its namespace, is the root that it sees.
(
	echo "$BASHPID" >"$group/cgroup.procs"
	exec timeout -k 5 150 unshare --cgroup --pid --mount --uts --ipc --net --fork --kill-child \
		bash "$0" inside "$1" "$2" "$base"
)
