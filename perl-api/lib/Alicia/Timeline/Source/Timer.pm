# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Timeline::Source::Timer;

use v5.36;
use Alicia::Linux::Timer qw(pending_timers);
use Alicia::Text         qw(visible);

=head1 NAME

Alicia::Timeline::Source::Timer - when pending timers expire, a source of L<Alicia::Timeline>

=cut

sub kind ($class) { return 'timer' }

sub collect ($class, $timeline) {
    my ($timers, $holes) = pending_timers();
    $timeline->note($_) for @$holes, $timeline->clock->notes;
    my $end = $timeline->end;
    for my $timer (@$timers) {
        my $time = $timeline->clock->of_monotonic($timer->{monotonic});
        last if $time > $timeline->to;
        my $about = defined $timer->{about} ? " for $timer->{about}"                             : '';
        my $late  = $time < $end            ? sprintf ' (due %.3f ms ago)', ($end - $time) / 1e6 : '';
        $timeline->add(
            time => $time,
            kind => 'timer',
            cpu  => $timer->{cpu},
            text => visible("$timer->{kind} $timer->{symbol}$about$late")
        );
    }
    return;
}

1;
