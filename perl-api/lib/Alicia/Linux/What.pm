# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::What;

use v5.36;
use Alicia;
use Exporter 'import';
use File::Basename            qw(basename);
use Alicia::Linux::Knowledge  qw(knowledge_files);
use Alicia::Linux::KnownIssue ();
use Alicia::Linux::Module     ();
use Alicia::Linux::Signature  qw(signature_of normal_stack normal_name);
use Alicia::Linux::Stop       ();

our @EXPORT_OK = qw(what_happened signature);

=head1 NAME

Alicia::Linux::What - what happened: the kind of stop, the culprit, the evidence, and by what it is known again

=head1 SYNOPSIS

    my $what = what_happened();
    print "$what->{kind}: $what->{sentence}\n", $what->{signature}{hash}, "\n";

=head1 DESCRIPTION

Rules judge, one after the other, until one knows; see L</RULES>. All text is as the dump has it: not yet fit to be shown.

=head1 SUBROUTINES

=head2 what_happened(records => CODE, processes => CODE)

The arguments are optional, see L<Alicia::Linux::Stop/new>. A hash:

    kind        one of: sysrq, panic call, null dereference, wild dereference, BUG, oops, warning, list corruption, use
                after free, double free, stack overflow, deadlock, hung task, soft lockup, hard lockup, RCU stall, out of
                memory, machine check, NMI; running (/proc/kcore); unknown
    sentence    the same for people
    functions   where it happened: a function's name, or several (a list)
    frame       the frame of the first (a hash, or undef), stack: the frames from there on
    module, taint   the module that function is of, and its taint letters; empty
    kernel_taint    letters of the whole kernel; undef, as taint, where they can't be read
    process     the name of the task (of all concerned, a list)
    evidence    a list of hashes, text and source
    waiting     blocked tasks and cycles, as Alicia::Linux::Waiting has them
    spinning    CPUs that spin for spinlocks and rwlocks, as Alicia::Linux::SpinWait has them (a list)
    signature   a hash of hash and text
    known       known issues that match: a list of hashes, see Alicia::Linux::KnownIssue; looked_at: of how many
    rule        the name of the rule that judged
    lacks       what could not be read, and rules and issue files that failed: a list

=cut

sub what_happened (%given) {
    Alicia::_need_dump();
    my $stop = Alicia::Linux::Stop->new(%given);
    my ($verdict, @failed) = _judge($stop);
    my $frame   = $verdict->{frame} // $verdict->{stack}[0];
    my @stack   = @{$verdict->{stack} // []};
    my $module  = $frame && $frame->{module} // '';
    my %modules = $module
        ? eval {
        map { $_->{name} => $_ } Alicia::Linux::Module::modules();
        }
        : ();
    my %what = (
        kind         => $verdict->{kind},
        sentence     => $verdict->{sentence},
        rule         => $verdict->{rule}      // '',
        functions    => $verdict->{functions} // [map { normal_name($_) } grep {defined} $frame && $frame->{symbol}],
        frame        => $frame,
        stack        => \@stack,
        module       => $module,
        taint        => $modules{$module} ? $modules{$module}{taint} : length $module ? undef : '',
        kernel_taint => scalar eval { Alicia::Linux::Module::kernel_taint() },
        process      => $verdict->{process}  // [grep {defined} $stop->task->{comm}],
        evidence     => $verdict->{evidence} // [],
        waiting      => $stop->waiting,
        spinning     => [$stop->spinning],
        signature    => signature_of($verdict->{kind}, @{$verdict->{names} // [normal_stack(@stack)]}),
    );
    my ($known, $looked_at, @unusable) = Alicia::Linux::KnownIssue::matching(\%what, $stop);
    @what{qw(known looked_at)} = ($known, $looked_at);
    $what{lacks} = [$stop->lacks, @failed, @unusable];
    return \%what;
}

=head2 signature()

The signature alone, a hash of C<hash> (12 hexadecimal digits) and C<text>.

=cut

sub signature (%given) { return what_happened(%given)->{signature} }

=head1 RULES

A rule is a file C<NN-NAME.ldas> in a folder F<stops>: the shipped ones', C<${XDG_DATA_HOME:-~/.local/share}/alicia/stops>,
and one in each folder of C<-I>. They are asked in the order of their names, whatever folder they are in; of two with the
same name only the user's. A rule is compiled in a package of its own, which has the API already, and defines

    sub judge ($stop) { ... }

$stop is an L<Alicia::Linux::Stop>. It returns nothing where it can't tell, else a hash of C<kind>, C<sentence>, C<stack>
(the frames that led there, the culprit's first: function, module and signature are taken from them), C<evidence> (what
C<< $stop->cite >> makes), and, where those don't fit, C<frame> (the culprit's), C<functions> and C<process> (names), and
C<names> (what the signature is made of in place of the stack). The file ends in C<1;>. What a rule dies of is noted in the
report, and the next one is asked.

=cut

sub _judge ($stop) {
    my @failed;
    for my $file (knowledge_files('stops', 'ldas')) {
        my $name    = basename($file, '.ldas');
        my $verdict = eval { _rule($file, $name)->($stop) // {} };
        if (!$verdict) {
            push @failed, "rule $name: " . Alicia::Error::reason($@);
            next;
        }
        return ({%$verdict, rule => $name}, @failed) if defined $verdict->{kind};
    }
    my @stack    = $stop->stack;
    my $sentence = 'No rule knows why the kernel stopped.';
    $sentence .= ' ' . $stop->who . ' was in ' . $stop->place($stack[0]) . '.' if @stack;
    return ({kind => 'unknown', sentence => $sentence, stack => \@stack}, @failed);
}

my %compiled;

sub _rule ($file, $name) {
    return $compiled{$file} //= do {
        my $package = 'Alicia::Stop::' . ($name =~ s/\W/_/gr);
        Alicia::export_to($package);
        my $text = Alicia::Loader::read_file($file);
        my $done = Alicia::Loader::evaluate(qq(package $package; use v5.36;\n#line 1 "$file"\n$text\n));
        die $@ || "$file did not return a true value\n" if !$done;    ## no critic (RequireCarping)
        $package->can('judge') // die "$file defines no sub judge\n";
    };
}

1;
