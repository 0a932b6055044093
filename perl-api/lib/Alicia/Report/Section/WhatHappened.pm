# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::WhatHappened;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia;
use Alicia::Report::Section qw(pairs table heading note);
use Alicia::Linux::Process  qw(task_label);
use Alicia::Linux::SpinWait qw(lock_text);
use Alicia::Text            qw(visible);

sub title    ($class) { return 'What Happened' }
sub order    ($class) { return 5 }
sub shown_by ($class) { return 'what' }

sub sources ($class) {
    return ('prb', '__start_orc_unwind', 'struct task_struct', 'modules', 'knowledge/stops', 'knowledge/issues');
}

sub about ($class) {
    return 'Why the kernel stopped, as far as the dump tells. The signature is the same for the same crash on '
        . 'another day or machine.';
}

sub blocks ($class, $report) {
    my $what = $report->what;
    return (pairs(_summary($what)),
        _evidence($what), _waiting($what), _spinning($what), _known($what),
        map { note('not known: ' . visible($_)) } @{$what->{lacks}});
}

sub _summary ($what) {
    my @functions = @{$what->{functions}};
    my $signature = $what->{signature};
    return (
        ['KIND',      visible($what->{kind})],
        ['WHAT',      visible($what->{sentence})],
        ['FUNCTION',  visible(join(', ', @functions) || '(not known)')],
        ['MODULE',    _module($what)],
        ['PROCESS',   visible(join(', ', @{$what->{process}}) || '(not known)')],
        ['SIGNATURE', visible("$signature->{hash}  $signature->{text}")],
        [
            'KNOWN',
            visible(
                join('; ', map { $_->{title} } @{$what->{known}}) || "none of $what->{looked_at} known issues matches"
            )
        ],
    );
}

my %taint = (
    P => 'proprietary module',
    F => 'module loaded by force',
    S => 'processor out of specification',
    R => 'module unloaded by force',
    M => 'machine check before',
    B => 'bad page before',
    U => 'asked for by user space',
    D => 'oops before',
    A => 'ACPI table replaced',
    W => 'warning before',
    C => 'staging driver',
    I => 'firmware bug worked around',
    O => 'built out of tree',
    E => 'unsigned module',
    L => 'soft lockup before',
    K => 'live patched',
    X => 'auxiliary taint',
    T => 'structures randomized',
    N => 'test',
);

sub _taint ($letters) {
    return '(not known)' if !defined $letters;
    my @words = map { $taint{$_} // "taint $_" } split //, $letters;
    return @words ? visible("$letters (" . join(', ', @words) . ')') : 'none';
}

sub _module ($what) {
    my $kernel = "; the kernel's taint: " . _taint($what->{kernel_taint});
    return '(the code is not known)' . $kernel     if !$what->{frame};
    return "none: the kernel's own code" . $kernel if !length $what->{module};
    return visible($what->{module}) . ', taint ' . _taint($what->{taint}) . $kernel;
}

sub _evidence ($what) {
    my @rows = map { [visible($_->{source}), visible($_->{text})] } @{$what->{evidence}};
    return @rows ? (heading('Evidence'), table(['FROM', 'EVIDENCE'], \@rows)) : ();
}

sub _waiting ($what) {
    my $waiting = $what->{waiting};
    my %comm    = map { $_->{task} + 0 => $_ } @{$waiting->{tasks}};
    my @rows    = map {
        my $frame = $_->{where};
        [
            $_->{pid},
            visible($_->{comm}),
            visible($_->{for}),
            defined $_->{owner}                ? visible(task_label($_->{owner})) : visible($_->{readers} // ''),
            $frame && defined $frame->{symbol} ? visible(sprintf '%s+0x%x', @$frame{qw(symbol offset)}) : '',
        ]
    } @{$waiting->{tasks}};
    return if !@rows;
    my @notes = map {
        note('in a circle: ' . visible(join ', ', map {"PID $_->{pid} $_->{comm}"} @$_))
    } @{$waiting->{cycles}};
    push @notes, note("$waiting->{more} more tasks wait") if $waiting->{more};
    return (heading('Blocked tasks'), table(['+PID', 'COMM', 'WAITS FOR', 'HELD BY', 'IN'], \@rows), @notes);
}

sub _spinning ($what) {
    my @rows = map {
        my $frame = $_->{where};
        [
            $_->{cpu},
            visible($_->{label}),
            visible(lock_text($_) =~ s/\Athe //r),
            defined $_->{holder} ? "CPU $_->{holder}" : '',
            join(', ', @{$_->{queue}}),
            $frame && defined $frame->{symbol} ? visible(sprintf '%s+0x%x', @$frame{qw(symbol offset)}) : '',
        ]
    } @{$what->{spinning}};
    return if !@rows;
    return (
        heading('CPUs that spin'),
        table(['+CPU', 'TASK', 'SPINS FOR', 'LIKELY HELD BY', 'QUEUE (CPUs)', 'IN'], \@rows),
        note('Such a lock does not say who holds it: likely is a CPU that has its address at hand.')
    );
}

sub _known ($what) {
    return map { _issue($_) } @{$what->{known}};
}

sub _issue ($issue) {
    my @rows = (
        (map { ['MATCHES', $_] } @{$issue->{reasons}}),
        ['REMEDY', $issue->{remedy}],
        (map { ['SOURCE', $_] } @{$issue->{links}})
    );
    return (heading('Known issue: ' . visible($issue->{title})), pairs(map { [$_->[0], visible($_->[1])] } @rows));
}

1;
