# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Timeline::Source::Request;

use v5.36;
use Alicia::Linux::Disk qw(disks disk_requests);
use Alicia::Text        qw(visible);

=head1 NAME

Alicia::Timeline::Source::Request - block requests under way, a source of L<Alicia::Timeline>

=cut

sub kind ($class) { return 'request' }

sub collect ($class, $timeline) {
    for my $disk (disks()) {
        my $done = eval {
            _add($timeline, $disk->{name}, $_) for disk_requests($disk->{queue});
            1;
        };
        $timeline->note("request: $disk->{name}: " . Alicia::Error::reason($@)) if !$done;
    }
    return;
}

sub _add ($timeline, $name, $request) {
    $timeline->note($timeline->clock->notes);
    my $time = $request->{start} ? $timeline->clock->of_monotonic($request->{start})       : $timeline->end;
    my $age  = $request->{start} ? sprintf ', for %.3f ms', ($timeline->end - $time) / 1e6 : ', since an unknown time';
    $timeline->add(
        time  => $time,
        until => $timeline->end,
        kind  => 'request',
        cpu   => $request->{cpu},
        text  => visible(
            "$name: $request->{operation} of $request->{bytes} bytes at sector $request->{sector} is $request->{state}$age"
        )
    );
    return;
}

1;
