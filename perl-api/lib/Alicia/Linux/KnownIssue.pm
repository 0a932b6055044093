# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Linux::KnownIssue;

use v5.36;
use Exporter 'import';
use File::Basename           qw(basename);
use Alicia::Linux::Knowledge qw(knowledge_files);

our @EXPORT_OK = qw(read_issue match_issue matching version_of);

=head1 NAME

Alicia::Linux::KnownIssue - stops that others have seen before, what they are and what helps

=head1 THE FILES

A known issue is a file C<NAME.issue> in a folder F<issues> (the same places as rules have, see
L<Alicia::Linux::What/RULES>), of lines C<key: value>; a line that begins with blanks goes on with the one before, C<#>
begins a comment line.

    title: XFS log recovery divides by zero
    link: https://bugzilla.kernel.org/show_bug.cgi?id=1
    remedy: Update to 5.10.12, or mount with -o norecovery.
    kind: oops
    log: divide error: 0000
    stack: xlog_do_recover xfs_log_mount
    kernel: 5.4 - 5.10.11

C<title>, C<link> (several may stand) and C<remedy> must be there, and one condition at least. All conditions must hold:

    kind       one of these kinds of stop, set apart by commas
    log        a Perl regular expression that a line of the stop's log matches; several: each of them
    earlier    the same for any line of the whole log
    stack      names of functions that are among the stop's frames, in this order, innermost first; C<*> stands for any
               characters, C<|> sets alternatives apart; several such lines: each of them
    module     the module that the culprit is of
    kernel     ranges of versions, set apart by commas, ends included: C<5.4 - 5.10.11>, C<- 4.19>, C<6.1 ->
    signature  the hash of a signature

C<sample>, C<sample-kind>, C<sample-stack>, C<sample-module> and C<sample-kernel> are what a dump of it would show: lines of log,
kind, functions, module, version. Tests of the file are made of them.

=head1 SUBROUTINES

=head2 read_issue($file)

The issue as a hash of lists by key, conditions compiled. Dies with file and line of what it can't make sense of.

=cut

my %key = map { $_ => 1 } qw(title link remedy kind log earlier stack module kernel signature sample),
    map {"sample-$_"} qw(kind stack module kernel);
my @conditions = qw(kind log earlier stack module kernel signature);

sub read_issue ($file) {
    open my $handle, '<:raw', $file or die "cannot read $file: $!\n";
    my (%issue, $last);
    while (my $line = <$handle>) {
        chomp $line;
        next if $line =~ /\A\s*(?:#|\z)/;
        if ($line =~ /\A([a-z-]+):\s*(.*?)\s*\z/ && $key{$1}) {
            $last = $1;
            push @{$issue{$last}}, $2;
        } elsif (defined $last && $line =~ /\A\s+(.*?)\s*\z/) {
            $issue{$last}[-1] .= " $1";
        } else {
            die basename($file) . " line $.: neither a key nor its continuation\n";
        }
    }
    close $handle                 or die "cannot read $file: $!\n";
    eval { _compile(\%issue); 1 } or die basename($file) . ": $@";
    $issue{name} = basename($file, '.issue');
    return \%issue;
}

sub _compile ($issue) {
    for my $needed (qw(title link remedy)) {
        die "no $needed\n" if !grep {length} @{$issue->{$needed} // []};
    }
    die "no condition\n" if !grep { $issue->{$_} } @conditions;
    for my $key (grep { $issue->{$_} } qw(log earlier)) {
        for my $pattern (@{$issue->{$key}}) {
            my $compiled = eval {qr/$pattern/} // die "$key: " . ($@ =~ s/ at \S+ line \d+.*//sr) . "\n";
            $pattern = $compiled;
        }
    }
    for my $names (@{$issue->{stack} // []}) {
        $names = [map { _name_pattern($_) } split ' ', $names];
        die "stack: no name\n" if !@$names;
    }
    for my $key (grep { $issue->{$_} } qw(kind module signature)) {
        $issue->{$key} = [map { split /\s*,\s*/ } @{$issue->{$key}}];
    }
    $issue->{kernel} = [map { _range($_) } map { split /\s*,\s*/ } @{$issue->{kernel}}] if $issue->{kernel};
    return;
}

sub _name_pattern ($glob) {
    my $any = join '|', map { quotemeta =~ s/\\[*]/.*/gr } split /[|]/, $glob;
    return {text => $glob, pattern => qr/\A(?:$any)\z/};
}

sub _range ($text) {
    my $version = qr/\d+(?:[.]\d+){1,3}/;
    return {text => $text, from => $1, to => $1} if $text =~ /\A($version)\z/;
    return {text => $text, from => $1, to => $2} if $text =~ /\A($version)?\s*-\s*($version)?\z/ && defined($1 // $2);
    die "kernel: '$text' is no range of versions\n";
}

=head2 match_issue($issue, $facts)

Why the issue matches, a reason for each of its conditions; empty where one doesn't hold. $facts is a hash of C<kind>,
C<lines> and C<all> (subs that return records of the log: hashes with C<text>), C<names> (of functions, innermost first),
C<module>, C<version> (a number such as C<6.1.12>), C<signature>. What is undef matches nothing.

=cut

sub match_issue ($issue, $facts) {
    my @reasons;
    for my $key (qw(kind module signature)) {
        my $wanted = $issue->{$key} // next;
        my $is     = $facts->{$key} // return;
        return if !grep { $_ eq $is } @$wanted;
        push @reasons, "$key is $is";
    }
    for my $names (@{$issue->{stack} // []}) {
        return if !_in_order($names, @{$facts->{names}});
        push @reasons, 'on the stack: ' . join ' < ', map { $_->{text} } @$names;
    }
    if ($issue->{kernel}) {
        my $version = $facts->{version} // return;
        my ($range) = grep { _within($version, $_) } @{$issue->{kernel}};
        return if !$range;
        push @reasons, "kernel $version is in $range->{text}";
    }
    for my $where (['log', 'lines'], ['earlier', 'all']) {
        my ($key, $source) = @$where;
        for my $pattern (@{$issue->{$key} // []}) {
            my ($line) = grep { $_->{text} =~ $pattern } $facts->{$source}->();
            return if !$line;
            push @reasons, 'log: ' . ($line->{text} =~ s/\n.*//sr);
        }
    }
    return @reasons;
}

sub _in_order ($patterns, @names) {
    for my $wanted (@$patterns) {
        shift @names while @names && $names[0] !~ $wanted->{pattern};
        return 0 if !@names;
        shift @names;
    }
    return 1;
}

sub _within ($version, $range) {
    return 0 if defined $range->{from} && _compare($version, $range->{from}) < 0;
    return 0 if defined $range->{to}   && _compare($version, $range->{to}) > 0;
    return 1;
}

# A range's end covers what is below it: 5.10 has 5.10.12.
sub _compare ($version, $end) {
    my @parts = split /[.]/, $version;
    for my $wanted (split /[.]/, $end) {
        my $order = (shift @parts // 0) <=> $wanted;
        return $order if $order;
    }
    return 0;
}

=head2 version_of($release, $version)

The kernel's version from uname's release and version: a distribution that names a series in the release (C<6.1.0-56>)
may have the version proper in the other (C<Debian 6.1.192-2>).

=cut

sub version_of ($release, $version) {
    return $1 if $version =~ /\bDebian (\d+[.]\d+(?:[.]\d+)?)/;
    return $1 if $release =~ /\A(\d+[.]\d+(?:[.]\d+)?)/;
    return;
}

=head2 matching($what, $stop)

Of a stop (L<Alicia::Linux::What/what_happened>) the known issues that match, a reference to a list of hashes: C<name>,
C<title>, C<links>, C<remedy>, C<reasons>. Behind it the number of files looked at, and a line for each that can't be used.

=cut

sub matching ($what, $stop) {
    require Alicia::Linux::Signature;
    require Alicia::Linux::System;
    my $uts   = eval { Alicia::Linux::System::utsname() };
    my %facts = (
        kind      => $what->{kind},
        module    => $what->{module},
        signature => $what->{signature}{hash},
        lines     => sub { $stop->tail },
        all       => sub { $stop->records },
        names     => [map { Alicia::Linux::Signature::normal_name($_->{symbol} // '') } @{$what->{stack}}],
        version   => $uts ? version_of(@$uts{qw(release version)}) : undef,
    );
    my (@found, @failed);
    my @files = knowledge_files('issues', 'issue');
    for my $file (@files) {
        my $done = eval {
            my $issue   = read_issue($file);
            my @reasons = match_issue($issue, \%facts);
            push @found,
                {
                name    => $issue->{name},
                title   => $issue->{title}[0],
                links   => $issue->{link},
                remedy  => join(' ', @{$issue->{remedy}}),
                reasons => \@reasons,
                }
                if @reasons;
            1;
        };
        push @failed, 'known issue ' . Alicia::Error::reason($@) if !$done;
    }
    return (\@found, scalar @files, @failed);
}

1;
