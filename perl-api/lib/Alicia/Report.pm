# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report;

use v5.36;
use Alicia;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename         qw(dirname basename);
use Time::HiRes            ();
use Alicia::Linux::Log     ();
use Alicia::Linux::Process ();
use Alicia::Linux::Summary ();
use Alicia::Text           qw(visible);

our @EXPORT_OK = qw(report);

=head1 NAME

Alicia::Report - the initial report: what every analysis of a dump begins with

=head1 SYNOPSIS

    report(output => '/demo/report.html');
    report(output => 'r.json', sections => ['stop_log', 'process'], redact => 1);

=head1 DESCRIPTION

The report is made of sections, a module each below C<Alicia::Report::Section>, and of detail files, a module each below
C<Alicia::Report::Detail>. Every such module found along C<@INC> takes part: to add one, write one file (see
L<Alicia::Report::Section>). A section that fails leaves its reason in the report and harms no other.

=head1 SUBROUTINES

=head2 report(output => FILE, ...)

Writes the summary to FILE, and the detail files into a folder beside it that is named after the time of the run
(MMDDhhmmss); prints C<Writing to NAME> for each of those. The form is that of FILE's ending: C<.json>, C<.txt>, or else
one HTML page. More arguments: C<sections>, a list of section names (all); C<details>, false for no detail files;
C<redact>, true to leave out host name, process arguments and network addresses. Dies, with nothing left behind, where
FILE can't be written.

=cut

sub report (%how) {
    my $output = delete $how{output} // die "report wants output => 'FILE'\n";
    my %known  = map { $_ => delete $how{$_} } qw(sections details redact);
    die "report knows no '$_'\n" for sort keys %how;
    my $report = Alicia::Report->new(%known);
    $report->save($output);
    return;
}

=head2 new(...), records(), processes(), redact(), memo($name, $code)

The report as sections and detail files see it. What several of them need is read once: the log's records, the processes,
and what C<memo> computes.

=cut

sub new ($class, %how) {
    return bless {memo => {}, started => Time::HiRes::time(), details => 1, _given(%how)}, $class;
}

sub _given (%how) {
    return map { $_ => $how{$_} } grep { defined $how{$_} } keys %how;
}

sub redact  ($self) { return $self->{redact} }
sub started ($self) { return $self->{started} }

sub memo ($self, $name, $code) {
    my $found = $self->{memo}{$name} //= eval { {value => [$code->()]} } // {error => $@};
    die $found->{error} if exists $found->{error};
    return @{$found->{value}};
}

sub records   ($self) { return $self->memo(records   => \&Alicia::Linux::Log::records) }
sub processes ($self) { return $self->memo(processes => \&Alicia::Linux::Process::processes) }

=head2 facts()

The block of C<sys>, as a list of [label, text], without the host's name where that is to be left out.

=cut

sub facts ($self) {
    my @facts = $self->memo(facts => \&Alicia::Linux::Summary::system_summary);
    return map { $_->[0] eq 'NODENAME' && $self->redact ? ['NODENAME', '(left out)'] : $_ } @facts;
}

=head2 modules($kind)

The names of the modules below C<Alicia::Report::$kind>, loaded and in order. One that doesn't compile is kept as
[name, reason].

=cut

sub modules ($kind) {
    my (%seen, @modules);
    for my $folder (grep { !ref } @INC) {
        opendir my $handle, "$folder/Alicia/Report/$kind" or next;
        for my $file (sort readdir $handle) {
            next if $file !~ /\A([A-Za-z]\w*)[.]pm\z/ || $seen{$1}++;
            my $module = "Alicia::Report::${kind}::$1";
            push @modules, eval { require "Alicia/Report/$kind/$file" } ? $module : [$1, $@ =~ s/\n.*//sr];
        }
    }
    my $order  = sub ($module) { ref $module ? 1000 : $module->order };
    my @sorted = sort { $order->($a) <=> $order->($b) } @modules;
    return @sorted;
}

=head2 collect()

The sections as a list of hashes: C<name title command sources seconds blocks error>, blocks as
L<Alicia::Report::Section> describes them.

=cut

sub collect ($self) {
    my @modules = modules('Section');
    if ($self->{sections}) {
        my %wanted = map { $_ => 1 } @{$self->{sections}};
        @modules = grep { my $name = _name($_); delete $wanted{$name} } @modules;
        die "report has no section '$_'\n" for sort keys %wanted;
    }
    return map { $self->_section($_) } @modules;
}

sub _name ($module) {
    my $last = ref $module ? $module->[0] : $module =~ s/.*:://r;
    return lc $last =~ s/(?<=[a-z])(?=[A-Z])/_/gr;
}

sub _section ($self, $module) {
    my %section = (name => _name($module), title => _name($module), command => '', sources => [], blocks => []);
    my $began   = Time::HiRes::time();
    my ($why, @warnings) = _guarded(
        sub {
            die "$module->[1]\n" if ref $module;
            @section{qw(title command)} = ($module->title, $module->shown_by);
            $section{sources}           = [$module->sources];
            $section{blocks}            = [$module->blocks($self)];
            return;
        }
    );
    $section{error} = $why if defined $why;
    unshift @{$section{blocks}}, map { {kind => 'note', text => "Incomplete: $_"} } @warnings;
    $section{seconds} = Time::HiRes::time() - $began;
    return \%section;
}

# Runs code; returns what it died of (or undef), and what it warned of, each fit to be shown and once.
sub _guarded ($code) {
    my %seen;
    my @warnings;
    local $SIG{__WARN__} = sub ($warning) {
        my $text = visible("$warning" =~ s/(?: at \S+ line \d+[.]?)?\s*\z//r);
        push @warnings, $text if !$seen{$text}++;
    };
    my $why = eval { $code->(); 1 } ? undef : visible("$@" =~ s/\s+\z//r);
    return ($why, @warnings);
}

=head2 save($file)

Makes the report and writes it to $file, as C<report> has it.

=cut

sub save ($self, $file) {
    die "$file is a folder\n" if -d $file;
    my $form = $file =~ /[.](json|txt)\z/i ? ucfirst lc $1 : 'Html';
    $form = 'Plain' if $form eq 'Txt';

  # What stands behind a link is written, the link stays; a pipe or a device is written to, and has no folder beside it.
    $file = abs_path($file) // $file if -l $file;
    my $plain     = !-e $file || -f _;
    my $temporary = $plain ? "$file.$$.part" : $file;
    open my $out, '>:raw', $temporary or die "cannot write $file: $!\n";
    my @made;
    my $done = eval {
        $self->{folder} = $self->_write_details(dirname($file), \@made) if $self->{details} && $plain;
        require "Alicia/Report/$form.pm";
        my $page = "Alicia::Report::$form"->can('render')->($self, $self->collect);
        print {$out} $page or die "cannot write $file: $!\n";
        close $out         or die "cannot write $file: $!\n";
        if ($plain) {
            rename $temporary, $file or die "cannot write $file: $!\n";
        }
        1;
    };
    return if $done;
    my $why = $@;
    unlink grep { !-d } $plain ? $temporary : (), @made;
    rmdir for grep {-d} @made;
    die $why;
}

=head2 folder(), detail_files()

The name of the folder of this run, and of the files written to it.

=cut

sub folder       ($self) { return $self->{folder} }
sub detail_files ($self) { return @{$self->{files} // []} }

sub _write_details ($self, $beside, $made) {
    my ($second, $minute, $hour, $day, $month) = localtime $self->{started};
    my $name   = sprintf '%02d%02d%02d%02d%02d', $month + 1, $day, $hour, $minute, $second;
    my $try    = 1;
    my $folder = "$beside/$name";
    $folder = "$beside/$name-" . ++$try while -e $folder && $try < 100;
    mkdir $folder or die "cannot make folder $folder: $!\n";
    push @$made, $folder;
    for my $module (modules('Detail')) {
        my $file = ref $module ? lc "$module->[0].txt" : $module->file;
        print "Writing to $file\n";
        unshift @$made, "$folder/$file";
        open my $out, '>:raw', "$folder/$file" or die "cannot write $folder/$file: $!\n";
        my ($why, @warnings) = _guarded(sub { ref $module ? die "$module->[1]\n" : $module->print_to($out, $self) });
        print {$out} map {"($_)\n"} @warnings, $why // ();
        close $out or die "cannot write $folder/$file: $!\n";
        push @{$self->{files}}, $file;
    }
    return basename($folder);
}

1;
