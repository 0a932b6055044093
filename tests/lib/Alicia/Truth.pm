# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Truth;

# What a guest of the factory said of itself just before it stopped, and commands run on the dump it left.

use v5.36;
use Alicia::Test qw(alicia dump_folder in_this_run slurp);
use Exporter 'import';

our @EXPORT_OK = qw(scenarios output_of stop_and_trace truth truth_lines truth_has);

# scenarios(): those that every comparison is made on.
sub scenarios () { return (qw(sysrq-6.1 sysrq-6.12), in_this_run('sysrq-5.10')) }

# output_of($scenario, @commands): what each command prints, all run by one program; dies where one fails.
sub output_of ($scenario, @commands) {
    my $mark = '==== a line of no command ====';
    my @code = map { ('-e', qq(print "$mark\\n"), '-e', $_) } @commands;
    my $run  = alicia('-q', @code, dump_folder($scenario) . '/dump.kdump');
    die "alicia failed on $scenario ($run->{status}): $run->{err}\n" if $run->{status} != 0;
    my (undef, @outputs) = split /^\Q$mark\E\n/m, $run->{out};
    return @outputs;
}

# stop_and_trace($scenario): when the log ends, in nanoseconds, and what `timeline` prints of all that was traced.
sub stop_and_trace ($scenario) {
    return output_of(
        $scenario,
        'require Alicia::Timeline; print Alicia::Timeline->new(only => ["log"])->end, "\n"',
        'timeline -s 1000000 -k trace'
    );
}

# truth($scenario, $file): a file of the guest's, and its lines without newlines.
sub truth ($scenario, $file) { return slurp(dump_folder($scenario) . "/truth/$file") }

sub truth_lines ($scenario, $file) {
    my @lines = split /\n/, truth($scenario, $file);
    return @lines;
}

sub truth_has ($scenario, $file) { return -e dump_folder($scenario) . "/truth/$file" }

1;
