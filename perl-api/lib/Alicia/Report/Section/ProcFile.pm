# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::ProcFile;

use v5.36;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(text);
use Alicia::Linux::ProcFile qw(proc_files proc_file_names);
use Alicia::Text            qw(visible);

sub title   ($class) { return 'Proc file' }
sub order   ($class) { return 130 }
sub sources ($class) { return qw(saved_command_line init_ipc_ns init_net files_stat max_threads) }

sub about ($class) {
    return 'Settings and counters as /proc showed them on the running machine.';
}

sub blocks ($class, $report) {
    my $text = "The files that is supported are:\n" . _wrapped(proc_file_names());
    my $last = '';
    for my $file (proc_files()) {
        $text .= "$file->{folder}\n" if $file->{folder} ne $last;
        $last = $file->{folder};
        $text .= _lines($file, $report->redact);
    }
    return text($text);
}

sub _lines ($file, $redact) {
    my $name = "  $file->{name}";
    return "$name = (" . visible($file->{hole}) . ")\n" if defined $file->{hole};
    return "$name = (left out)\n"                       if $redact && $file->{name} eq 'cmdline';
    my @values = @{$file->{values}};
    return "$name = " . visible($values[0][1]) . "\n" if @values == 1 && $values[0][0] eq '';
    return join '', "$name =\n", map {"    $_->[0] = $_->[1]\n"} @values;
}

sub _wrapped (@words) {
    my @lines = ('');
    for my $word (@words) {
        push @lines, '' if length($lines[-1]) + length($word) > 100;
        $lines[-1] .= length $lines[-1] ? " $word" : $word;
    }
    return join '', map {"$_\n"} @lines;
}

1;
