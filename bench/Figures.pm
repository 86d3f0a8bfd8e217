# SPDX-License-Identifier: BSD-2-Clause
#
# The samples of `make bench` (bench/rounds.bash has their format), and what is computed from them.
package Figures;
use strict;
use warnings;

# read($file): a hash with about, servers (name => kind, label), order, samples (part => server =>
# round => key => value), void, missing and remarks (part => server => text).
sub read
{
	my ($file) = @_;
	my %figures = (about => {}, order => [], void => {});

	open my $lines, '<:encoding(UTF-8)', $file or die "bench: $file: $!\n";
	while (my $line = <$lines>) {
		chomp $line;
		my ($what, @columns) = split /\t/, $line;
		next unless defined $what;
		if ($what eq 'about') {
			$figures{about}{$columns[0]} = $columns[1] // '';
		} elsif ($what eq 'server') {
			my ($name, $kind, $label) = @columns;
			push @{ $figures{order} }, $name;
			$figures{servers}{$name} = { kind => $kind, label => $label };
		} elsif ($what eq 'sample') {
			my ($part, $name, $round, @pairs) = @columns;
			$figures{samples}{$part}{$name}{$round} = { map { split /=/, $_, 2 } @pairs };
		} elsif ($what eq 'void') {
			$figures{void}{$columns[0]}{$columns[1]}++;
		} elsif ($what eq 'missing' || $what eq 'remark') {
			$figures{$what}{$columns[0]}{$columns[1]} = $columns[2];
		} else {
			die "bench: $file: line $.: what is '$what'?\n";
		}
	}
	return \%figures;
}

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	my $middle = int(@sorted / 2);

	return undef unless @sorted;
	return @sorted % 2 ? $sorted[$middle] : ($sorted[$middle - 1] + $sorted[$middle]) / 2;
}

# values($figures, $part, $server, $key): one for each round that has it.
sub values
{
	my ($figures, $part, $server, $key) = @_;
	my $rounds = $figures->{samples}{$part}{$server} // {};

	return grep { defined } map { $rounds->{$_}{$key} } sort { $a <=> $b } keys %$rounds;
}

# ratio($figures, $part, $server, $base, $key): the median of the ratios of each round, or undef.
sub ratio
{
	my ($figures, $part, $server, $base, $key) = @_;
	my $ours = $figures->{samples}{$part}{$server} // {};
	my $theirs = $figures->{samples}{$part}{$base} // {};

	return median(map { $ours->{$_}{$key} / $theirs->{$_}{$key} }
			grep { defined $theirs->{$_} && ($theirs->{$_}{$key} // 0) > 0 } keys %$ours);
}

# ranked($figures, $part, $key, $more_is_better): the servers with figures, the best first.
sub ranked
{
	my ($figures, $part, $key, $more_is_better) = @_;
	my %median = map { $_ => median(Figures::values($figures, $part, $_, $key)) }
		grep { Figures::values($figures, $part, $_, $key) } @{ $figures->{order} };
	my @names = sort { $median{$a} <=> $median{$b} || $a cmp $b } keys %median;

	return $more_is_better ? reverse @names : @names;
}

1;
