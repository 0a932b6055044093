# SPDX-License-Identifier: GPL-3.0-or-later
# Locks that are held and waited for: spinlocks that two CPUs take in different orders while a third queues, an
# rw_semaphore that a reader holds, with a writer and a reader behind it, and an rwlock likewise. Such dumps are made with
# ALICIA_FULL.
use v5.36;
use Test::More;
use Alicia::Test     qw(alicia dump_folder in_this_run slurp);
use Cpanel::JSON::XS ();
use File::Temp       qw(tempdir);

my @scenarios = in_this_run(qw(spinlocks-6.1 spinlocks-6.12));
my @shared    = in_this_run(qw(rwlocks-6.1 rwlocks-6.12));
plan skip_all => 'these dumps are made with ALICIA_FULL' if !@scenarios && !@shared;

# The rows of the section's table that has such a column, as hashes.
sub rows ($section, $column) {
    for my $table (grep { $_->{kind} eq 'table' } @{$section->{blocks}}) {
        my @names = @{$table->{columns}};
        next if !grep { $_ eq $column } @names;
        return map {
            my $row = $_;
            +{map { $names[$_] => $row->[$_] } 0 .. $#names}
        } @{$table->{rows}};
    }
    return;
}

# The report, and the two of its sections that tell of locks.
sub report_of ($scenario) {
    my $folder = tempdir(CLEANUP => 1);
    my $run    = alicia(
        '-q', '-e',
        "report(output=>'$folder/r.json', details=>0, sections=>['what_happened','lock'])",
        dump_folder($scenario) . '/dump.kdump'
    );
    is $run->{status}, 0, 'succeeds';
    my $report = Cpanel::JSON::XS->new->utf8->decode(slurp("$folder/r.json"));
    return ($report, @{$report->{sections}});
}

for my $scenario (@scenarios) {
    subtest $scenario => sub {
        my ($report, $what, $lock) = report_of($scenario);
        is $report->{what}{kind}, 'soft lockup', 'the kind of stop';
        is_deeply $report->{what}{functions}, ['locks_cross'],
            'the function that wanted the lock, not the one that spins';
        my ($cpu)  = $report->{what}{sentence} =~ /\ACPU ([12])\b/;
        my %second = (1 => 'locks_second', 2 => 'locks_first');
        my $other  = 3 - $cpu;
        my $sentence =
            qr/spins for the spinlock $second{$cpu} \[alicia_locks\], which CPU $other, PID \d+ locks_\w\w, likely/;
        like $report->{what}{sentence}, $sentence, 'it says for which lock, and who likely holds it';
        like $report->{what}{sentence}, qr/CPUs (?:1 and 2|2 and 1) wait for each other in a circle/,
            'and that it is a circle';

        my %spins = map { $_->{CPU} => $_ } rows($what, 'SPINS FOR');
        is join(' ', sort keys %spins), '1 2 3', 'the CPUs that spin';
        like $spins{1}{TASK}, qr/ locks_ab\z/, 'which task the first is';
        my @wanted = map {"$spins{$_}{'SPINS FOR'} by $spins{$_}{'LIKELY HELD BY'}"} 1 .. 3;
        is_deeply \@wanted,
            [map {"spinlock locks_$_->[0] [alicia_locks] by CPU $_->[1]"} [second => 2], [first => 1], [first => 1]],
            'for what, held by whom';
        is $spins{3}{'QUEUE (CPUs)'}, '3', 'the third queues';
        like $spins{3}{IN}, qr/\Alocks_queued\+/, 'from there';

        my %global = map { $_->{'global name'} => $_ } rows($lock, 'global name');
        my $queued = $global{'locks_first [alicia_locks]'};
        is $queued->{state},                              'held, pending, queue ends at CPU 3', 'the queue\'s end';
        is $global{'locks_second [alicia_locks]'}{state}, 'held, pending', 'of the other none queues';
        my $sem = $global{'locks_rwsem [alicia_locks]'};
        is $sem->{state}, 'held by 1 reader, 2 wait (1 to write, 1 to read)', 'an rw_semaphore: holders and waiters';
        like $sem->{owner},   qr/\A\(last reader\) \d+ locks_reader\z/, 'the reader that came last';
        like $sem->{waiters}, qr/\A\d+ locks_writer, \d+ locks_late\z/, 'the waiters in their order';
        my ($writer) = grep { $_->{COMM} eq 'locks_writer' } rows($what, 'WAITS FOR');
        like $writer->{'WAITS FOR'}, qr/\Arw_semaphore locks_rwsem \[alicia_locks\]/, 'a blocked task names the lock';
        like $writer->{'HELD BY'},   qr/\A1 reader, the last \d+ locks_reader\z/,     'and its readers';
    };
}

for my $scenario (@shared) {
    subtest $scenario => sub {
        my ($report, $what, $lock) = report_of($scenario);
        is $report->{what}{kind}, 'soft lockup', 'the kind of stop';
        is_deeply $report->{what}{functions}, ['rwlocks_want'], 'the function that wanted the lock';
        my %spins  = map { $_->{CPU} => $_ } rows($what, 'SPINS FOR');
        my $shared = 'rwlocks_shared [alicia_rwlocks]';
        my $sentence =
            qr/for the rwlock \Q$shared\E to (?:read|write), held by 1 reader, which CPU 1, PID \d+ rwlocks_holder,/;
        like $report->{what}{sentence}, $sentence, 'it says for which lock, and who likely holds it';
        is join(' ', sort keys %spins),  '2 3',                                       'the CPUs that spin';
        is $spins{2}{'SPINS FOR'},       "rwlock $shared to write, held by 1 reader", 'one to write';
        is $spins{3}{'SPINS FOR'},       "rwlock $shared to read, held by 1 reader",  'one to read, behind it';
        is $spins{$_}{'LIKELY HELD BY'}, 'CPU 1',                                     'held by whom' for 2, 3;
        like $spins{2}{TASK}, qr/ rwlocks_writer\z/, 'which task the one is';
        like $spins{3}{IN},   qr/\Arwlocks_want\b/,  'and where the other wanted it';
        my ($row) = grep { $_->{'global name'} eq $shared } rows($lock, 'global name');
        is $row->{type},  'rwlock_t',                         'it is among the locks';
        is $row->{state}, 'held by 1 reader, a writer waits', 'with its state';
    };
}

done_testing;
