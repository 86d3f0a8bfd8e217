# SPDX-License-Identifier: BSD-2-Clause
#
# The samples of `make bench` as a picture, in SVG: a panel a part, a bar a server, its length the
# figure and beside it how much of the classic server's it is. plot.pl SAMPLES
use strict;
use warnings;
use utf8;
use Figures;

binmode STDOUT, ':encoding(UTF-8)';
my $figures = Figures::read($ARGV[0]);

# In px. A panel: names to the left of its bars; ratios and figures to the right of them, in columns.
my ($panel_width, $gap, $margin, $head, $row) = (500, 40, 28, 58, 25);
my ($name_width, $bar_width, $bar_height) = (150, 220, 15);

# part, key, whether more is better, how a figure reads, title, what is below it
my @left = (
	['tcp', 'server_us', 0, \&us, 'CPU time of the server, a TCP connection',
		'µs; server and load on one CPU, 32 at once; less is better'],
	['udp', 'server_us', 0, \&us, 'CPU time of the server, a UDP query',
		'µs; server and load on one CPU, 32 at once; less is better']);
my @right = (
	['saturated', 'per_second', 1, \&thousands, 'Connections a second',
		'server and load on two CPUs, 64 at once; more is better'],
	['latency', 'p50_us', 0, \&us, 'Time from connect() to the end, median',
		'µs; one connection at a time, two CPUs; less is better']);

sub us { return sprintf '%.2f µs', $_[0] }
sub thousands { return sprintf '%.1f k/s', $_[0] / 1000 }

sub escape
{
	my ($text) = @_;

	$text =~ s/&/&amp;/g;
	$text =~ s/</&lt;/g;
	$text =~ s/>/&gt;/g;
	return $text;
}

sub text
{
	my ($x, $y, $class, $text) = @_;

	return sprintf qq(<text x="%.1f" y="%.1f" class="%s">%s</text>\n), $x, $y, $class, escape($text);
}

# The rows of a panel: those with figures, the best first, then those that are missing.
sub rows_of
{
	my ($part, $key, $more_is_better) = @{ $_[0] };
	my @rows = Figures::ranked($figures, $part, $key, $more_is_better);
	my @missing = grep { my $name = $_; !grep { $_ eq $name } @rows }
		sort keys %{ $figures->{missing}{$part} // {} };

	return (@rows, @missing);
}

sub panel_height
{
	my @rows = rows_of($_[0]);

	return @rows ? $head + $row * @rows + $gap : 0;
}

sub bar
{
	my ($x, $y, $width, $server) = @_;
	my $class = "bar $server->{kind}" . ($server->{label} =~ /,/ ? ' variant' : '');

	return sprintf qq(<rect x="%.1f" y="%.1f" width="%.1f" height="%d" rx="2" class="%s"/>\n),
		$x, $y, $width < 1 ? 1 : $width, $bar_height, $class;
}

sub panel
{
	my ($x, $y, $panel) = @_;
	my ($part, $key, $more_is_better, $reads, $title, $below) = @$panel;
	my @rows = rows_of($panel) or return '';
	my %value = map { $_ => Figures::median(Figures::values($figures, $part, $_, $key)) } @rows;
	my ($most) = sort { $b <=> $a } grep { defined } values(%value), 0;
	my $left = $x + $name_width + 10;
	my $svg = text($x, $y + 14, 'title', $title) . text($x, $y + 32, 'faint', $below);

	$y += $head - 10;
	if ($value{classic}) {
		my $at = $left + $bar_width * $value{classic} / $most;
		$svg .= sprintf qq(<path d="M%.1f %.1fv%d" class="reference"/>\n), $at, $y - 2, $row * @rows + 2;
	}
	for my $name (@rows) {
		my $server = $figures->{servers}{$name};
		my $middle = $y + $row / 2 + 4;
		$svg .= text($x + $name_width, $middle, "name $server->{kind}-name", $server->{label});
		if (defined $value{$name}) {
			my $ratio = Figures::ratio($figures, $part, $name, 'classic', $key);
			my $width = $bar_width * $value{$name} / $most;
			$svg .= bar($left, $y + ($row - $bar_height) / 2, $width, $server);
			$svg .= text($left + $bar_width + 42, $middle, 'ratio', sprintf '%.2f', $ratio) if defined $ratio;
			$svg .= text($left + $bar_width + 118, $middle, 'figure faint', $reads->($value{$name}));
		} else {
			$svg .= text($left, $middle, 'faint', 'missing');
		}
		$y += $row;
	}
	return $svg;
}

sub style
{
	return <<'END';
<style>
.bench text{font-family:system-ui,'DejaVu Sans',sans-serif;font-size:12.5px;fill:#1d2228}
.bench .heading{font-size:19px;font-weight:600}
.bench .title{font-size:14.5px;font-weight:600}
.bench .faint{fill:#737b85;font-size:11.5px}
.bench .name,.bench .ratio,.bench .figure{text-anchor:end}
.bench .ours-name,.bench .ratio{font-weight:600}
.bench .paper{fill:#ffffff}
.bench .ours{fill:#0b7285}.bench .classic{fill:#53687e}.bench .peer{fill:#b4bac1}
.bench .floor{fill:#f3f4f6;stroke:#8d959e;stroke-dasharray:3 2}
.bench .variant{fill-opacity:.6}
.bench .reference{stroke:#53687e;stroke-width:1;stroke-dasharray:2 3;fill:none}
@media (prefers-color-scheme:dark){
.bench text{fill:#e6e8eb}.bench .faint{fill:#929aa3}.bench .paper{fill:#15181c}
.bench .ours{fill:#22b8cf}.bench .classic{fill:#8ba3bd}.bench .peer{fill:#5b636d}
.bench .floor{fill:#1d2228;stroke:#929aa3}.bench .reference{stroke:#8ba3bd}
}
</style>
END
}

# legend($x, $y): what the colours mean.
sub legend
{
	my ($x, $y) = @_;
	my $svg = '';

	for my $entry (['ours', 'this daytimed', 125], ['classic', 'the classic server', 150],
		['floor', 'accept and close, nothing sent', 225], ['peer', 'other servers in Debian', 180]) {
		my ($kind, $label, $width) = @$entry;
		$svg .= bar($x, $y - 11, 22, { kind => $kind, label => $label }) . text($x + 30, $y + 1, 'faint', $label);
		$x += $width;
	}
	$svg .= sprintf qq(<path d="M%.1f %.1fv18" class="reference"/>\n), $x + 4, $y - 12;
	return $svg . text($x + 14, $y + 1, 'faint', '1.00: as the classic server');
}

sub height_of
{
	my $height = 0;

	$height += panel_height($_) for @_;
	return $height;
}

my ($height) = sort { $b <=> $a } height_of(@left), height_of(@right);
my $width = 2 * $margin + 2 * $panel_width + $gap;
my $top = $margin + 62;
my $total = $top + $height + 52;
my %about = %{ $figures->{about} };
my $machine = join ', ', grep { length } map { $about{$_} // '' } 'machine', 'kernel', 'system';

printf qq(<svg xmlns="http://www.w3.org/2000/svg" class="bench" width="%d" height="%d" viewBox="0 0 %d %d" ) .
	qq(role="img" aria-labelledby="bench-title">\n<title id="bench-title">The cost of a daytime query, ) .
	qq(server by server</title>\n), $width, $total, $width, $total;
print style(), qq(<rect width="$width" height="$total" class="paper"/>\n);
print text($margin, $margin + 18, 'heading', 'What a daytime query costs');
print text($margin, $margin + 38, 'faint', 'Bold: the figure as a share of the classic server\'s in the same round. '
	. "Medians of $about{rounds} round" . ($about{rounds} == 1 ? '.' : 's.'));
for my $column ([$margin, @left], [$margin + $panel_width + $gap, @right]) {
	my ($x, @panels) = @$column;
	my $y = $top;
	for my $panel (@panels) {
		print panel($x, $y, $panel);
		$y += panel_height($panel);
	}
}
print legend($margin, $total - 44), text($margin, $total - 16, 'faint', $machine), "</svg>\n";
