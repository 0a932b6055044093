# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Lcrash;

# The program lcrash under test, and what it is given. CTest sets LCRASH.

use strict;
use warnings;
use Alicia::Test qw(alicia alicia_path dump_folder run_program slurp spew);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp;

our @EXPORT_OK = qw(lcrash lcrash_path lcrash_says map_of_guest symbols_of);

sub lcrash_path {
    return $ENV{LCRASH} // dirname(alicia_path()) . '/../libexec/alicia/lcrash';
}

# lcrash(@arguments): runs it; a first argument that is a hash holds run_program's options.
sub lcrash {
    my @arguments = @_;
    my %options   = ref $arguments[0] ? %{shift @arguments} : ();
    return run_program([lcrash_path(), @arguments], %options);
}

# lcrash_says(\@files, @commands): what they print; dies where something is said on standard error.
sub lcrash_says {
    my ($files, @commands) = @_;
    my $run = lcrash((map { ('-e', $_) } @commands), @{$files});
    die "lcrash: $run->{err}" if $run->{err} =~ /^(?!lcrash: warning)./m || $run->{status} != 0;
    return $run->{out};
}

# map_of_guest($scenario, %how): a System.map of a dump's kernel, as its build left it: made of the guest's own
# /proc/kallsyms, moved back by what KASLR added (how: offset), modules left out. Its path, in a folder that goes away
# with the process.
my $folder;

sub map_of_guest {
    my ($scenario, %how) = @_;
    my $offset = $how{offset} // 0;
    $folder //= File::Temp->newdir;
    my $map = '';
    for my $line (split /\n/, slurp(dump_folder($scenario) . '/truth/proc/kallsyms')) {
        my ($address, $type, $name, $module) = split ' ', $line;
        next if $module;
        no warnings 'portable';
        my $at = hex $address;
        $at -= $offset if $at >= $how{image_base};
        $map .= sprintf "%0*x %s %s\n", length $address, $at, $type, $name;
    }
    my $file = "$folder/System.map-$scenario-" . sprintf '%x', $offset;
    spew($file, $map);
    return $file;
}

# symbols_of($scenario): name => [addresses] of the kernel, as the guest had them.
sub symbols_of {
    my ($scenario) = @_;
    my %address;
    for my $line (split /\n/, slurp(dump_folder($scenario) . '/truth/proc/kallsyms')) {
        my ($address, undef, $name, $module) = split ' ', $line;
        push @{$address{$name}}, $address if !$module;
    }
    return \%address;
}

1;
