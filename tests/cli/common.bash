# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What every test of the command line begins with: `load common`.
#
# BUILD is the build root with the programs, PEERS the folder with the programs of others. What a
# test starts in the background it starts with `spawn`, and its teardown() calls `kill_spawned`.
# Nothing here sleeps to wait for an event: everything polls for it, with a deadline.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# As they may be given by hand, from the folder that we are in; tests go elsewhere.
BUILD=$(realpath -m "${BUILD:-$ROOT/build}")
PEERS=$(realpath -m "${PEERS:-$ROOT/build/peers}")
export PATH="$BUILD:$PATH:/usr/sbin:/sbin"
export LC_ALL=${TEST_LOCALE:-C.UTF-8}
unset NO_COLOR COLUMNS LANGUAGE

# How long anything may take that is expected to happen, in seconds. A pass never waits it out.
PATIENCE=15

SPAWNED=()

# fail TEXT...: the test ends here.
fail()
{
	printf '%s\n' "$*" >&2
	return 1
}

# refute COMMAND...: fails when the command succeeds. A bare `! command` would never fail a test: the
# shell's -e passes over it.
refute()
{
	! "$@"
}

# complains PATTERN ARG...: the program that the pattern begins with exits with 2, says why in the first line,
# and at most a hint behind it.
complains()
{
	local program=${1%%:*} pattern=$1

	shift
	run -2 --separate-stderr "$program" "$@"
	[[ -z $output ]]
	# shellcheck disable=SC2053,SC2154 # a pattern; set by run
	[[ ${stderr_lines[0]} == $pattern ]] || fail "$program $*: $stderr"
	((${#stderr_lines[@]} <= 3))
}

# wait_until SECONDS COMMAND...: runs the command again and again until it succeeds; fails when
# the seconds are over.
wait_until()
{
	local deadline=$((SECONDS + $1 + 1))

	shift
	until "$@" >/dev/null 2>&1; do
		if ((SECONDS >= deadline)); then
			printf 'waited in vain for: %s\n' "$*" >&2
			return 1
		fi
		sleep 0.02 # between two looks; the event itself ends the loop
	done
}

# free_port: prints a port that nobody has, for TCP and UDP, over IPv4 and IPv6. The kernel is
# asked by bind(), without SO_REUSEADDR, so a port with a TIME_WAIT is not free. Below the range
# that the kernel hands out to connections by itself.
free_port()
{
	perl -MSocket=:all -e '
		my $six = -e "/proc/net/if_inet6";
		for my $attempt (1 .. 200) {
			my $port = 10000 + int(rand(22000));
			my $taken = 0;
			my @held;
			for my $type (SOCK_STREAM, SOCK_DGRAM) {
				socket(my $four, PF_INET, $type, 0) or die "socket: $!\n";
				$taken ||= !bind($four, pack_sockaddr_in($port, INADDR_ANY));
				push @held, $four;
				next unless $six && socket(my $s6, PF_INET6, $type, 0);
				setsockopt($s6, IPPROTO_IPV6, IPV6_V6ONLY, 1);
				$taken ||= !bind($s6, pack_sockaddr_in6($port, IN6ADDR_ANY));
				push @held, $s6;
			}
			next if $taken;
			print "$port\n";
			exit 0;
		}
		die "no free port in 200 attempts\n";'
}

# is_alive PID: it runs (a zombie does not).
is_alive()
{
	local state

	state=$(ps -o stat= -p "$1") && [[ $state != Z* ]]
}

# is_listening PORT
is_listening()
{
	[[ -n $(ss -Htln "sport = :$1") ]]
}

listens_or_died()
{
	is_listening "$1" || { [[ -n ${2:-} ]] && ! is_alive "$2"; }
}

# wait_for_listen PORT [PID]: until somebody listens there on TCP; fails at once when PID ends first.
wait_for_listen()
{
	wait_until "$PATIENCE" listens_or_died "$@" || return 1
	is_listening "$1" || fail "process ${2:-} ended before anything listened on port $1"
}

# spawn NAME COMMAND...: in the background, its output in $BATS_TEST_TMPDIR/NAME.out and .err;
# its process id is $SPAWNED_PID.
spawn()
{
	local name=$1

	shift
	# Emptied here and now: whoever looks next must not find what an earlier process of this name said.
	: >"$BATS_TEST_TMPDIR/$name.out"
	: >"$BATS_TEST_TMPDIR/$name.err"
	# bats waits for whoever holds its descriptor 3.
	"$@" >"$BATS_TEST_TMPDIR/$name.out" 2>"$BATS_TEST_TMPDIR/$name.err" </dev/null 3>&- &
	SPAWNED_PID=$!
	SPAWNED+=("$SPAWNED_PID")
}

is_gone()
{
	! is_alive "$1"
}

# kill_spawned: ends what spawn started, politely first, and reaps it.
kill_spawned()
{
	local pid

	for pid in "${SPAWNED[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	for pid in "${SPAWNED[@]}"; do
		wait_until 5 is_gone "$pid" 2>/dev/null || kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	SPAWNED=()
}

# need_peer PROGRAM: skips the test where $PEERS lacks it (`scripts/deps check` fetches it).
need_peer()
{
	[[ -x $PEERS/usr/sbin/$1 ]] || skip "no $1 in $PEERS: 'make deps' fetches it"
}

# peer PROGRAM ARG...: becomes a program of $PEERS, with the libraries beside it: for `spawn` and `run`.
peer()
{
	local libraries program=$PEERS/usr/sbin/$1

	shift
	libraries=$(find "$PEERS" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
	LD_LIBRARY_PATH=$libraries exec "$program" "$@"
}

# can_unshare: may this user make namespaces here?
can_unshare()
{
	unshare --user --map-root-user --net true 2>/dev/null || unshare --net true 2>/dev/null
}

# need_namespaces NAMESPACE...: those (--net, --mount ...) are to be the test's own: "${own[@]}" COMMAND runs it there. Who
# may not make them without has a user namespace about them.
need_namespaces()
{
	can_unshare || skip "no namespaces here"
	own=(unshare "$@")
	"${own[@]}" true 2>/dev/null || own=(unshare --user --map-root-user "$@")
}

# in_room SCRIPT ARG...: sh in a fresh network namespace, as root there.
in_room()
{
	local own

	need_namespaces --net
	"${own[@]}" sh -c "$1" sh "${@:2}"
}

# as_nobody COMMAND...: without any right; as it is for who has none.
as_nobody()
{
	if ((EUID == 0)); then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# in_prison COMMAND...: no user namespaces are allowed, and no capabilities are left to do without.
in_prison()
{
	unshare --user --map-root-user sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces &&
		exec setpriv --bounding-set=-all --inh-caps=-all "$@"' sh "$@"
}

need_prison()
{
	in_prison true || skip "user namespaces are refused here, so they cannot be refused for a test"
}

has_shown_all()
{
	grep -q '^The client printed: ' "$BATS_TEST_TMPDIR/lab.out"
}

# start_lab OPTION...: an experiment that stays, for a minute; its process is $SPAWNED_PID.
start_lab()
{
	spawn lab timewait reproduce --wait "$@"
	wait_until "$PATIENCE" has_shown_all
}
