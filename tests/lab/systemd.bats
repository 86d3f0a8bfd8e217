#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# The units as they are shipped, in their whole sandbox, under the real systemd: it is booted once, in
# namespaces of its own (boot.sh), runs the script below, and each test looks at what that has written down.

# shellcheck disable=SC2016 # the script is for the bash in there
bats_require_minimum_version 1.5.0

setup_file()
{
	load ../cli/common
	export SEEN=$BATS_FILE_TMPDIR/seen
	mkdir "$SEEN"
	cat >"$BATS_FILE_TMPDIR/script" <<-'EOF'
		cd /mnt
		exec 2>script.err
		set -x

		# soon COMMAND...: until it succeeds, for ten seconds at most.
		soon()
		{
			for _ in {1..500}; do
				"$@" && return
				sleep 0.02 # between two looks; the event itself ends the loop
			done
			return 1
		}
		pid() { systemctl show -P MainPID daytimed.service; }
		heartbeat() { systemctl show -P WatchdogTimestampMonotonic daytimed.service; }
		heart_beats() { [[ $(heartbeat) != "$last" ]]; }
		is_new() { [[ $(pid) != 0 && $(pid) != "$1" ]]; }

		systemctl start daytimed.socket
		ss -Hltun >sockets
		systemctl is-active daytimed.service >before
		{ daytime 127.0.0.1; daytime -u 127.0.0.1; daytime ::1; daytime -u ::1; } >replies
		systemctl show daytimed.service >shown
		cat "/proc/$(pid)/status" >status
		readlink "/proc/$(pid)/ns/net" /proc/1/ns/net >networks
		ls -l "/proc/$(pid)/fd" >descriptors

		systemctl reload daytimed.service && echo reloaded >reload
		old=$(pid)
		daytime >>reload

		# Nobody is refused while it starts anew.
		for _ in {1..200}; do daytime 127.0.0.1 || echo refused; done >during &
		for _ in 1 2 3; do systemctl restart daytimed.service; done
		wait $!
		is_new "$old" && echo new >restarted

		old=$(pid)
		kill -KILL "$old"
		soon is_new "$old" && daytime >killed

		# What hangs is ended by the watchdog.
		mkdir -p /run/systemd/system/daytimed.service.d
		printf '[Service]\nWatchdogSec=1\n' >/run/systemd/system/daytimed.service.d/watchdog.conf
		systemctl daemon-reload
		systemctl restart daytimed.service
		old=$(pid)
		# It says that it lives, three times: longer than the watchdog allows without.
		for _ in 1 2 3; do
			last=$(heartbeat)
			soon heart_beats
		done
		[[ $(pid) == "$old" ]] && echo lives >watchdog
		kill -STOP "$old"
		soon is_new "$old" && daytime >>watchdog
		systemctl show -P NRestarts daytimed.service >>watchdog
		rm -r /run/systemd/system/daytimed.service.d
		systemctl daemon-reload

		# The state of the clock can be read in there as out here.
		echo 'DAYTIMED_OPTIONS="--format nist"' >/etc/default/daytimed
		systemctl restart daytimed.service
		daytime >nist
		daytimed -f nist 1313 & # nobody's sandbox
		soon daytime 127.0.0.1 1313 >>nist
		kill $!

		# What it may not do, and what its threads have to: another program in the very same sandbox.
		sed '/^Type=/d; /^Watchdog/d; /^Requires=/d; /^Restart/d; /^NotifyAccess=/d; /^After=/d; /^\[Install/,$d' \
			/etc/systemd/system/daytimed.service >/etc/systemd/system/probe.service
		sed -i 's,^ExecStart=.*,ExecStart=/usr/bin/python3 -c "import os; exec(os.environ[\\"PROBE\\"])",' \
			/etc/systemd/system/probe.service
		systemctl daemon-reload
		printf 'Type=oneshot\nEnvironmentFile=/etc/probe\n' |
			sed -i '/^\[Service\]/r /dev/stdin' /etc/systemd/system/probe.service
		probe()
		{
			printf "PROBE='%s'\n" "$2" >/etc/probe
			systemctl daemon-reload
			systemctl reset-failed probe.service
			if systemctl start probe.service; then echo "$1 yes"; else echo "$1 no"; fi >>probes
		}
		probe nothing 'pass'
		probe batch 'os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))'
		probe affinity 'os.sched_setaffinity(0, os.sched_getaffinity(0))'
		probe thread 'import threading; t = threading.Thread(target=print); t.start(); t.join()'
		probe realtime 'os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))'
		chmod 1777 /run # it is the mount that must refuse
		probe run 'open("/run/x", "w")'
		probe tmp 'open("/tmp/x", "w")' # its own, and soon gone
		probe etc 'open("/etc/x", "w")'
		probe shadow 'open("/etc/shadow")'
		probe inet 'import socket; socket.socket(socket.AF_INET)'
		probe local 'import socket; socket.socket(socket.AF_UNIX)'
		probe namespace 'import ctypes; assert ctypes.CDLL(None).unshare(0x10000000) == 0'
		probe setuid 'os.setuid(0)'

		# A mistake in the options is an error in the journal.
		echo 'DAYTIMED_OPTIONS="--format pretty"' >/etc/default/daytimed
		systemctl restart daytimed.service
		journalctl --sync
		journalctl -u daytimed.service -o json >journal

		echo done >done
	EOF
	status=0
	BUILD=$BUILD "$BATS_TEST_DIRNAME/boot.sh" "$BATS_FILE_TMPDIR/script" "$SEEN" \
		>"$BATS_FILE_TMPDIR/log" 2>&1 </dev/null 3>&- || status=$?
	if ((status == 77)); then
		export UNAVAILABLE
		UNAVAILABLE=$(<"$BATS_FILE_TMPDIR/log")
	elif [[ ! -e $SEEN/done ]]; then
		fail "$(tail -n 30 "$BATS_FILE_TMPDIR/log" "$SEEN"/*)"
	fi
}

setup()
{
	load ../cli/common
	[[ -z ${UNAVAILABLE:-} ]] || skip "$UNAVAILABLE"
	CTIME='^(Sun|Mon|Tue|Wed|Thu|Fri|Sat) [A-Z][a-z]{2} [ 1-3][0-9] [0-2][0-9]:[0-5][0-9]:[0-6][0-9] [0-9]{4}$'
}

# seen FILE WANTED: a file of one line
seen()
{
	[[ $(<"$SEEN/$1") == "$2" ]] || fail "$1: $(<"$SEEN/$1")"
}

@test "the socket unit opens the four sockets, and the server waits for the first client" {
	[[ $(grep -c ':13 ' "$SEEN/sockets") == 4 ]]
	seen before inactive
}

@test "everybody is answered" {
	[[ $(grep -cE "$CTIME" "$SEEN/replies") == 4 ]]
	[[ $(wc -l <"$SEEN/replies") == 4 ]]
}

@test "systemd knows that it is ready, and how it is" {
	grep -qx 'ActiveState=active' "$SEEN/shown"
	grep -qx 'SubState=running' "$SEEN/shown"
	grep -q '^StatusText=.' "$SEEN/shown"
	grep -qx 'WatchdogUSec=1min' "$SEEN/shown"
}

@test "it is nobody, has no capability and no network" {
	refute grep -qE '^(Uid|Gid):.*\s0(\s|$)' "$SEEN/status"
	for set in Inh Prm Eff Bnd Amb; do
		grep -qE "^Cap$set:\s+0+$" "$SEEN/status"
	done
	grep -qE '^NoNewPrivs:\s+1$' "$SEEN/status"
	grep -qE '^Seccomp:\s+2$' "$SEEN/status"
	[[ $(sort -u "$SEEN/networks" | wc -l) == 2 ]]
	refute grep -E '/(home|root|tmp|mnt)/' "$SEEN/descriptors"
}

@test "a reload is no interruption" {
	[[ $(head -n 1 "$SEEN/reload") == reloaded ]]
	[[ $(tail -n 1 "$SEEN/reload") =~ $CTIME ]]
}

@test "nobody is refused while it starts anew" {
	seen restarted new
	[[ $(wc -l <"$SEEN/during") == 200 ]]
	[[ $(grep -cE "$CTIME" "$SEEN/during") == 200 ]]
}

@test "who is killed is started anew" {
	[[ $(<"$SEEN/killed") =~ $CTIME ]]
}

@test "the watchdog leaves it alone while it lives, and ends it when it hangs" {
	[[ $(head -n 1 "$SEEN/watchdog") == lives ]]
	[[ $(sed -n 2p "$SEEN/watchdog") =~ $CTIME ]]
	(($(tail -n 1 "$SEEN/watchdog") >= 1))
}

@test "the state of the clock is told as without a sandbox" {
	[[ $(grep -c 'UTC(NIST)' "$SEEN/nist") == 2 ]]
	# TT, L and H.
	[[ $(grep NIST "$SEEN/nist" | awk '{ print $4, $5, $6 }' | sort -u | wc -l) == 1 ]]
}

@test "the sandbox lets through what the server needs, and no more" {
	diff "$SEEN/probes" - <<-'EOF'
		nothing yes
		batch yes
		affinity yes
		thread yes
		realtime no
		run no
		tmp yes
		etc no
		shadow no
		inet no
		local yes
		namespace no
		setuid no
	EOF
}

@test "a mistake in the options is an error in the journal" {
	jq -e -s 'map(select(.PRIORITY == "3" and .SYSLOG_IDENTIFIER == "daytimed")) | map(.MESSAGE) |
		any(startswith("--format '"'pretty'"'"))' "$SEEN/journal"
}

@test "nothing is left of it" {
	refute grep -F 'is still there' "$BATS_FILE_TMPDIR/log"
}
