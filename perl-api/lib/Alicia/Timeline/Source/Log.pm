# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Timeline::Source::Log;

use v5.36;
use Alicia::Text qw(visible);

=head1 NAME

Alicia::Timeline::Source::Log - the log's lines, a source of L<Alicia::Timeline>

=cut

sub kind ($class) { return 'log' }

sub collect ($class, $timeline) {
    for my $record ($timeline->records) {
        next if $record->{nanoseconds} < $timeline->from;
        my $caller = $record->{caller} // '';
        my ($cpu)  = $caller =~ /\AC(\d+)\z/;
        my ($pid)  = $caller =~ /\AT(\d+)\z/;
        my @lines  = split /\n/, $record->{text};
        for my $line (@lines ? @lines : '') {
            $timeline->add(
                time => $record->{nanoseconds},
                kind => 'log',
                cpu  => $cpu,
                pid  => $pid,
                text => visible($line, 1)
            );
        }
    }
    return;
}

1;
