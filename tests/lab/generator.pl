# SPDX-License-Identifier: BSD-2-Clause
#
# Stands in for `daytime -n` where a test of the bench needs it to go wrong: makes COUNT queries, one by one,
# and says so in its JSON. GENERATOR_MODE:
#
#   (none)     nothing goes wrong
#   lossy      once, in the network of the run, a segment is sent twice (MARK is the file that remembers)
#   lossy-always   in every run
#   short      says that one query was not answered
#   hang       creates MARK, with the name of its network namespace in it, and stays
use strict;
use warnings;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_ERROR);

my ($mode, $mark) = ($ENV{GENERATOR_MODE} // '', $ENV{MARK} // '');
my ($count) = "@ARGV" =~ /-n (\d+)/;
my $is_udp = grep { $_ eq '-u' } @ARGV;
my ($host, $port) = @ARGV[-2, -1];

sub sent_twice
{
	open my $snmp, '<', '/proc/net/snmp' or die $!;
	my @tcp = map { [split] } grep { /^Tcp:/ } <$snmp>;
	my ($column) = grep { $tcp[0][$_] eq 'RetransSegs' } 0 .. $#{ $tcp[0] };
	return $tcp[1][$column];
}

# A listener that accepts nobody: once its queue is full, a SYN gets no answer and is sent again.
sub lose_a_segment
{
	my $deadline = time + 15;
	my $before = sent_twice();
	my $full = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1', LocalPort => 9) or die $!;
	my @clients = map { IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => 9, Blocking => 0) } 1 .. 8;
	select undef, undef, undef, 0.02 while sent_twice() == $before && time < $deadline;
}

sub query
{
	my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 5,
		Proto => $is_udp ? 'udp' : 'tcp') or return 0;
	my $line = '';

	$socket->send('') if $is_udp;
	$socket->recv($line, 100);
	return $line =~ /\d\d:\d\d:\d\d/;
}

if ($mode eq 'hang') {
	open my $file, '>', "$mark.new" or die $!;
	print $file readlink('/proc/self/ns/net');
	close $file;
	rename "$mark.new", $mark;
	sleep 600;
}
my $answered = grep { query() } 1 .. $count;
if ($mode =~ /^lossy/ && $count >= 20 && ($mode eq 'lossy-always' || !-e $mark)) {
	lose_a_segment();
	open my $file, '>', $mark or die $!;
}
$answered-- if $mode eq 'short';
printf '{"per_second": 1000, "duration_s": 1, "latency_s": {"p50": 0.00001, "p99": 0.0001}, ' .
	'"cpu_s": {"user": 0.1, "system": 0.1}, "answered": %d, "failed": %d, "errors": {%s}}' . "\n",
	$answered, $count - $answered, $answered == $count ? '' : '"nothing": ' . ($count - $answered);
exit $answered == $count ? 0 : 1;
