# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Loader;

use strict;
use warnings;

=head1 NAME

Alicia::Loader - compiles LDAS: a user's into main, the shipped ones into packages of their own

=head1 DESCRIPTION

=head2 load FILE

Perl defines a named sub while it compiles, so a file that fails half-way has by then replaced some. Every sub that the
file's text seems to define is therefore taken out of its glob first; a failure puts all of them back, takes out those
that came, and restores the @ISA of the file's packages. It is also what keeps a second load from warning of redefined
subs.

=cut

sub load {
    my ($file) = @_;
    Alicia::_throw('bad_argument', 'load needs a file') if !defined $file || $file eq q();
    my $path = find_file($file);
    my $text = read_file($path);
    my ($subs, $packages) = scan($text);

    my %before = map { $_ => Alicia::_detach($_) } @{$subs};
    my %isa    = map { $_ => [isa($_)] } @{$packages};
    my $done   = evaluate(qq(package main;\n#line 1 "$path"\n$text\n));
    my $error  = $@;
    if (!$done) {
        Alicia::_attach($_, $before{$_}) for @{$subs};
        restore_isa($_, $isa{$_})        for @{$packages};
        die $error if ref $error || $error ne q();    ## no critic (RequireCarping)
        die "$path did not return a true value\n";    ## no critic (RequireCarping)
    }
    for my $name (@{$subs}) {
        Alicia::_attach($name, $before{$name}) if $before{$name} && !defined &{$name};
    }
    return 1;
}

# The file as given, or where the LDAS folders have it.
sub find_file {
    my ($file) = @_;
    return $file if -f $file || $file =~ m{\A/};
    for my $folder (Alicia::_ldas_folders()) {
        return "$folder/$file" if -f "$folder/$file";
    }
    return $file;
}

sub read_file {
    my ($path) = @_;
    open my $handle, '<', $path or Alicia::_throw('cannot_open', "cannot load $path: $!");
    Alicia::_throw('cannot_open', "cannot load $path: a folder") if -d $handle;
    local $/ = undef;
    my $text = <$handle>;
    close $handle or Alicia::_throw('cannot_open', "cannot load $path: $!");
    return $text // q();
}

# Full names of the subs that the text may define, and the packages it names. Text in strings and comments counts too:
# what is not defined after all is put back where it was.
sub scan {
    my ($text) = @_;
    my ($package, %subs, %packages) = ('main');
    while ($text =~ m/\b(package|sub)\s+([A-Za-z_][\w:']*)/g) {
        my ($word, $name) = ($1, $2 =~ s/'/::/gr);
        if ($word eq 'package') {
            $package = $name;
            $packages{$name} = 1;
        } else {
            $subs{$name =~ /::/ ? $name : "${package}::$name"} = 1;
        }
    }
    return ([sort keys %subs], [sort keys %packages]);
}

sub isa {
    my ($package) = @_;
    no strict 'refs';    ## no critic (ProhibitNoStrict)
    return @{"${package}::ISA"};
}

sub restore_isa {
    my ($package, $parents) = @_;
    no strict 'refs';    ## no critic (ProhibitNoStrict)
    @{"${package}::ISA"} = @{$parents};
    return;
}

=head2 call_shipped NAME, WORDS...; capture_shipped NAME, WORDS...

Runs a shipped command, or returns what it prints. Its file is compiled on the first call: see L<Alicia::Command>.

=cut

sub call_shipped {
    my ($name, @words) = @_;
    my $file = Alicia::_shipped($name);
    Alicia::_throw('no_such_command', "no command `$name`") if !defined $file;
    return run_shipped($name, $file, @words);
}

sub capture_shipped {
    my ($name, @words) = @_;
    Alicia::_begin_capture();
    my $done  = eval { call_shipped($name, @words); 1 };
    my $error = $@;
    my $text  = Alicia::_end_capture();
    die $error if !$done;    ## no critic (RequireCarping)
    return $text;
}

our %COMPILED;               # file => the command's run

sub run_shipped {
    my ($name, $file, @words) = @_;
    my $run = $COMPILED{$file} //= compile_shipped($name, $file);

    # What a script set for its own printing is none of a command's business.
    local ($,, $\, $", $/) = (undef, undef, q( ), "\n");
    require SelectSaver;
    my $selected = SelectSaver->new('STDOUT');
    $run->(@words);
    return;
}

sub compile_shipped {
    my ($name, $file) = @_;
    my $package = 'Alicia::Command::' . ($name =~ s/\W/_/gr);
    Alicia::export_to($package);
    my $text = read_file($file);
    my $done = evaluate(qq(package $package;\n#line 1 "$file"\n$text\n));
    if (!$done) {
        my $error = $@;
        die $error if ref $error || $error ne q();    ## no critic (RequireCarping)
        die "$file did not return a true value\n";    ## no critic (RequireCarping)
    }
    return $package->can('run') // Alicia::_throw('script_error', "$file defines no sub run");
}

# Last in the file and without lexicals in sight; strict and warnings are the evaluated file's own affair.
no strict;      ## no critic (ProhibitNoStrict)
no warnings;    ## no critic (ProhibitNoWarnings)

sub evaluate {
    return eval $_[0];    ## no critic (ProhibitStringyEval)
}

1;
