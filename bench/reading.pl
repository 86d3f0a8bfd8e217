# SPDX-License-Identifier: BSD-2-Clause
#
# What the generator said (JSON, standard input), as KEY=VALUE: reading.pl COUNT KIND. Every one of COUNT
# queries must have been answered; by the floor none may, and each must have ended in order.
# Otherwise exit status 1, and why.
use strict;
use warnings;
use JSON::PP;

my ($count, $kind) = @ARGV;

sub refuse
{
	print "@_\n";
	exit 1;
}

local $/;
my $said = eval { decode_json(<STDIN> // '') } or refuse('the load said nothing');
my %errors = %{ $said->{errors} // {} };
my $errors = join ', ', map { "$_ $errors{$_}" } sort keys %errors;
my $expected = $kind eq 'floor' ? ($errors{no_line} // 0) : $said->{answered};

refuse(sprintf '%d of %d queries were answered%s', $said->{answered}, $count, $errors ? " ($errors)" : '')
	if $expected != $count;
my %figures = (
	load_us => ($said->{cpu_s}{user} + $said->{cpu_s}{system}) * 1e6 / $count,
	per_second => $said->{per_second});
# There is no latency where nothing was answered.
for my $percentile (grep { exists $said->{latency_s}{$_} } 'p50', 'p99') {
	$figures{"${percentile}_us"} = $said->{latency_s}{$percentile} * 1e6;
}
print join("\t", map { "$_=$figures{$_}" } sort keys %figures), "\n";
