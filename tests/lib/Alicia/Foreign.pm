# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Foreign;

# What tests of dumps of other architectures share: a script run on such a dump, and the guest's own words.

use strict;
use warnings;
use Alicia::Test qw(alicia dump_folder slurp spew);
use Exporter 'import';
use File::Temp;
use Test::More;

our @EXPORT_OK = qw(ask symbols_are_the_guests log_is_the_guests);

# ask($scenario, $code, %options): what the code prints on the scenario's dump, which has to succeed. %options: file (a
# dump.kdump), more (a list of further files).
sub ask {
    my ($scenario, $code, %options) = @_;
    my $script = File::Temp->new;
    spew($script->filename, "$code\n");
    my $file = dump_folder($scenario) . '/' . ($options{file} // 'dump.kdump');
    my $run  = alicia({timeout => 300}, '-q', '--no-config', '-x', $script->filename, $file, @{$options{more} // []});
    is $run->{status}, 0, "$scenario: ended well" or diag $run->{err};
    return $run->{out};
}

# symbols_are_the_guests($scenario, %options): every symbol against /proc/kallsyms. What the kernel generates while it
# runs is in no table. %options: modules (0: the kernel's own only).
sub symbols_are_the_guests {
    my ($scenario, %options) = @_;
    my $of_modules = $options{modules} // 1;
    my %expected;
    for my $line (split /\n/, slurp(dump_folder($scenario) . '/truth/proc/kallsyms')) {
        my ($address, $type, $name, $module) = split ' ', $line;
        next if ($module // '') =~ /\A\[(?:bpf|__builtin)/ || !$of_modules && $module;
        $expected{join ' ', $address, $type, $name, $module // ()}++;
    }
    my $print = <<'END';
for (symbols()) { my $module = $_->{module} ? " [$_->{module}]" : ''; printf "%s %s %s%s\n", substr($_->{address}, 2), $_->{type}, $_->{name}, $module }
END
    my %seen;
    $seen{$_}++ for grep { $of_modules || !/\]\z/ } split /\n/, ask($scenario, $print);
    my %all   = (%seen, %expected);
    my @wrong = grep { ($seen{$_} // 0) != ($expected{$_} // 0) } keys %all;
    cmp_ok scalar keys %expected, '>', 20_000, "$scenario: the guest listed symbols";
    is "@wrong[0 .. ($#wrong < 5 ? $#wrong : 5)]", '',
        "$scenario: every symbol is one the guest listed, and all are there";
    return;
}

# log_is_the_guests($scenario): what dmesg said in the guest is how the log begins; it ends with the panic.
sub log_is_the_guests {
    my ($scenario) = @_;
    my @expected   = map {s/ +\z//r} split /\n/, slurp(dump_folder($scenario) . '/truth/dmesg');
    my @log        = map {s/ +\z//r} split /\n/, ask($scenario, 'log');
    cmp_ok scalar @expected, '>', 100, "$scenario: dmesg had lines";
    my $text    = sub { shift =~ s/\A(?:\[[ \d.]+\])?\s*//r };    # dmesg indents a record's further lines its own way
    my ($first) = grep { $text->($log[$_]) ne $text->($expected[$_]) } 0 .. $#expected;
    is defined $first ? "$log[$first] instead of $expected[$first]" : '', '',
        "$scenario: the log begins as dmesg printed it";
    like $log[-1], qr/---\[ end Kernel panic - not syncing: sysrq triggered crash/,
        "$scenario: and ends with the panic";
    return;
}

1;
