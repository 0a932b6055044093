# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Section::Module;

use v5.36;
use Alicia;
use parent 'Alicia::Report::Section';
use Alicia::Report::Section qw(table note heading);
use Alicia::Linux::Module   qw(module_table modules module_parameters kernel_taint);
use Alicia::Text            qw(visible);

sub title    ($class) { return 'Load Module' }
sub order    ($class) { return 110 }
sub shown_by ($class) { return 'mod' }
sub sources  ($class) { return ('modules', 'struct module', 'struct kernel_param') }

sub about ($class) {
    return 'Parts of the kernel loaded while it ran, drivers mostly. Tainted says that something has run in this '
        . q{kernel that its makers don't vouch for.};
}

sub blocks ($class, $report) {
    my $letters = kernel_taint();
    my @by      = map {"$_->{name} ($_->{taint})"} grep { length $_->{taint} } modules();
    my $taint   = !length $letters ? 'The kernel is not tainted.' : "The kernel is tainted: $letters.";
    $taint .= ' By ' . visible(join ', ', @by) . '.' if @by;
    return (note($taint), table(module_table()), _parameters());
}

sub _parameters () {
    my @rows;
    for my $module (modules()) {
        my @known = eval { module_parameters($module->{address}) };
        push @rows, map { [visible($module->{name}), visible($_->[0]), visible($_->[1])] } @known;
    }
    return @rows ? (heading('Parameters'), table(['NAME', 'PARAMETER', 'VALUE'], \@rows)) : ();
}

1;
