#!/usr/bin/env bats
# SPDX-License-Identifier: BSD-2-Clause
#
# timewait why: each verdict happens for real, in a network namespace of its own where perl makes the
# sockets. What is said is held against what bind() and connect() do to perl right after it, and what is
# said to help is done, and must. That no packet is sent is looked at with every single call.

bats_require_minimum_version 1.5.0
load common

setup()
{
	can_unshare || skip "network namespaces are refused here"
	cat >"$BATS_TEST_TMPDIR/Scene.pm" <<'PERL'
package Scene;
use strict;
use warnings;
use Socket qw(:all);
use Errno ();
use JSON::PP;
use Time::HiRes qw(sleep time);
use Exporter 'import';
our @EXPORT = qw(ok address socket_for listener connection time_wait_here close_first bind_errno connect_errno
    why agree agree_connect sysctl until_true remedy helps);

our $AS = 0;    # the user that bind_errno() and connect_errno() are

my %levels = (SO_REUSEADDR => [SOL_SOCKET, SO_REUSEADDR], SO_REUSEPORT => [SOL_SOCKET, 15],
	IPV6_V6ONLY => [IPPROTO_IPV6, IPV6_V6ONLY]);

sub ok {
	my ($is_so, $what) = @_;
	die "not so: $what (at line " . (caller)[2] . ")\n" unless $is_so;
}

sub sysctl {
	my ($name, $value) = @_;
	(my $path = "/proc/sys/net/ipv4/$name") =~ s/\./\//g;
	$path = "/proc/sys/net/ipv6/ip_nonlocal_bind" if $name eq "ipv6.ip_nonlocal_bind";
	open(my $file, ">", $path) or die "$path: $!\n";
	print $file $value;
	close($file) or die "$path: $!\n";
}

sub address {
	my ($host, $port) = @_;
	return $host =~ /:/ ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $host))
	    : pack_sockaddr_in($port, inet_aton($host));
}

sub socket_for {
	my ($host, @options) = @_;
	my $fd;
	socket($fd, $host =~ /:/ ? PF_INET6 : PF_INET, SOCK_STREAM, 0) or die "socket: $!";
	setsockopt($fd, $levels{$_}[0], $levels{$_}[1], 1) or die "$_: $!" for @options;
	return $fd;
}

sub listener {
	my ($host, $port, @options) = @_;
	my $fd = socket_for($host, @options);
	bind($fd, address($host, $port)) or die "bind $host $port: $!";
	listen($fd, 100) or die "listen: $!";
	return $fd;
}

# A connection through the listener: (server's end, client's end). The client may bind() before.
sub connection {
	my ($listener, $host, $port, $from, @options) = @_;
	my $client = socket_for($host, $from ? @options : ());
	if ($from) {
		bind($client, address(@$from)) or die "bind @$from: $!";
	}
	connect($client, address($host, $port)) or die "connect: $!";
	my $server;
	# One that was reset before it was accepted may still stand before it in the queue.
	do {
		accept($server, $listener) or die "accept: $!";
	} until ((getpeername($server) // "") eq getsockname($client));
	return ($server, $client);
}

# The first closes first, and is in TIME_WAIT then; the other has nothing left.
sub close_first {
	my ($first, $second) = @_;
	my $name = getsockname($first);
	my $peer = getpeername($first);
	close($first);
	while (sysread($second, my $bytes, 100)) { }
	close($second);
	my ($port) = sockaddr_family($name) == AF_INET6 ? unpack_sockaddr_in6($name) : unpack_sockaddr_in($name);
	my ($far) = sockaddr_family($peer) == AF_INET6 ? unpack_sockaddr_in6($peer) : unpack_sockaddr_in($peer);
	until_true("TIME_WAIT of $port",
		sub { `ss -Htan state time-wait sport = :$port dport = :$far` ne "" });
}

# A server's life: it listens, closes a connection first, and ends.
sub time_wait_here {
	my ($host, $port, @options) = @_;
	my $listener = listener($host, $port, @options);
	my ($server, $client) = connection($listener, $host, $port);
	close_first($server, $client);
	close($listener);
}

sub until_true {
	my ($what, $is_so) = @_;
	my $deadline = time + 15;
	until ($is_so->()) {
		die "waited in vain for: $what\n" if time > $deadline;
		sleep 0.01;
	}
}

sub name_errno {
	my $number = $! + 0;
	for my $name (keys %!) {
		no strict "refs";
		return $name if exists &{"Errno::$name"} && &{"Errno::$name"}() == $number && $name ne "EWOULDBLOCK";
	}
	return "errno $number";
}

# What bind() says to us: "" or the errno.
sub bind_errno {
	my ($host, $port, @options) = @_;
	local $> = $AS if $AS;
	my $fd = socket_for($host, @options);
	return name_errno() unless bind($fd, address($host, $port));
	close($fd);
	forget($port) if $port && grep { $_ eq "SO_REUSEPORT" } @options;
	return "";
}

# A port that has let an SO_REUSEPORT in lets the like in unasked, until somebody comes without it: at an
# address that nobody has, which IP_FREEBIND (15), IPV6_FREEBIND (78) allow.
sub forget {
	my ($port) = @_;
	for my $nobodys (["127.255.255.254", IPPROTO_IP, 15], ["100::1", IPPROTO_IPV6, 78]) {
		my ($host, $level, $freebind) = @$nobodys;
		my $fd = socket_for($host, "SO_REUSEADDR", $host =~ /:/ ? "IPV6_V6ONLY" : ());
		setsockopt($fd, $level, $freebind, 1) or die "freebind: $!";
		return if bind($fd, address($host, $port));
	}
}

# The same for connect(); a connection that comes to be is reset, and leaves nothing.
sub connect_errno {
	my ($host, $port, $from, @options) = @_;
	my $fd = socket_for($host, $from ? @options : ());
	return name_errno() if $from && !bind($fd, address(@$from));
	return name_errno() unless connect($fd, address($host, $port));
	setsockopt($fd, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0));
	return "";
}

# Everything that TCP, UDP and IPv4 have sent from here.
sub sent {
	my %sent;
	open(my $file, "<", "/proc/net/snmp") or die $!;
	my @lines = map { [split] } <$file>;
	while (my ($names, $values) = splice(@lines, 0, 2)) {
		$sent{"$names->[0]$names->[$_]"} = $values->[$_] for 1 .. $#$names;
	}
	return join " ", map { $sent{$_} } qw(Tcp:OutSegs Tcp:InSegs Tcp:OutRsts Udp:OutDatagrams Ip:OutRequests);
}

# timewait why ARG...: what it says, in pieces, and its exit status. As another user: -USER first.
sub why {
	my @arguments = @_;
	my @command = ("timewait", "why", "--json");
	unshift @command, qw(setpriv --reuid=65534 --regid=65534 --clear-groups) if $AS;
	my $before = sent();
	open(my $pipe, "-|", @command, @arguments) or die "timewait: $!";
	my @objects = map { decode_json($_) } <$pipe>;
	close($pipe);
	my $status = $? >> 8;
	ok($before eq sent(), "no packet is sent by why @arguments");
	die "why @arguments: exit status $status, no verdict\n" unless @objects;
	my %said = (status => $status, %{$objects[0]});
	push @{$said{"$_->{type}s"}}, $_ for @objects;
	$said{$_} = $said{"${_}s"}[0] for qw(budget route);
	$said{errno} //= "";
	ok($status == ($said{errno} ? 1 : 0), "status $status for '$said{errno}'");
	return \%said;
}

# Asks about bind(), and does it: as a whole, and with every set of options that was tried.
sub agree {
	my ($host, $port, $errno, @options) = @_;
	my $shown = $host =~ /:/ ? "[$host]" : $host;
	my %flags = (SO_REUSEADDR => "--reuseaddr", SO_REUSEPORT => "--reuseport", IPV6_V6ONLY => "--v6only");
	my $said = why("bind", "$shown:$port", map { $flags{$_} } @options);
	ok($said->{errno} eq $errno, "bind $shown:$port (@options) is said to give '$said->{errno}', not '$errno'");
	my $got = bind_errno($host, $port, @options);
	ok($got eq $errno, "bind $shown:$port (@options) gives '$got', not '$errno'");
	for my $attempt (@{$said->{attempts}}) {
		my $got = bind_errno($host, $port, @{$attempt->{options}});
		ok($got eq ($attempt->{errno} // ""), "with (@{$attempt->{options}}) bind gives '$got'");
	}
	return $said;
}

sub agree_connect {
	my ($host, $port, $errno, @arguments) = @_;
	my $shown = $host =~ /:/ ? "[$host]" : $host;
	my $said = why("connect", "$shown:$port", @arguments);
	ok($said->{errno} eq $errno, "connect $shown:$port is said to give '$said->{errno}', not '$errno'");
	return $said if @arguments;
	my $got = connect_errno($host, $port);
	ok($got eq $errno, "connect $shown:$port gives '$got', not '$errno'");
	return $said;
}

# The remedy by its name, or undef.
sub remedy {
	my ($said, $name) = @_;
	my ($found) = grep { $_->{name} eq $name } @{$said->{remedys}};
	return $found;
}

# It is named, and said to work at once (or not).
sub helps {
	my ($said, $name, $is_now) = @_;
	my $found = remedy($said, $name);
	ok($found, "$name is a remedy, beside " . join(" ", map { $_->{name} } @{$said->{remedys}}));
	ok(!$found->{works_now} == !$is_now, "$name works at once, or not") if defined $is_now;
	return $found;
}

1;
PERL
}

# scene [PREPARATION]: perl, with what stands on standard input, in a network namespace with loopback up and
# two addresses that are not loopback's.
scene()
{
	{
		echo 'use strict; use warnings; use Scene; use Socket qw(:all);'
		cat
	} >"$BATS_TEST_TMPDIR/scene.pl"
	in_room "${1:-ip link set lo up && ip address add 192.0.2.1/24 dev lo && ip address add 192.0.2.2/24 dev lo &&
		ip address add 2001:db8::1/64 dev lo nodad && ip address add 2001:db8::2/64 dev lo nodad} &&
		cd \"\$1\" && exec timeout 60 perl -I. scene.pl" "$BATS_TEST_TMPDIR"
}

need_nobody()
{
	((EUID == 0)) || skip "only root can become somebody else"
	as_nobody test -x "$BUILD/timewait" || skip "the build is not in everybody's reach"
}

@test "why bind: a port that nobody has" {
	scene <<-'PERL'
		for my $host ("0.0.0.0", "127.0.0.1", "192.0.2.1", "::", "::1", "2001:db8::1") {
			my $said = agree($host, 80, "");
			ok(!$said->{sockets} && !$said->{remedys}, "nothing is in the way");
			ok(@{$said->{attempts}} >= 4, "all sets of options were tried");
		}
		agree("127.0.0.1", 80, "", $_) for "SO_REUSEADDR", "SO_REUSEPORT";
		ok(why("bind", "*:80")->{local} eq "0.0.0.0", "* is every address");
		ok(why("bind", "-6", "*:80")->{local} eq "::", "* is every address of IPv6");
		ok(why("bind", ":http")->{local_port} == 80, "a service has a port");
		ok(why("bind", "127.0.0.1:0")->{works}, "port 0 is any port");
	PERL
}

@test "why bind: TIME_WAIT of a server that had not set SO_REUSEADDR, until it is gone" {
	scene <<-'PERL'
		for my $host ("127.0.0.1", "::1", "192.0.2.1", "2001:db8::1") {
			my $any = $host =~ /:/ ? "::" : "0.0.0.0";
			time_wait_here($host, 80);
			for my $wanted ($host, $any) {
				my $said = agree($wanted, 80, "EADDRINUSE");
				my $socket = $said->{sockets}[0];
				ok(@{$said->{sockets}} == 1 && $socket->{state} eq "TIME_WAIT", "TIME_WAIT alone");
				ok(!exists $socket->{pid} && !exists $socket->{uid}, "nobody has it");
				ok($socket->{timer_s} > 50 && $socket->{timer_s} <= 60.1, "its minute");
				ok(!$socket->{reuseaddr} && exists $socket->{reuseaddr}, "the old one had it not");
				ok($said->{reason} =~ /TIME_WAIT.*SO_REUSEADDR/, "the rule");
				ok(!remedy($said, "set_reuseaddr"), "SO_REUSEADDR comes too late");
				helps($said, "set_reuseaddr_always", 0);
				helps($said, "wait", 0);
				helps($said, "destroy", 1);
				agree($wanted, 80, "EADDRINUSE", $_) for "SO_REUSEADDR", "SO_REUSEPORT";
			}
			my $said = agree($host, 80, "EADDRINUSE");
			helps($said, "other_port", 1);
			agree($host, 81, "");
			system(helps($said, "destroy")->{detail} . " >/dev/null");
			agree($_, 80, "") for $host, $any;
		}
	PERL
}

@test "why bind: TIME_WAIT of a server that had set SO_REUSEADDR" {
	scene <<-'PERL'
		for my $host ("127.0.0.1", "::1") {
			my $any = $host =~ /:/ ? "::" : "0.0.0.0";
			time_wait_here($host, 80, "SO_REUSEADDR") for 1 .. 3;
			for my $wanted ($host, $any) {
				my $said = agree($wanted, 80, "EADDRINUSE");
				ok($said->{sockets}[0]{count} == 3 && $said->{sockets}[0]{reuseaddr}, "three, willing");
				helps($said, "set_reuseaddr", 1);
				ok($said->{remedys}[0]{name} eq "set_reuseaddr", "the safest comes first");
				ok(!remedy($said, "set_reuseaddr_always"), "it is not too late");
				$said = agree($wanted, 80, "", "SO_REUSEADDR");
				ok(!$said->{sockets}[0]{blocks}, "it lets the new one in");
			}
			system("ss -K state time-wait >/dev/null");
		}
		# By SO_REUSEPORT on both it goes, too.
		time_wait_here("127.0.0.1", 80, "SO_REUSEPORT");
		helps(agree("0.0.0.0", 80, "EADDRINUSE"), "set_reuseport", 1);
		agree("0.0.0.0", 80, "", "SO_REUSEPORT");
	PERL
}

@test "why bind: two TIME_WAITs, one willing and one not" {
	scene <<-'PERL'
		time_wait_here("192.0.2.1", 80, "SO_REUSEADDR");
		time_wait_here("192.0.2.2", 80);
		agree("192.0.2.1", 80, "", "SO_REUSEADDR");
		agree("192.0.2.2", 80, "EADDRINUSE", "SO_REUSEADDR");
		my $said = agree("0.0.0.0", 80, "EADDRINUSE", "SO_REUSEADDR");
		ok(@{$said->{sockets}} == 2, "both are in the way");
		ok(!grep({ exists $_->{reuseaddr} } @{$said->{sockets}}), "which of the two is not known");
	PERL
}

@test "why bind: a listener, its process, its descriptor, and SO_REUSEPORT" {
	scene <<-'PERL'
		for my $host ("127.0.0.1", "::1") {
			my $server = listener($host, 80, "SO_REUSEADDR");
			my $said = agree($host, 80, "EADDRINUSE");
			my $socket = $said->{sockets}[0];
			ok($socket->{state} eq "LISTEN" && $socket->{pid} == $$, "it is ours");
			ok($socket->{comm} eq "perl" && $socket->{fd} == fileno($server), "by name and descriptor");
			ok($socket->{reuseaddr} && !$socket->{reuseport}, "its options");
			ok(!remedy($said, "set_reuseaddr") && !remedy($said, "wait"), "these do not help");
			helps($said, "end_process", 1);
			ok($said->{remedys}[-1]{detail} =~ /^$$\/perl \(fd /, "whom to stop");
			agree($host, 80, "EADDRINUSE", $_) for "SO_REUSEADDR", "SO_REUSEPORT";
			agree($host =~ /:/ ? "2001:db8::1" : "192.0.2.1", 80, "");
			close($server);
			agree($host, 80, "");
			my @servers = map { listener($host, 80, "SO_REUSEPORT") } 1 .. 2;
			$said = agree($host, 80, "EADDRINUSE");
			ok($said->{sockets}[0]{count} == 2, "two that are alike");
			helps($said, "set_reuseport", 1);
			agree($host, 80, "", "SO_REUSEPORT");
			close($_) for @servers;
			# Who closes first matters only once the listener is gone.
			$server = listener($host, 81);
			close_first(connection($server, $host, 81));
			$said = agree($host, 81, "EADDRINUSE");
			ok(!remedy($said, "client_closes_first"), "that the clients close first does not help");
			ok((grep { /TIME_WAIT are still in the way/ } map { $_->{text} } @{$said->{notes}}), "what comes after");
			close($server);
			helps(agree($host, 81, "EADDRINUSE"), "client_closes_first", 0);
		}
	PERL
}

@test "why bind: SO_REUSEPORT and another user" {
	need_nobody
	scene <<-'PERL'
		my $server = listener("127.0.0.1", 8080, "SO_REUSEPORT");
		agree("127.0.0.1", 8080, "", "SO_REUSEPORT");
		my $said = why("bind", "--reuseport", "--user", "65534", "127.0.0.1:8080");
		ok($said->{errno} eq "EADDRINUSE" && $said->{uid} == 65534, "not for another user");
		ok($said->{reason} =~ /within one user/, "the rule");
		helps($said, "same_user", 0);
		$Scene::AS = 65534;
		ok(bind_errno("127.0.0.1", 8080, "SO_REUSEPORT") eq "EADDRINUSE", "so it is");
		agree("127.0.0.1", 8080, "EADDRINUSE", "SO_REUSEPORT");
	PERL
}

@test "why bind: a socket that is bound, and does nothing" {
	scene <<-'PERL'
		for my $host ("127.0.0.1", "::1") {
			my $idle = socket_for($host);
			bind($idle, address($host, 80)) or die;
			my $said = agree($host, 80, "EADDRINUSE", "SO_REUSEADDR");
			if (!$said->{sockets}) {
				ok($said->{reason} =~ /BOUND/, "a kernel before 6.8 does not tell of it");
				next;
			}
			my $socket = $said->{sockets}[0];
			ok($socket->{state} eq "BOUND" && $socket->{pid} == $$ && $socket->{fd} == fileno($idle),
				"BOUND, and whose");
			helps($said, "end_process", 1);
			setsockopt($idle, SOL_SOCKET, SO_REUSEADDR, 1);
			helps(agree($host, 80, "EADDRINUSE"), "set_reuseaddr", 1);
			$said = agree($host, 80, "", "SO_REUSEADDR");
			ok($said->{notes}[0]{text} =~ /listen/, "but only one of them may listen");
			close($idle);
			agree($host, 80, "");
		}
	PERL
}

@test "why bind: a connection that lives on without its listener" {
	scene <<-'PERL'
		my $listener = listener("127.0.0.1", 80);
		my ($server, $client) = connection($listener, "127.0.0.1", 80);
		close($listener);
		my $said = agree("0.0.0.0", 80, "EADDRINUSE", "SO_REUSEADDR");
		ok($said->{sockets}[0]{state} eq "ESTABLISHED" && $said->{sockets}[0]{pid} == $$, "alive, and whose");
		ok($said->{sockets}[0]{peer_port} > 0, "with whom");
		helps($said, "end_process", 0);
		ok(!remedy($said, "wait"), "no timer ends it");
		setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
		agree("0.0.0.0", 80, "", "SO_REUSEADDR");
		# On its way out: our FIN is out, and the other end does not close.
		close($server);
		until_true("its acknowledgment", sub { `ss -Htan state fin-wait-2` ne "" });
		$said = agree("0.0.0.0", 80, "EADDRINUSE");
		ok(!exists $said->{sockets}[0]{pid} && $said->{sockets}[0]{state} eq "FIN_WAIT2", "an orphan");
	PERL
}

@test "why bind: somebody's connect() got the port by chance" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50000");
		my $listener = listener("127.0.0.1", 13);
		my ($server, $client) = connection($listener, "127.0.0.1", 13);
		my $said = agree("0.0.0.0", 50000, "EADDRINUSE", "SO_REUSEADDR");
		helps($said, "reserve_port", 0);
		ok($said->{notes}[0]{text} =~ /ip_local_port_range/, "the range has it");
		close_first($client, $server);
		helps(agree("0.0.0.0", 50000, "EADDRINUSE", "SO_REUSEADDR"), "reserve_port", 0);
	PERL
}

@test "why bind: [::] and IPv4, with IPV6_V6ONLY and without" {
	scene <<-'PERL'
		my $six = listener("::", 80);
		for my $host ("127.0.0.1", "0.0.0.0", "192.0.2.1", "::1", "::") {
			my $said = agree($host, 80, "EADDRINUSE");
			ok($said->{sockets}[0]{local} eq "::" && !$said->{sockets}[0]{v6only}, "[::] has it");
			ok($host =~ /:/ || $said->{reason} =~ /IPV6_V6ONLY/, "the rule");
		}
		close($six);
		$six = listener("::", 80, "IPV6_V6ONLY");
		agree($_, 80, "") for "127.0.0.1", "0.0.0.0";
		agree($_, 80, "EADDRINUSE") for "::", "::1";
		close($six);
		for my $host ("0.0.0.0", "192.0.2.1") {
			my $four = listener($host, 80);
			my $said = agree("::", 80, "EADDRINUSE");
			ok($said->{sockets}[0]{local} eq $host, "IPv4 is in the way of [::]");
			helps($said, "set_v6only", 1);
			agree("::", 80, "", "IPV6_V6ONLY");
			agree("::1", 80, "");
			agree("::ffff:192.0.2.1", 80, "EADDRINUSE");
			agree("::ffff:192.0.2.2", 80, $host eq "0.0.0.0" ? "EADDRINUSE" : "");
			close($four);
		}
	PERL
}

@test "why bind: a low port, for whom it is none" {
	need_nobody
	scene <<-'PERL'
		my $said = why("bind", "--user", "65534", "127.0.0.1:80");
		ok($said->{errno} eq "EACCES", "as root for nobody");
		$Scene::AS = 65534;
		for my $host ("127.0.0.1", "::1") {
			$said = agree($host, 80, "EACCES");
			ok($said->{reason} =~ /CAP_NET_BIND_SERVICE/, "the right that is missing");
			helps($said, $_, 1) for qw(service_manager capability unprivileged_ports other_port);
			agree($host, 1024, "");
		}
		{
			local $Scene::AS = 0;
			agree("127.0.0.1", 80, "");
		}
		sysctl("ip_unprivileged_port_start", 80);
		agree($_, 80, "") for "127.0.0.1", "::1";
		agree("::1", 79, "EACCES");
	PERL
}

@test "why bind: an address that is not this host's" {
	scene <<-'PERL'
		for my $host ("198.51.100.1", "2001:db8:1::1") {
			my $said = agree($host, 80, "EADDRNOTAVAIL");
			helps($said, "own_address", 1);
			ok(remedy($said, "own_address")->{detail} =~ ($host =~ /:/ ? qr/2001:db8::1/ : qr/192\.0\.2\.1/),
				"which there are");
			helps($said, "freebind", 1);
			sysctl($host =~ /:/ ? "ipv6.ip_nonlocal_bind" : "ip_nonlocal_bind", 1);
			agree($host, 80, "");
		}
		sysctl("ipv6.ip_nonlocal_bind", 0);
		# On an interface that is down an address of IPv4 is the host's all the same, one of IPv6 not yet.
		system("ip link add far type veth peer name near && ip link set near up &&
			ip address add 203.0.113.1/24 dev far && ip address add 2001:db8:3::1/64 dev far") == 0 or die;
		sysctl("ip_nonlocal_bind", 0);
		agree("203.0.113.1", 80, "");
		my $said = agree("2001:db8:3::1", 80, "EADDRNOTAVAIL");
		ok($said->{reason} =~ /\bfar\b.*down/, "its interface is down");
		system(helps($said, "bring_up", 1)->{detail}) == 0 or die;
		until_true("the address", sub { bind_errno("2001:db8:3::1", 80) eq "" });
		ok(why("bind", "[2001:db8:3::1]:80")->{works}, "it is up");
	PERL
	scene true <<-'PERL'
		my $said = agree("::1", 80, "EADDRNOTAVAIL");
		ok(helps($said, "bring_up", 1)->{detail} eq "ip link set lo up", "no loopback yet");
		helps(agree_connect("127.0.0.1", 80, "ENETUNREACH"), "bring_up", 1);
		system("ip link set lo up");
		agree("::1", 80, "");
		agree_connect($_, 80, "ECONNREFUSED") for "127.0.0.1", "::1";
	PERL
}

@test "why bind: an IPv6 address that is not yet known to be nobody else's" {
	scene <<-'PERL'
		system("ip link add one type veth peer name two && ip link set two up") == 0 or die;
		system("ip link set one up && ip address add 2001:db8:2::1/64 dev one") == 0 or die;
		my $said = why("bind", "[2001:db8:2::1]:80");
		if ($said->{errno}) {
			ok($said->{reason} =~ /duplicate address detection/, "the reason");
			helps($said, "wait_dad", 0);
		}
		until_true("the address", sub { bind_errno("2001:db8:2::1", 80) eq "" });
		ok(why("bind", "[2001:db8:2::1]:80")->{works}, "it is ours now");
	PERL
}

@test "why connect: the ports are used up, and what gives them back" {
	scene <<-'PERL'
		for my $host ("192.0.2.1", "2001:db8::1") {
			sysctl("ip_local_port_range", "50000 50003");
			my $listener = listener($host, 13, "SO_REUSEADDR");
			my $other = listener($host, 37, "SO_REUSEADDR");
			for my $count (0 .. 3) {
				my ($server, $client) = connection($listener, $host, 13);
				close_first($client, $server);
			}
			my $said = agree_connect($host, 13, "EADDRNOTAVAIL");
			my $budget = $said->{budget};
			ok($budget->{range} == 4 && $budget->{waiting} == 4 && $budget->{free} == 0, "four of four");
			ok($budget->{reuse} eq "loopback_only" && $budget->{usable} == 4, "why not again");
			ok($said->{reason} =~ /tcp_tw_reuse=2/, "and it is said");
			helps($said, $_, 0) for qw(keep_connections peer_closes_first wait);
			helps($said, $_, 1) for qw(more_destinations widen_range destroy);
			helps($said, "tw_reuse");
			ok(!remedy($said, "fix_leak") && !remedy($said, "unreserve"), "nothing of that kind");
			# Each of them.
			agree_connect($host, 37, "");
			sysctl("ip_local_port_range", "50000 50005");
			$said = agree_connect($host, 13, "");
			ok($said->{budget}{free} == 2, "the new ports");
			sysctl("ip_local_port_range", "50000 50003");
			system(helps(agree_connect($host, 13, "EADDRNOTAVAIL"), "destroy")->{detail} . " >/dev/null");
			agree_connect($host, 13, "");
		}
	PERL
}

@test "why connect: an odd range of three ports is one of two" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50002");
		my $listener = listener("192.0.2.1", 13);
		my @kept = map { connection($listener, "192.0.2.1", 13) } 1 .. 2;
		my $said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL");
		ok($said->{budget}{connected} == 2 && $said->{budget}{free} == 0, "the third is never tried");
		ok($said->{budget}{states}{ESTABLISHED} == 2, "they live");
		helps($said, "even_range", 1)->{detail} =~ /"(\d+ \d+)"/ or die;
		sysctl("ip_local_port_range", $1);
		agree_connect("192.0.2.1", 13, "");
	PERL
}

@test "why connect: tcp_tw_reuse gives a TIME_WAIT back after its delay, and not before" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50000");
		sysctl("tcp_tw_reuse", 1);
		my $listener = listener("192.0.2.1", 13);
		my ($server, $client) = connection($listener, "192.0.2.1", 13);
		close_first($client, $server);
		my $said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL");
		ok($said->{budget}{waiting} == 1 && $said->{budget}{reuse} eq "on", "it is too young");
		until_true("a second", sub { $said = why("connect", "192.0.2.1:13"); $said->{works} });
		ok($said->{budget}{reusable} == 1 && !$said->{sure}, "if timestamps were used");
		ok(connect_errno("192.0.2.1", 13) eq "", "they were");
		# Off, for lack of timestamps, and on loopback alone.
		($server, $client) = connection($listener, "192.0.2.1", 13);
		close_first($client, $server);
		for my $case (["tcp_tw_reuse", 0, "off"], ["tcp_tw_reuse", 2, "loopback_only"]) {
			sysctl($case->[0], $case->[1]);
			$said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL");
			ok($said->{budget}{reuse} eq $case->[2], "reuse is $case->[2]");
		}
		until_true("tw_reuse to help at once",
			sub { helps(why("connect", "192.0.2.1:13"), "tw_reuse")->{works_now} });
		sysctl("tcp_tw_reuse", 1);
		agree_connect("192.0.2.1", 13, "");
	PERL
}

@test "why connect: without timestamps nothing is taken over" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50000");
		sysctl("tcp_tw_reuse", 1);
		sysctl("tcp_timestamps", 0);
		my $listener = listener("192.0.2.1", 13);
		my ($server, $client) = connection($listener, "192.0.2.1", 13);
		close_first($client, $server);
		my $said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL");
		ok($said->{budget}{reuse} eq "no_timestamps", "the reason");
		helps($said, "timestamps", 0);
		ok(!remedy($said, "tw_reuse"), "tcp_tw_reuse is on already");
	PERL
}

@test "why connect: on loopback the default takes TIME_WAITs over" {
	scene <<-'PERL'
		for my $host ("127.0.0.1", "::1") {
			sysctl("ip_local_port_range", "50000 50000");
			my $listener = listener($host, 13);
			my ($server, $client) = connection($listener, $host, 13);
			close_first($client, $server);
			until_true("a second", sub { why("connect", $host =~ /:/ ? "[$host]:13" : "$host:13")->{works} });
			ok(connect_errno($host, 13) eq "", "so it is");
		}
	PERL
}

@test "why connect: reserved ports, and a listener among the ports" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50003");
		sysctl("ip_local_reserved_ports", "50000,50002-50003");
		my $listener = listener("192.0.2.1", 13);
		my $said = agree_connect("192.0.2.1", 13, "");
		ok($said->{budget}{reserved} == 3 && $said->{budget}{free} == 1, "one of four");
		my @kept = connection($listener, "192.0.2.1", 13);
		$said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL");
		helps($said, "unreserve", 1);
		sysctl("ip_local_reserved_ports", "50000,50003");
		agree_connect("192.0.2.1", 13, "");
		my $server = listener("127.0.0.1", 50002); # Whatever its address.
		$said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL");
		ok($said->{budget}{held} == 1, "it keeps the port");
	PERL
}

@test "why connect: a port with a connection to others, that bind() chose or connect()" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50000");
		my $daytime = listener("192.0.2.1", 13);
		my $time = listener("192.0.2.1", 37);
		my @kept = connection($daytime, "192.0.2.1", 13);
		my $said = agree_connect("192.0.2.1", 37, "");
		ok($said->{budget}{shared} == 1 && $said->{budget}{free} == 0, "it is shared");
		ok($said->{sure}, "and tried");
		setsockopt($_, SOL_SOCKET, SO_LINGER, pack("ii", 1, 0)) for @kept;
		@kept = ();
		@kept = connection($daytime, "192.0.2.1", 13, ["192.0.2.1", 50000]);
		$said = agree_connect("192.0.2.1", 37, "EADDRNOTAVAIL");
		ok($said->{budget}{shared} == 1, "it looks the same");
	PERL
}

@test "why connect: CLOSE_WAIT keeps ports until somebody closes" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50000");
		my $listener = listener("192.0.2.1", 13);
		my ($server, $client) = connection($listener, "192.0.2.1", 13);
		close($server);
		until_true("CLOSE_WAIT, acknowledged", sub { `ss -Htan state fin-wait-2` ne "" });
		my $said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL");
		ok($said->{budget}{states}{CLOSE_WAIT} == 1, "it is counted");
		helps($said, "fix_leak", 1);
		ok(!remedy($said, "wait") && !remedy($said, "tw_reuse"), "nothing for TIME_WAIT");
		close($client);
		agree_connect("192.0.2.1", 13, "");
	PERL
}

@test "why connect: no route, and routes that say no" {
	scene 'ip link set lo up' <<-'PERL'
		for my $host ("198.51.100.1", "2001:db8:1::1") {
			helps(agree_connect($host, 13, "ENETUNREACH"), "add_route", 1);
		}
		my %kinds = (unreachable => "EHOSTUNREACH", prohibit => "EACCES", blackhole => "EINVAL");
		system("ip link add far type veth peer name near && ip link set near up && ip link set far up &&
			ip address add 192.0.2.1/24 dev far") == 0 or die;
		for my $kind (keys %kinds) {
			system("ip route add $kind 198.51.100.0/24") == 0 or die;
			agree_connect("198.51.100.1", 13, $kinds{$kind});
			system("ip route del $kind 198.51.100.0/24") == 0 or die;
		}
		for my $many ("192.0.2.255", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:192.0.2.255") {
			my $said = agree_connect($many, 13, "ENETUNREACH");
			ok($said->{reason} =~ /many hosts/ && !$said->{remedys}, "no route helps against that");
		}
		# There is a way now; whether anybody is there is not known.
		my $said = why("connect", "192.0.2.9:13");
		ok($said->{works} && $said->{route}{device} eq "far", "by far");
		ok($said->{route}{source} eq "192.0.2.1" && !exists $said->{route}{gateway}, "from there");
		ok($said->{notes}[0]{text} =~ /no packet/, "as it says");
		system("ip route add default via 192.0.2.254") == 0 or die;
		$said = why("connect", "198.51.100.1:13");
		ok($said->{works} && $said->{route}{gateway} eq "192.0.2.254", "by a gateway");
	PERL
}

@test "why connect: nobody listens on this host, or its queue is full" {
	scene <<-'PERL'
		for my $host ("127.0.0.1", "::1", "192.0.2.1", "::ffff:127.0.0.1") {
			helps(agree_connect($host, 13, "ECONNREFUSED"), "start_listener", 1);
		}
		ok(connect_errno("0.0.0.0", 13) eq "ECONNREFUSED", "the wildcard is this host");
		ok(why("connect", "0.0.0.0:13")->{errno} eq "ECONNREFUSED", "as it says");
		my $listener = listener("::", 13);
		agree_connect($_, 13, "") for "127.0.0.1", "::1";
		close($listener);
		$listener = listener("::", 13, "IPV6_V6ONLY");
		agree_connect("127.0.0.1", 13, "ECONNREFUSED");
		close($listener);
		$listener = listener("127.0.0.1", 13);
		listen($listener, 0);
		my $client = socket_for("127.0.0.1");
		connect($client, address("127.0.0.1", 13)) or die;
		ok(why("connect", "127.0.0.1:13")->{notes}[0]{text} =~ /queue is full/, "it will hang");
	PERL
}

@test "why connect --from: bind() objects first, then connect()" {
	scene <<-'PERL'
		my $from = ["192.0.2.2", 50000];
		my $daytime = listener("192.0.2.1", 13, "SO_REUSEADDR");
		my $time = listener("192.0.2.1", 37, "SO_REUSEADDR");
		my @arguments = ("--from", "192.0.2.2:50000");
		agree_connect("192.0.2.1", 13, "", @arguments);
		my ($server, $client) = connection($daytime, "192.0.2.1", 13, $from, "SO_REUSEADDR");
		for my $case (["EADDRINUSE", 37, []], ["", 37, ["SO_REUSEADDR"]], ["EADDRNOTAVAIL", 13, ["SO_REUSEADDR"]]) {
			my ($errno, $port, $options) = @$case;
			my $said = agree_connect("192.0.2.1", $port, $errno, @arguments, map { "--reuseaddr" } @$options);
			ok(!$said->{budget}, "the range does not matter");
			my $got = connect_errno("192.0.2.1", $port, $from, @$options);
			ok($got eq $errno, "connect gives '$got', not '$errno'");
		}
		close_first($client, $server);
		my $said = agree_connect("192.0.2.1", 13, "", @arguments, "--reuseaddr");
		ok(!$said->{sure} && $said->{reason} =~ /takes it over/, "TIME_WAIT gives way");
		sysctl("tcp_timestamps", 0);
		$said = agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL", @arguments, "--reuseaddr");
		helps($said, "wait", 0);
		ok(`timewait why connect 192.0.2.1:13 @arguments --reuseaddr` =~ /should fail now: EADDRNOTAVAIL/,
			"and says so");
		ok(!$said->{sure}, "timestamps may have been used before they were turned off, as they were");
		ok(connect_errno("192.0.2.1", 13, $from, "SO_REUSEADDR") eq "", "it does");
		sysctl("tcp_timestamps", 1);
		agree_connect("192.0.2.1", 13, "EADDRNOTAVAIL", "--from", "198.51.100.1");
		# bind() comes first, before there is no route.
		my $listener = listener("192.0.2.2", 50001);
		$said = agree_connect("198.51.100.1", 13, "EADDRINUSE", "--from", "192.0.2.2:50001");
		ok($said->{sockets}[0]{state} eq "LISTEN", "what is in the way");
		ok(connect_errno("198.51.100.1", 13, ["192.0.2.2", 50001]) eq "EADDRINUSE", "so it is");
		# FIN_WAIT2 that nobody holds gives way as TIME_WAIT does.
		($server, $client) = connection($daytime, "192.0.2.1", 13, ["192.0.2.2", 50002], "SO_REUSEADDR");
		close($client);
		until_true("FIN_WAIT2", sub { `ss -Htan state fin-wait-2 sport = :50002` ne "" });
		@arguments = ("--from", "192.0.2.2:50002", "--reuseaddr");
		$said = agree_connect("192.0.2.1", 13, "", @arguments);
		ok(!$said->{sure} && $said->{reason} =~ /FIN_WAIT2.*takes it over/, "FIN_WAIT2 gives way");
		ok(connect_errno("192.0.2.1", 13, ["192.0.2.2", 50002], "SO_REUSEADDR") eq "", "it does");
	PERL
}

@test "why connect --from ADDR: bind() to port 0 takes a port for every destination" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50001");
		my $daytime = listener("192.0.2.1", 13);
		my $time = listener("192.0.2.1", 37);
		my @kept = map { connection($daytime, "192.0.2.1", 13, ["192.0.2.2", 0]) } 1 .. 2;
		my $said = agree_connect("192.0.2.1", 37, "EADDRINUSE", "--from", "192.0.2.2");
		ok(connect_errno("192.0.2.1", 37, ["192.0.2.2", 0]) eq "EADDRINUSE", "so it is");
		ok($said->{reason} =~ /does not know the destination/, "the reason");
		helps($said, "bind_address_no_port");
		agree_connect("192.0.2.1", 37, "", "--from", "192.0.2.1");
		ok(connect_errno("192.0.2.1", 37, ["192.0.2.1", 0]) eq "", "another address has its own");
	PERL
}

@test "why: an ordinary user is told less, and told so" {
	need_nobody
	scene <<-'PERL'
		my $server = listener("127.0.0.1", 8080, "SO_REUSEADDR");
		$Scene::AS = 65534;
		my $said = agree("127.0.0.1", 8080, "EADDRINUSE", "SO_REUSEADDR");
		my $socket = $said->{sockets}[0];
		ok($socket->{state} eq "LISTEN" && $socket->{uid} == 0 && !exists $socket->{pid}, "not whose");
		ok(!exists $socket->{reuseaddr}, "nor its options");
		ok(grep({ $_->{text} =~ /\broot\b/ } @{$said->{notes}}), "root would see");
		close($server);
		time_wait_here("127.0.0.1", 8080, "SO_REUSEADDR");
		helps(agree("127.0.0.1", 8080, "EADDRINUSE"), "set_reuseaddr", 1);
		sysctl("ip_local_port_range", "50000 50000");
		my $daytime = listener("192.0.2.1", 13);
		my $time = listener("192.0.2.1", 37);
		my @kept = connection($daytime, "192.0.2.1", 13);
		$said = why("connect", "192.0.2.1:37");
		ok($said->{works} && !$said->{sure} && $said->{reason} =~ /root/, "a port that may be shared");
		$said = why("connect", "192.0.2.1:13");
		ok($said->{errno} eq "EADDRNOTAVAIL" && $said->{sure}, "a port that may not");
	PERL
	run --separate-stderr as_nobody timewait why bind --user root 127.0.0.1:8080
	[[ $status == 1 && -z $output && $stderr == "timewait: user 0: "*root* ]]
}

@test "why --netns: another network namespace, by the pid of a process in it" {
	((EUID == 0)) || skip "only root may enter another's network namespace"
	port=$(free_port)
	# shellcheck disable=SC2016
	spawn far unshare --net sh -c 'ip link set lo up && exec perl -MSocket=:all -e "
		socket(my \$fd, PF_INET, SOCK_STREAM, 0); bind(\$fd, pack_sockaddr_in($1, INADDR_ANY)); listen(\$fd, 5);
		\$| = 1; print qq(ready\n); sleep 600"' sh "$port"
	wait_until "$PATIENCE" grep -q ready "$BATS_TEST_TMPDIR/far.out"
	run --separate-stderr timewait why bind --json --netns "$SPAWNED_PID" "*:$port"
	[[ $status == 1 ]]
	jq -es --argjson pid "$SPAWNED_PID" 'any(.[]; .type == "socket" and .pid == $pid and .state == "LISTEN")' \
		<<<"$output"
	timewait why bind "*:$port"
	kill_spawned
	run --separate-stderr timewait why bind --netns nowhere "*:$port"
	[[ $status == 1 && $stderr == "timewait: "*nowhere* ]]
}

@test "why --json: one object a line, the version in the first, what jq expects" {
	scene <<-'PERL'
		sysctl("ip_local_port_range", "50000 50001");
		my $listener = listener("192.0.2.1", 13);
		my ($server, $client) = connection($listener, "192.0.2.1", 13);
		close_first($client, $server);
		system("timewait why connect --rate=0.1 --json 192.0.2.1:13 >connect");
		system("timewait why bind --json 192.0.2.1:13 >bind");
	PERL
	cd "$BATS_TEST_TMPDIR"
	for call in connect bind; do
		[[ $(jq -c . $call | wc -l) == "$(wc -l <$call)" ]]
		jq -es '.[0].v == 1 and .[0].type == "verdict" and all(.[1:][]; has("v") | not)' $call
		jq -es --arg call $call '.[0].call == $call and (.[0] | has("errno")) != .[0].works' $call
	done
	jq -es '[.[] | select(.type == "attempt")] | length == 4 and all(.[]; .works == (has("errno") | not))' bind
	jq -es '[.[] | select(.type == "remedy").rank] == [range(1; 1 + ([.[] | select(.type == "remedy")] | length))]' bind
	jq -es '.[] | select(.type == "budget") | .free == 1 and .waiting == 1 and .rate == 0.1 and
		.exhaustion_s > 5 and .exhaustion_s <= 10 and .host_opens_rate == 0 and
		.range == .free + .waiting + .reusable + .connected + .shared + .held + .reserved' connect
}

@test "why: what a person reads" {
	scene <<-'PERL'
		time_wait_here("127.0.0.1", 80, "SO_REUSEADDR");
		system("timewait why bind '*:80' >in-use");
		system("timewait why bind --reuseaddr '*:80' >works");
		system("COLUMNS=50 timewait why connect 127.0.0.1:80 >refused");
		system("timewait why bind '127.0.0.1:81' '' >/dev/null 2>&1");
		system("timewait why bind '*:80' >/dev/full 2>full; echo \$? >full.status");
		system("timewait why bind localhost:81 >name; timewait why connect --rate=0.1 localhost:80 >rate 2>&1");
	PERL
	cd "$BATS_TEST_TMPDIR"
	[[ $(head -1 in-use) == "bind() to 0.0.0.0:80 fails now: EADDRINUSE (Address already in use)" ]]
	grep -Eq '^  SO_REUSEADDR +works$' in-use
	grep -Eq '^  without options +EADDRINUSE$' in-use
	grep -Eq '^  TIME_WAIT   127\.0\.0\.1:80 to 127\.0\.0\.1:[0-9]+: no process; ends in [0-9.]+ s;$' in-use
	grep -q '^  1\. Set SO_REUSEADDR before bind()' in-use
	grep -q 'Works at once\.$' in-use
	[[ $(head -1 works) == "bind() to 0.0.0.0:80 with SO_REUSEADDR would work now" ]]
	[[ $(head -1 refused) == "connect() to 127.0.0.1:80 fails now: ECONNREFUSED (Connection refused)" ]]
	[[ $(tail -n +2 refused | wc -L) -le 50 || $(wc -L <refused) -le 80 ]]
	grep -q ' free (' refused
	[[ $(<full) == "timewait: cannot write the output: "* && $(<full.status) == 1 ]]
	grep -q '127\.0\.0\.1:81' name
	grep -q 'This host, in 0\.[0-9] s, made 0\.0 connections' <(tr '\n' ' ' <rate | tr -s ' ')
	# Every scenario that is named is there.
	[[ $(grep -ho 'timewait run [a-z0-9-]*' in-use refused | wc -l) -ge 4 ]]
	grep -ho 'timewait run [a-z0-9-]*' in-use refused | while read -r _ _ name; do
		timewait scenarios "$name" >/dev/null
	done
}

@test "why: what cannot be understood is an error of usage" {
	is_usage()
	{
		run --separate-stderr timewait why "$@"
		[[ $status == 2 && -z $output && $stderr == "timewait"* ]] || fail "$* gives $status: $output$stderr"
		[[ $(wc -l <<<"$stderr") -le 4 ]]
	}
	is_usage
	is_usage listen '*:80'
	is_usage bind
	is_usage bind '*:80' extra
	is_usage bind --slow '*:80'
	is_usage bind --from 127.0.0.1 '*:80'
	is_usage bind --rate '*:80'
	is_usage connect --reuseaddr 127.0.0.1:80
	is_usage connect --from ::1 127.0.0.1:80
	is_usage connect '*:80'
	is_usage connect 127.0.0.1:0
	is_usage connect --rate=0 127.0.0.1:80
	is_usage bind --user nobody-at-all '*:80'
	for operand in 80 '' '*' '*:' '*:65536' '*:-1' '*:0x50' '*:no-such-service' '::1:80' '[::1]' '[::1]80' '[::1:80' \
		'[127.0.0.1]:80' "$(printf '%0300d' 0):80"; do
		is_usage bind "$operand"
	done
	grep -q 'brackets' <<<"$(timewait why bind ::1:80 2>&1)"
	run --separate-stderr timewait why connect no.such.host.invalid:80
	[[ $status == 1 && -z $output && $stderr == "timewait: no.such.host.invalid: "* ]]
	run timewait why --help
	[[ $status == 0 && $output == "Usage: timewait why bind|connect"* ]]
}

teardown()
{
	kill_spawned
}
