# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report;

use v5.36;
use Alicia;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename             qw(dirname basename);
use POSIX                      ();
use Time::HiRes                ();
use Alicia::Linux::Address     ();
use Alicia::Linux::Log         ();
use Alicia::Linux::Process     ();
use Alicia::Linux::Slab        ();
use Alicia::Linux::Summary     ();
use Alicia::Report::Redact     ();
use Alicia::Report::Unfinished ();
use Alicia::Text               qw(visible);

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
C<redact>, true to leave out what L<Alicia::Report::Redact> knows: host name, arguments, environment and network
addresses. Dies, with nothing left behind, where FILE can't be written.

Of a dump that could not be opened the report says why, and what its file tells all the same.

Of a folder of dumps (C<alicia FOLDER>, or C<< dumps => [FOLDER or FILE, ...] >> at any prompt) output is a folder: see
L<Alicia::Report::Folder>.

=cut

sub report (%how) {
    if (defined $how{of_folder}) {
        require Alicia::Report::Folder;
        return Alicia::Report::Folder::write_one($how{of_folder});
    }
    my $output = delete $how{output} // '';
    die "report wants output => 'FILE'\n" if !length $output;
    $how{dumps} //= Alicia::dump_info()->{folders};
    if (@{$how{dumps}}) {
        require Alicia::Report::Folder;
        return Alicia::Report::Folder::reports(output => $output, %how);
    }
    delete $how{dumps};
    my %known = map { $_ => delete $how{$_} } qw(sections details redact);
    die "report knows no '$_'\n" for sort keys %how;
    my $report = for_dump(%known);
    $report->save($output);
    return;
}

=head2 for_dump(...)

The report of the dump that is open, or of the one that could not be opened: see L<Alicia::Report::Refused>.

=cut

sub for_dump (%how) {
    return Alicia::Report->new(%how) if !defined Alicia::dump_info()->{refused};
    require Alicia::Report::Refused;
    return Alicia::Report::Refused->new(%how);
}

=head2 new(...), records(), processes(), slab_caches(), memo($name, $code)

The report as sections and detail files see it. What several of them need is read once: the log's records, the processes,
the slab caches, and what C<memo> computes; the holes met in that count for everyone who asks.

=cut

sub new ($class, %how) {
    return bless {memo => {}, started => Time::HiRes::time(), details => 1, _given(%how)}, $class;
}

sub _given (%how) {
    return map { $_ => $how{$_} } grep { defined $how{$_} } keys %how;
}

sub started ($self) { return $self->{started} }

# Below which folder its sections are.
sub kind ($self) { return 'Section' }

sub memo ($self, $name, $code) {
    my $found = $self->{memo}{$name} //= do {
        my %holes;
        my $made = eval { local $SIG{__DIE__} = _collecting(\%holes); +{value => [$code->()]} } // {error => $@};
        +{%$made, holes => \%holes};
    };
    $self->{holes}{$_} = $found->{holes}{$_} for keys %{$found->{holes}};
    die $found->{error} if exists $found->{error};
    return @{$found->{value}};
}

sub records     ($self) { return $self->memo(records     => \&Alicia::Linux::Log::records) }
sub processes   ($self) { return $self->memo(processes   => \&Alicia::Linux::Process::processes) }
sub slab_caches ($self) { return $self->memo(slab_caches => \&Alicia::Linux::Slab::slab_caches) }

=head2 what()

What happened, as L<Alicia::Linux::What> has it: kind, sentence, signature and more.

=cut

sub what ($self) {
    my ($what) = $self->memo(
        what => sub {
            require Alicia::Linux::What;
            return Alicia::Linux::What::what_happened(
                records   => sub { $self->records },
                processes => sub { $self->processes }
            );
        }
    );
    return $what;
}

=head2 redact(), shown($text)

Whether something is to be left out; and a text without that.

=cut

sub redact ($self) { return $self->{redact} }

sub shown ($self, $text) {
    return $text if !$self->{redact} || !defined $text;
    $self->{redaction} //= Alicia::Report::Redact->new($self);
    return $self->{redaction}->apply($text);
}

=head2 facts(), level()

The block of C<sys>, as a list of [label, text]; and the dump's level as makedumpfile's C<-d> has it, undef where the dump
doesn't say.

=cut

sub facts ($self) {
    return map { [$_->[0], $self->shown($_->[1])] } $self->memo(facts => \&Alicia::Linux::Summary::system_summary);
}

sub level ($self) { return $self->{level} //= Alicia::Linux::Summary::dump_facts()->{level} }

=head2 stop()

What the kernel said when it stopped, one line; undef where it said nothing.

=cut

sub stop ($self) {
    my $message = eval { Alicia::Linux::Log::panic_message($self->records) };
    return defined $message ? $self->shown(visible($message)) : undef;
}

=head2 headline(), sentence(), signature()

What happened in a few words, or what the kernel said where that isn't known; the same in a sentence, undef where it isn't
known; and by what the same crash is known again, a hash of C<hash> and C<text>. Fit to be shown.

=cut

sub _known ($self) {
    local $SIG{__WARN__} = sub { };    # the section says it
    my $what = eval { $self->what };
    return $what && $what->{kind} ne 'unknown' ? $what : undef;
}

sub headline ($self) {
    my $what      = $self->_known // return $self->stop // 'No panic in the log';
    my $functions = join ', ', @{$what->{functions}};
    my $text      = ucfirst $what->{kind};
    $text .= " in $functions"     if length $functions;
    $text .= " [$what->{module}]" if length $what->{module};
    return $self->shown(visible($text));
}

sub sentence ($self) {
    my $what = $self->_known // return;
    return $self->shown(visible($what->{sentence}));
}

sub signature ($self) {
    my $what      = $self->_known // return;
    my $signature = $what->{signature};
    return {map { $_ => $self->shown(visible($signature->{$_})) } qw(hash text)};
}

=head2 abouts(@sections)

A hash: every address of the kernel in the sections' text as it is written there (hexadecimal, without C<0x>), with what
it is the address of.

=cut

sub abouts ($self, @sections) {
    my $digits = sizeof('void *') * 2;
    my %seen;
    for my $text (map { _texts($_) } map { @{$_->{blocks}} } @sections) {
        $seen{$1} = 1
            while $text =~ /(?<![[:xdigit:]])(?:0x)?([89a-f][[:xdigit:]]{7}(?:[[:xdigit:]]{8})?)(?![[:xdigit:]])/g;
    }
    local $SIG{__WARN__} = sub { };    # what is missing was said by the sections
    my @tasks = eval {
        map { $_->{task} } $self->processes;
    };
    my @caches    = eval { $self->slab_caches };
    my $addresses = Alicia::Linux::Address->new(tasks => \@tasks, caches => \@caches);
    for my $word (keys %seen) {

        # The last page is error numbers.
        my $about =
            length $word == $digits && $word !~ /\Af+[[:xdigit:]]{3}\z/
            ? $addresses->about(unpack 'Q>', pack 'H16', substr "00000000$word", -16)
            : undef;
        if (defined $about) { $seen{$word} = $self->shown(visible($about)) }
        else                { delete $seen{$word} }
    }
    return \%seen;
}

# Every piece of a block's text.
sub _texts ($block) {
    return $block->{text}               if defined $block->{text};
    return map {@$_} @{$block->{pairs}} if $block->{pairs};
    return $block->{kind} eq 'table'
        ? map {
        grep {defined}
            @$_
        } @{$block->{rows}}
        : ();
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
            my $name = $1;                                             # what the file does with it aside
            my $done = eval { require "Alicia/Report/$kind/$file" };
            push @modules, $done ? "Alicia::Report::${kind}::$name" : [$name, $@ =~ s/\n.*//sr];
        }
    }
    my $order  = sub ($module) { ref $module ? 1000 : $module->order };
    my @sorted = sort { $order->($a) <=> $order->($b) } @modules;
    return @sorted;
}

=head2 collect()

The sections as a list of hashes: C<name title about command sources left_out holes seconds blocks error>, blocks as
L<Alicia::Report::Section> describes them. C<left_out> is what the dump's level took from it, a list of texts; C<holes>
what could not be read while it was made, a list of [reason, number of pages, first address].

=cut

sub collect ($self) {
    my @modules = $self->_wanted_modules;
    my $number  = 0;
    return map { $self->_tell(++$number, scalar @modules, _name($_)); $self->_section($_) } @modules;
}

sub _wanted_modules ($self) {
    my @modules = modules($self->kind);
    return @modules if !$self->{sections};
    my %wanted = map { $_ => 1 } @{$self->{sections}};
    my $there  = join ', ', map { _name($_) } @modules;
    @modules = grep { my $name = _name($_); delete $wanted{$name} } @modules;
    die "report has no section '$_'; there are $there\n" for sort keys %wanted;
    return @modules;
}

# A progress line, on a terminal only, which the next one or the end wipes out.
sub _tell ($self, $number = 0, $of = 0, $name = undef) {
    return if !POSIX::isatty(2);
    printf {*STDERR} "\r\e[K%s", defined $name ? "report: section $number of $of, $name" : '';
    return;
}

sub _name ($module) {
    my $last = ref $module ? $module->[0] : $module =~ s/.*:://r;
    return lc $last =~ s/(?<=[a-z])(?=[A-Z])/_/gr;
}

sub _section ($self, $module) {
    my $name    = _name($module);
    my %section = (
        name    => $name,
        title   => $name,
        about   => '',
        command => '',
        blocks  => [],
        map { $_ => [] } qw(sources left_out holes)
    );
    my $began = Time::HiRes::time();
    local $self->{holes} = {};
    my ($why, @warnings) = $self->_guarded(
        sub {
            die "$module->[1]\n" if ref $module;
            @section{qw(title about command)} = ($module->title, $module->about, $module->shown_by);
            $section{sources}                 = [$module->sources];
            $section{left_out}                = [_left_out($self->level, $module->wants)];
            $section{blocks}                  = [$module->blocks($self)];
            return;
        }
    );
    $section{holes} = [_counted($self->{holes})];
    $section{error} = $why if defined $why;
    unshift @{$section{blocks}}, map { {kind => 'note', text => "Incomplete: $_"} } @warnings;
    $section{seconds} = Time::HiRes::time() - $began;
    return $self->{redact} ? $self->_without_names(\%section) : \%section;
}

# What makedumpfile's level takes: 1 pages of zeros, 2 and 4 the page cache, 8 pages of user processes, 16 free pages.
my %bit = (zero => 1, cache => 2 | 4, user => 8, free => 16);

sub _left_out ($level, %wants) {
    return map { $wants{$_} } grep { ($level // 0) & $bit{$_} } sort keys %wants;
}

# All text of a section, wherever it is in it.
sub _without_names ($self, $thing) {
    return [map { $self->_without_names($_) } @$thing] if ref $thing eq 'ARRAY';
    return {
        map { $_ => /\A(?:kind|name|command|seconds)\z/ ? $thing->{$_} : $self->_without_names($thing->{$_}) }
            keys %$thing
        }
        if ref $thing eq 'HASH';
    return $self->shown(ref $thing ? "$thing" : $thing);
}

# Failed reads that are the dump's fault, by page: a handler that sees every death, those that are survived as well.
my %is_hole = map { $_ => 1 } qw(page_excluded page_truncated page_unreadable absent_or_zero no_memory_there);

sub _collecting ($holes) {
    return sub ($error, @) {
        return if ref $error ne 'Alicia::Error' || !$is_hole{$error->{code}} || !defined $error->{address};
        $holes->{$error->{address} & ~0xfff} //= $error->{code};
    };
}

my %reason = (
    page_excluded   => 'left out of the dump',
    page_truncated  => 'beyond the end of the file',
    page_unreadable => 'damaged',
    absent_or_zero  => 'left out of the dump or zeros',
    no_memory_there => 'where the machine had no memory',
);

sub _counted ($holes) {
    my %of;
    push @{$of{$holes->{$_}}}, $_ for sort { $a <=> $b } keys %$holes;
    return map { [$reason{$_}, scalar @{$of{$_}}, sprintf '%x', $of{$_}[0]] } sort keys %of;
}

# Runs code; returns what it died of (or undef), and what it warned of, each fit to be shown and once.
sub _guarded ($self, $code) {
    my %seen;
    my @warnings;
    local $SIG{__DIE__}  = _collecting($self->{holes} //= {});
    local $SIG{__WARN__} = sub ($warning) {
        my $text = visible(Alicia::Error::reason($warning));
        push @warnings, $text if !$seen{$text}++;
    };
    my $why = eval { $code->(); 1 } ? undef : visible(Alicia::Error::reason($@));
    return ($why, @warnings);
}

=head2 save($file)

Makes the report and writes it to $file, as C<report> has it. Whatever ends it before, Ctrl-C as well, nothing is left behind.

=cut

sub save ($self, $file) {
    die "$file is a folder\n" if -d $file;
    my $form = $file =~ /[.](json|txt)\z/i ? ucfirst lc $1 : 'Html';
    $form = 'Plain' if $form eq 'Txt';

  # What stands behind a link is written, the link stays; a pipe or a device is written to, and has no folder beside it.
    $file = abs_path($file) // $file if -l $file;
    my $plain     = !-e $file || -f _;
    my $temporary = $plain ? "$file.$$.part" : $file;
    $self->_wanted_modules;    # or dies, before anything is written
    open my $out, '>:raw', $temporary or die "cannot write $file: $!\n";
    my $unfinished = Alicia::Report::Unfinished->new($plain ? $temporary : ());
    $self->{folder} = $self->_write_details(dirname($file), $unfinished) if $self->{details} && $plain;
    require "Alicia/Report/$form.pm";
    my @sections = $self->collect;
    $self->_tell;
    my $page = "Alicia::Report::$form"->can('render')->($self, @sections);
    _write($out, $file, $page);

    if ($plain) {
        rename $temporary, $file or die "cannot write $file: $!\n";
    }
    $unfinished->keep;
    return;
}

# All of it, and closed; perl warns of a full disk once more where a handle is left to it.
sub _write ($handle, $name, $text) {
    my $why;
    $why = "$!"                      if !print {$handle} $text;
    $why //= "$!"                    if !close $handle;
    die "cannot write $name: $why\n" if defined $why;
    return;
}

=head2 folder(), detail_files()

The name of the folder of this run, and of the files written to it.

=cut

sub folder       ($self) { return $self->{folder} }
sub detail_files ($self) { return @{$self->{files} // []} }

sub _write_details ($self, $beside, $unfinished) {
    my ($second, $minute, $hour, $day, $month) = localtime $self->{started};
    my $name   = sprintf '%02d%02d%02d%02d%02d', $month + 1, $day, $hour, $minute, $second;
    my $try    = 1;
    my $folder = "$beside/$name";
    $folder = "$beside/$name-" . ++$try while -e $folder && $try < 100;
    mkdir $folder or die "cannot make folder $folder: $!\n";
    $unfinished->add($folder);
    for my $module (modules('Detail')) {
        my $file = ref $module ? lc "$module->[0].txt" : $module->file;
        print "Writing to $file\n";
        $unfinished->add("$folder/$file");
        open my $out, '>:raw', "$folder/$file" or die "cannot write $folder/$file: $!\n";
        $self->_write_detail($out, $module);
        close $out or die "cannot write $folder/$file: $!\n";
        push @{$self->{files}}, $file;
    }
    return basename($folder);
}

# Straight to the file, unless something has to be left out first.
sub _write_detail ($self, $file, $module) {
    my $text = '';
    my $out;
    if ($self->{redact}) { open $out, '>:raw', \$text or die "cannot collect text: $!\n" }
    else                 { $out = $file }
    my ($why, @warnings) =
        $self->_guarded(sub { ref $module ? die "$module->[1]\n" : $module->print_to($out, $self) });
    print {$out} map {"($_)\n"} @warnings, $why // ();
    return if !$self->{redact};
    close $out or die "cannot collect text: $!\n";
    print {$file} $self->shown($text);
    return;
}

1;
