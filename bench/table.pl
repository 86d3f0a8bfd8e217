# SPDX-License-Identifier: BSD-2-Clause
#
# The samples of `make bench` as tables in Markdown, a part each: table.pl SAMPLES
use strict;
use warnings;
use utf8;
use Figures;

binmode STDOUT, ':encoding(UTF-8)';
my $figures = Figures::read($ARGV[0]);
my %about = %{ $figures->{about} };

# A part: its title, the figure it ranks by, and its columns: title, function of a server's name.
sub us { my ($part, $key) = @_; return sub { number('%.2f', $part, $_[0], $key) } }
sub us1 { my ($part, $key) = @_; return sub { number('%.1f', $part, $_[0], $key) } }
sub of { my ($part, $key, $base) = @_; return sub { share($part, $_[0], $base, $key) } }

my @cost = (
	['µs', us('tcp', 'server_us')], ['lowest–highest', sub { spread('tcp', $_[0], 'server_us') }],
	['of classic', of('tcp', 'server_us', 'classic')], ['of the floor', of('tcp', 'server_us', 'floor')],
	['of the floor, SCHED_BATCH', of('tcp', 'server_us', 'floor-batch')]);
my @throughput = (
	['connections/s', sub { thousands('saturated', $_[0], 'per_second') }],
	['lowest–highest', sub { spread_of_thousands('saturated', $_[0], 'per_second') }],
	['of classic', of('saturated', 'per_second', 'classic')],
	['of nginx', of('saturated', 'per_second', 'nginx')]);
my @latency = (
	['p50 µs', us1('latency', 'p50_us')], ['p99 µs', us1('latency', 'p99_us')],
	['p50 of classic', of('latency', 'p50_us', 'classic')]);
my @datagrams = (
	['µs', us('udp', 'server_us')], ['lowest–highest', sub { spread('udp', $_[0], 'server_us') }],
	['of classic', of('udp', 'server_us', 'classic')]);
my @parts = (
	['tcp', 'Server CPU a connection, server and load on one CPU, 32 at once', 'server_us', 0, @cost],
	['saturated', 'Connections a second, server and load on two CPUs, 64 at once', 'per_second', 1, @throughput],
	['latency', 'One connection at a time, two CPUs', 'p50_us', 0, @latency],
	['udp', 'Server CPU a query over UDP, server and load on one CPU, 32 at once', 'server_us', 0, @datagrams],
	['shapes', 'Shapes of a server: CPU a connection, one CPU', 'server_us', 0,
		paired(us('shapes', 'server_us'), 'µs', 'shapes', 'server_us', 'classic', 'floor')],
	['shapes-saturated', 'Shapes of a server: connections a second, two CPUs', 'per_second', 1,
		paired(sub { thousands('shapes-saturated', $_[0], 'per_second') }, 'connections/s',
			'shapes-saturated', 'per_second', 'classic')],
	['shapes-udp', 'Shapes of a server: CPU a query over UDP, one CPU', 'server_us', 0,
		paired(us('shapes-udp', 'server_us'), 'µs', 'shapes-udp', 'server_us', 'classic')]);

# paired($figure, $unit, $part, $key, $classic, $floor): a row has a server and the same under SCHED_BATCH.
# Both are held against the classic server as it is, and each against the floor of its own policy.
sub paired
{
	my ($figure, $unit, $part, $key, $classic, $floor) = @_;
	my @columns = ([$unit, $figure], ['of classic', of($part, $key, $classic)]);
	my @batch = (["SCHED_BATCH: $unit", sub { $figure->("$_[0]-batch") }],
		['of classic', sub { share($part, "$_[0]-batch", $classic, $key) }]);

	if ($floor) {
		push @columns, ['of the floor', of($part, $key, $floor)];
		push @batch, ['of its floor', sub { share($part, "$_[0]-batch", "$floor-batch", $key) }];
	}
	return (@columns, @batch);
}

# The best first; but the shapes as they are listed, each one step from the one above it.
sub servers_of
{
	my ($part, $key, $more_is_better) = @_;
	my %place;

	@place{ @{ $figures->{order} } } = 0 .. $#{ $figures->{order} };
	my @servers = Figures::ranked($figures, $part, $key, $more_is_better);
	return @servers unless $part =~ /^shapes/;
	return sort { $place{$a} <=> $place{$b} } grep { !/-batch$/ } @servers;
}

sub number
{
	my ($format, $part, $server, $key) = @_;
	my $median = Figures::median(Figures::values($figures, $part, $server, $key));

	return defined $median ? sprintf($format, $median) : '';
}

sub grouped
{
	my $text = sprintf '%.0f', $_[0];

	1 while $text =~ s/^(\d+)(\d{3})/$1 $2/;
	return $text;
}

sub thousands
{
	my $median = Figures::median(Figures::values($figures, @_));

	return defined $median ? grouped($median) : '';
}

# The lowest and the highest of all rounds.
sub extremes
{
	return (sort { $a <=> $b } Figures::values($figures, @_))[0, -1];
}

sub spread
{
	return sprintf '%.2f–%.2f', extremes(@_);
}

sub spread_of_thousands
{
	return join '–', map { grouped($_) } extremes(@_);
}

sub share
{
	my ($part, $server, $base, $key) = @_;
	my $ratio = Figures::ratio($figures, $part, $server, $base, $key);

	return defined $ratio ? sprintf('%.2f', $ratio) : '';
}

sub label
{
	my $server = $figures->{servers}{ $_[0] };

	return $server->{kind} eq 'ours' ? "**$server->{label}**" : $server->{label};
}

# print_rows(@rows): columns as wide as their widest, the first to the left, the others to the right.
# A column that is empty below its title is left out.
sub print_rows
{
	my @used = grep { my $column = $_; $column < 2 || grep { length $_->[$column] } @_[1 .. $#_] }
		0 .. $#{ $_[0] };
	my @rows = map { [@$_[@used]] } @_;
	my @width = map { my $column = $_; (sort { $b <=> $a } map { length $_->[$column] } @rows)[0] }
		0 .. $#{ $rows[0] };
	my $line = sub {
		my ($first, @others) = @_;
		return '| ' . join(' | ', sprintf('%-*s', $width[0], $first),
			map { sprintf '%*s', $width[$_ + 1], $others[$_] } 0 .. $#others) . " |\n";
	};

	print $line->(@{ shift @rows });
	print '|', join('|', '-' x ($width[0] + 2), map { '-' x ($_ + 1) . ':' } @width[1 .. $#width]), "|\n";
	print $line->(@$_) for @rows;
}

sub print_part
{
	my ($part, $title, $key, $more_is_better, @columns) = @_;
	my @servers = servers_of($part, $key, $more_is_better);
	my %missing = %{ $figures->{missing}{$part} // {} };
	my %remarks = %{ $figures->{remark}{$part} // {} };
	my @absent = sort grep { my $name = $_; !grep { $_ eq $name } @servers } keys %missing;
	my $void = $figures->{void}{$part} // {};

	return unless @servers || @absent;
	print "\n### $title\n\n";
	print_rows(['server', map { $_->[0] } @columns],
		(map { my $name = $_; [label($name), map { $_->[1]->($name) } @columns] } @servers),
		(map { [label($_), 'missing', ('') x $#columns] } @absent));
	my @notes = (
		(map { "- $figures->{servers}{$_}{label}: $remarks{$_}." }
			grep { my $name = $_; grep { $_ eq $name } @servers } sort keys %remarks),
		(map { "- $figures->{servers}{$_}{label}: $missing{$_}." } sort keys %missing),
		(map { "- $figures->{servers}{$_}{label}: $void->{$_} void run" . ($void->{$_} == 1 ? '' : 's')
				. ' (segments were sent twice).' } sort keys %$void));
	print "\n", map { "$_\n" } @notes if @notes;
}

print join(', ', grep { length } $about{machine}, ($about{cpus} // '?') . ' CPUs', $about{kernel}, $about{system}), ".\n";
print "Medians of $about{rounds} round", ($about{rounds} == 1 ? '' : 's'), "; server CPU by $about{accounting}.\n";
print "Left out: $about{left_out}.\n" if $about{left_out};
print_part(@$_) for @parts;
