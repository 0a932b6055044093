# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Trace::Analyzer::Blockio;

use v5.36;
use parent 'Alicia::Trace::Analyzer';
use Alicia::Text qw(visible);

=head1 NAME

Alicia::Trace::Analyzer::Blockio - how long requests to disks took

=head1 DESCRIPTION

From C<block:block_rq_issue>, when a request is handed to the driver, to C<block:block_rq_complete> of the same device and
sector. Requests that were in flight when the buffer begins or ends are not counted; nor is what is left of a request that
the device finished in parts.

=head2 analyze

Format C<stat>, which is meant where none is given: a line for each device and kind of request: the device's numbers
C<major:minor>, its kind as the kernel writes it (C<R> read, C<W> write, C<F> flush, C<S> synchronous, C<M> metadata ...),
C<count, average, max, min> and percentiles. Format C<log>: a line for each request in the order of their ends.

=cut

sub formats ($self) { return qw(stat log) }

sub analyze ($self, $records, $out, %how) {
    my $format = $how{format} // 'stat';
    my $pairs  = $records->pairs(
        begin     => 'block:block_rq_issue',
        end       => 'block:block_rq_complete',
        begin_key => 'dev,sector',
        end_key   => 'dev,sector',
        group     => 'dev,rwbs'
    );
    if ($format eq 'log') {
        $self->_log($records, $pairs, $out);
    } else {
        $self->head($records, $out, 'device, kind');
        $self->table($records, $pairs, $out,
            sub ($device, $issue) { return (_device($device), visible($issue->field('rwbs'))) });
    }
    return $self->tell_unpaired($out, 'requests', $pairs);
}

sub _log ($self, $records, $pairs, $out) {
    $out->('# durations in ', $self->unit($records), "\n");
    $out->("time, device, kind, sector, sectors, pid, comm, duration, error\n");
    $pairs->each(
        sub ($begin, $end, $duration) {
            my ($issue, $complete) = ($records->at($begin), $records->at($end));
            $out->(
                join(', ',
                    $issue->time,                   _device($issue->field('dev')), visible($issue->field('rwbs')),
                    $issue->field('sector'),        $issue->field('nr_sector'),    $issue->pid,
                    visible($issue->field('comm')), $duration,                     $complete->field('error')),
                "\n"
            );
        }
    );
    return;
}

# A dev_t of the kernel's: 20 bits of minor number.
sub _device ($number) { return ($number >> 20) . q(:) . ($number & 0xfffff) }

1;
