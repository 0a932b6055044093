# SPDX-License-Identifier: GPL-3.0-or-later
# What one may type wrong: one line that says why, and none of Perl's own.
use v5.36;
use Test::More;
use Alicia::Test  qw(alicia dump_folder in_this_run slurp spew);
use Alicia::Truth qw(output_of);
use File::Temp;

my $folder = File::Temp->newdir;
my $names  = 'blockio, irq, runqueue, syscall, timeline, wakeup';

# Calls of both classes, with $t.
my @calls = (
    ['$t->collect(id => 99)',                          qr/no (?:trace|LKST) buffer 99; there are 0/],
    ['$t->collect(id => -1)',                          qr/no (?:trace|LKST) buffer -1; /],
    ['$t->collect(id => "")',                          qr/no (?:trace|LKST) buffer ''; /],
    ['$t->collect(id => [1])',                         qr/no (?:trace|LKST) buffer a reference; /],
    ['$t->collect(id => 1e30)',                        qr/no (?:trace|LKST) buffer 1e\+30; /],
    ['$t->collect(id => "9" x 30)',                    qr/no (?:trace|LKST) buffer 9{30}; /],
    ['$t->collect(1)',                                 qr/collect takes NAME => VALUE of id, /],
    ['$t->collect(buffer => 1)',                       qr/collect knows no buffer; it takes/],
    ['$t->collect(instance => "none")',                qr/no such trace buffer: none|LKST has no instances/],
    ['$t->collect(id => 0, instance => "top")',        qr/not by both|LKST has no instances/],
    ['$t->counts',                                     qr/counts takes the ID of a buffer/],
    ['$t->counts(undef)',                              qr/counts takes the ID of a buffer/],
    ['$t->counts(0, 1)',                               qr/counts takes the ID of a buffer/],
    ['$t->counts("x")',                                qr/no (?:trace|LKST) buffer x; /],
    ['$t->counts(99)',                                 qr/no (?:trace|LKST) buffer 99; /],
    ['$t->format_of',                                  qr/format_of takes the ID of a kind|LKST has no file format/],
    ['$t->format_of(1, 2)',                            qr/format_of takes the ID of a kind|LKST has no file format/],
    ['$t->format_of(undef)',                           qr/no event undef|LKST has no file format/],
    ['$t->format_of("x")',                             qr/no event x|LKST has no file format/],
    ['$t->format_of(65535)',                           qr/no event 65535|LKST has no file format/],
    ['$t->export(1)',                                  qr/export takes NAME => VALUE|LKST has no trace[.]dat/],
    ['$t->buffers(1)',                                 qr/buffers takes no arguments/],
    ['$t->events(1)',                                  qr/events takes no arguments/],
    ['$t->get_records(1)',                             qr/get_records takes no arguments/],
    ['$t->records(1)',                                 qr/records takes no arguments/],
    ['$t->get_records',                                qr/nothing was collected yet/],
    ['$t->get_analyzer',                               qr/which analyzer: there are \Q$names\E/],
    ['$t->get_analyzer(analyzer => "none")',           qr/no analyzer none; there are \Q$names\E/],
    ['$t->get_analyzer(analyzer => "../x")',           qr{no analyzer '\.\./x'; there are}],
    ['$t->analyze',                                    qr/which analyzer/],
    ['$t->analyze("syscall")',                         qr/analyze takes names and values/],
    ['$t->analyze(analyzer => "syscall", outpt => 1)', qr/analyze knows no outpt; it takes/],
    ['$t->analyze(analyzer => "syscall", pid => 1)',   qr/analyze knows no pid; it takes/],
    ['$t->analyze(analyzer => "irq", output => [1])',  qr/output wants the name of a file, not a reference/],
    ['$t->analyze(analyzer => "irq", output => "")',   qr/output wants the name of a file, not ''/],
    (
        map { ["\$t->analyze(analyzer => '$_', format => 'x', output => '$folder/x')", qr/the format of $_ is /] }
            split /, /,
        $names
    ),
    (
        map { ["\$t->analyze(analyzer => 'timeline', pid => $_)", qr/whose timeline: pid => PID/] } 'undef',
        '"x"', -1, 1e30, '{a => 1}', '[undef]'
    ),
    ['$t->analyze(analyzer => "irq", output => "/none/x")',         qr{cannot write /none/x: No such file}],
    ['$t->analyze(analyzer => "syscall", output => "/dev/full")',   qr{cannot write /dev/full: No space left}],
    ['$t->collect(quiet => 1); $t->get_records->[0] = 1',           qr/what a trace recorded cannot be changed/],
    ['$t->collect(quiet => 1); push @{$t->get_records}, 1',         qr/what a trace recorded cannot be changed/],
    ['$t->collect(quiet => 1); $t->records->select(cpus => 1)',     qr/cpus wants a reference to a list of numbers/],
    ['$t->collect(quiet => 1); $t->records->select(cpu => [1])',    qr/select knows no cpu; it takes/],
    ['$t->collect(quiet => 1); $t->records->buffer(77)',            qr/of so many buffers nothing was collected: 77/],
    ['$t->get_analyzer(analyzer => "irq")->filter_by_attribute(1)', qr/takes \{NAME => VALUE, \.\.\.\} and records/],
    [
        '$t->get_analyzer(analyzer => "irq")->filter_by_attribute({pid => 1}, 1)',
        qr/filter_by_attribute takes records, not 1/
    ],
    ['$t->get_analyzer(analyzer => "irq")->sort_by_recid(undef)', qr/sort_by_recid takes records, not undef/],
    [
        '$t->collect(quiet => 1); $t->get_analyzer(analyzer => "irq")->filter_by_attribute({no => 1}, $t->get_records->[0])',
        qr{no attribute no}
    ],
);
my @timeline = (
    ['timeline(5)',                qr/timeline takes names and values/],
    ['timeline(seconds => undef)', qr/seconds wants a number/],
    ['timeline(seconds => [1])',   qr/seconds wants a number/],
    ['timeline(cpu => "x")',       qr/no CPU 'x'/],
    ['timeline(cpu => {a => 1})',  qr/cpu wants one or a reference to a list/],
    ['timeline(only => [undef])',  qr/no kind of event 'undef'/],
    ['eventlog(1)',                qr/Usage: eventlog\(lkst instance, pid\)/],
    ['eventlog({}, 1)',            qr/Usage: eventlog\(lkst instance, pid\)/],
);

# Nothing is found, and nothing is wrong with that.
my @empty = (
    'ftrace -t -c 99 top',
    'ftrace -t -p 99999999999999999999 top',
    'ftrace -n 0 top',
    'timeline -n 0 | tail -1',
    '$t->get_analyzer(analyzer => "irq")->filter_by_attribute({log_pid => undef}, $t->get_records->[0])',
    '$t->analyze(analyzer => "timeline", pid => 99999)',
);

# The lines of a session and what each of them complained of.
sub complaints ($dump, @lines) {
    my $mark = "====\n";
    my $run  = alicia('-q', (map { ('-e', $_, '-e', 'print STDERR "====\n"') } @lines), $dump);
    my @said = split /^$mark/m, $run->{err}, -1;
    is scalar @said, @lines + 1, 'every line was answered';
    return @said;
}

sub are_told ($name, $dump, $first, @calls) {
    my @said = complaints($dump, $first, map { $_->[0] } @calls);
    is $said[0], '', $name;
    for my $index (0 .. $#calls) {
        my ($call, $why) = @{$calls[$index]};
        like $said[$index + 1],   qr/\Aalicia: (?:[^\n]*)\n\z/,          "$name: $call: one line";
        like $said[$index + 1],   $why,                                  'that says why';
        unlike $said[$index + 1], qr/uninitialized|[.](?:pm|ldas) line/, 'in no words of Perl';
    }
    return;
}

for my $scenario (in_this_run(qw(trace-6.1 lkst-6.1))) {
    my $class = $scenario =~ /lkst/ ? 'Lkst' : 'Ftrace';
    my $dump  = dump_folder($scenario) . '/dump.kdump';
    are_told($scenario, $dump, "\$t = new $class", @calls, $class eq 'Ftrace' ? @timeline : ());
    ok !-e "$folder/x", 'a file is not begun for what cannot be';
    if ($class eq 'Ftrace') {
        my @said = complaints($dump, '$t = new Ftrace; $t->collect(id => 0, quiet => 1)', @empty);
        is_deeply \@said, [('') x @said], 'what finds nothing has nothing to say';
    }
    my $id = $class eq 'Lkst' ? 2 : 1;
    my ($printed, $kept, $help) = output_of(
        $scenario,
        "\$t = new $class; \$t->analyze(analyzer => 'syscall', output => '$folder/$class'); print qq(still here\\n)",
        "\$t->collect(id => 0); \$t->analyze(analyzer => 'syscall', id => $id, output => '$folder/$class'); "
            . 'print scalar @{$t->get_records}, "\n"',
        "help $class",
    );
    like $help,                   qr/\ANAME\n    $class - .*^  new\n/ms, "$scenario: help on the class";
    like $printed,                qr/\nstill here\n\z/,                  "$scenario: output goes on behind a file's";
    like slurp("$folder/$class"), qr/^sysno, syscall_name/m,             "$scenario: which has the rest";
    my ($count) = $kept =~ /\ACollecting \.\.\. (\d+) events\n/;
    like $kept, qr/\n$count\n\z/, "$scenario: what was collected stays";
}

done_testing;
