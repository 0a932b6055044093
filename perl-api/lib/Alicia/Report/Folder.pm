# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Report::Folder;

use v5.36;
use Alicia;
use Cpanel::JSON::XS ();
use Cwd              qw(abs_path);
use File::Basename   qw(basename dirname);
use File::Find       ();
use File::Path       qw(make_path);
use POSIX            ();
use Time::HiRes      ();
use Alicia::Text     qw(visible);

=head1 NAME

Alicia::Report::Folder - the reports of a folder of dumps, and a page that groups them

=head1 SYNOPSIS

    alicia -e "report(output => 'reports/')" /var/crash

=head1 DESCRIPTION

Every dump is reported on by a process of its own, a few at a time: what one dump does to its process harms no other.

=head1 SUBROUTINES

=head2 reports(output => FOLDER, dumps => [FILE or FOLDER, ...], ...)

Writes C<NAME/report.html> with its files for every dump found, C<index.html>, where they are grouped by the crash, and
C<index.json>, the same as data; prints C<Writing to NAME/report.html> and so on. Dumps are told by their content, in
folders and whatever is below them; what is named like a dump and can't be opened is on the page with the reason and a
report of what its file tells. More
arguments: C<processes>, how many at a time (as many as this machine has CPUs, and eight at most); C<seconds>, how long one
dump may take (600); and those of L<Alicia::Report/report>. Dies where there is no dump, or the folder can't be written.

=cut

sub reports (%how) {
    my $output = delete $how{output};
    my @places = @{delete $how{dumps}};
    my %run    = (
        processes => _processors(),
        seconds   => 600,
        map { $_ => delete $how{$_} } grep { defined $how{$_} } qw(processes seconds)
    );
    my %report = map { $_ => delete $how{$_} } grep { defined $how{$_} } qw(sections details redact);
    die "report knows no '$_'\n"              for sort keys %how;
    die "report wants a whole number of $_\n" for grep { $run{$_} !~ /\A[1-9]\d{0,5}\z/ } sort keys %run;
    die "$output is no folder\n" if -e $output && !-d _;
    make_path($output, {error => \my $problems});
    die "cannot make folder $output\n" if !-d $output;
    my @dumps = _found(abs_path($output), @places);
    die 'no dump in ' . join(', ', @places) . "\n" if !@dumps;
    _run($output, \%report, \%run, @dumps);
    _index($output, \%report, @dumps);
    return;
}

sub _processors () {
    my $count = POSIX::sysconf(84) // 1;    # _SC_NPROCESSORS_ONLN
    return $count < 1 ? 1 : $count > 8 ? 8 : $count;
}

# What a dump file begins with.
my $begins = qr/\A(?:
      KDUMP[ ]{3} | DISKDUMP | makedumpfile\0
    | \xed\x23\x8f\x61\x73\x01\x19\xa8 | \xcd\x23\x8f\x61\x73\x01\x19\xa8
    | \x7fELF[\x01\x02]\x01.{10}\x04\x00 | \x7fELF[\x01\x02]\x02.{10}\x00\x04
)/sx;
my $named = qr/\A(?:vmcore|dump)(?:[.-](?!dmesg)[\w.-]*)?\z/;

# A hash a dump: file, parts (the files of a split dump, of which file is the first), name (of the folder its report goes
# to). Nothing below the output counts.
sub _found ($output, @places) {
    my (@dumps, %seen, %taken, %split);
    my $take = sub ($file, $base) {
        my $real = abs_path($file) // return;
        return if $seen{$real}++ || index("$real/", "$output/") == 0;
        my $whole = _split_of($file);
        if ($whole && $split{$whole}) {
            push @{$split{$whole}{parts}}, $file;
            return;
        }
        my $name = $file =~ s{\A\Q$base\E/*}{}r =~ s{/}{-}gr =~ s/[^A-Za-z0-9_.-]/_/gr;
        $name = 'dump' if $name !~ /[A-Za-z0-9]/;
        my $number = '';
        $number = ($number || 1) + 1 while $taken{$name . ($number && "-$number")}++;
        push @dumps, {file => $file, parts => [$file], name => $name . ($number && "-$number")};
        $split{$whole} = $dumps[-1] if $whole;
    };
    my $beside = _common_folder(grep { !-d } @places);
    for my $place (@places) {
        if (!-d $place) {
            die "cannot open $place: $!\n" if !-e $place;
            $take->($place, $beside);
            next;
        }

        # A link to a dump counts, where it isn't to one that is found anyway.
        my (@files, %found);
        my ($looked, $told) = (0, 0);
        my $look = sub {
            if (++$looked % 256 == 0 && Time::HiRes::time() - $told > 0.2) {
                _tell("reports: looked at $looked files, found " . (@dumps + @files) . ' dumps');
                $told = Time::HiRes::time();
            }
            push @files, $_ if -f && _looks_like_a_dump($_);
        };
        File::Find::find({no_chdir => 1, wanted => $look}, $place);
        _tell('');
        for my $file (sort { -l $a <=> -l $b || $a cmp $b } @files) {
            $take->($file, $place) if !$found{abs_path($file)}++;
        }
    }
    return @dumps;
}

# The folder that all files are in or below.
sub _common_folder ($first = '', @more) {
    my $folder = dirname($first);
    for my $file (@more) {
        $folder = dirname($folder) while index($file, $folder eq '/' ? '/' : "$folder/") != 0 && $folder =~ m{/.};
    }
    return $folder;
}

# By what the parts of one split dump are known: the first block is the same in all, and the second says that it is split.
# Empty for any other file.
sub _split_of ($file) {
    my $head = '';
    open my $handle, '<:raw', $file or return '';
    sysread $handle, $head, 432;
    return '' if $head !~ /\AKDUMP {3}/ || length $head < 432;
    my $block = unpack 'V', substr $head, 428;
    return '' if $block < 432 || $block > 65536;
    sysread $handle, $head, $block + 16 - 432, 432;
    return '' if length $head < $block + 16 || !unpack 'V', substr $head, $block + 12;
    return dirname($file) . "\0" . substr $head, 0, $block;
}

sub _looks_like_a_dump ($file) {
    my $name = basename($file);
    return $name !~ /[.](?:txt|log|html|json|xz|gz|zst|bz2)\z/ if $name =~ $named;
    open my $handle, '<:raw', $file or return 0;
    my $got = sysread $handle, my $head, 64;
    return $got && $head =~ $begins;
}

# Starts a process a dump, never more than so many at once, and waits for all. Whatever ends this ends them, too.
sub _run ($output, $report, $run, @dumps) {
    my (%running, $done);
    my $stop = Alicia::Report::Folder::Children->new(\%running, $output);
    my @next = @dumps;
    while (@next || %running) {
        while (@next && keys %running < $run->{processes}) {
            my $dump = shift @next;
            $running{_start($output, $report, $dump)} = $dump;
        }
        for my $pid (keys %running) {
            my $dump  = $running{$pid};
            my $ended = waitpid($pid, POSIX::WNOHANG()) == $pid;
            if (!$ended && Time::HiRes::time() - $dump->{began} > $run->{seconds}) {
                kill 'KILL', $pid;
                waitpid $pid, 0;
                $dump->{error} = "its report took longer than $run->{seconds} s";
                $ended = 1;
            }
            next if !$ended;
            delete $running{$pid};
            _finish($output, $dump, $?);
            $done++;
        }
        _tell(sprintf 'reports: %d of %d dumps done, %d under way', $done // 0, scalar @dumps, scalar keys %running);
        Time::HiRes::sleep(0.02) if %running;
    }
    _tell('');
    return;
}

# On a terminal only.
sub _tell ($text) {
    printf {*STDERR} "\r\e[K%s", $text if POSIX::isatty(2);
    return;
}

sub _start ($output, $report, $dump) {
    my $folder = "$output/$dump->{name}";
    make_path($folder);
    my $request = Cpanel::JSON::XS->new->ascii->canonical->encode({folder => $folder, report => $report});
    my $code    = sprintf q{report(of_folder => '%s')}, unpack 'H*', $request;
    my $alicia  = readlink '/proc/self/exe';
    $dump->{began} = Time::HiRes::time();
    my $pid = fork // die "cannot start a process: $!\n";
    return $pid if $pid;
    my $ready =
           open(STDIN, '<', '/dev/null')
        && open(STDOUT, '>', '/dev/null')
        && open(STDERR, '>', "$folder/errors.txt");
    no warnings 'exec';    ## no critic (ProhibitNoWarnings)
    exec {$alicia} $alicia, '-q', '--no-config', '-e', $code, @{$dump->{parts}} if $ready;
    POSIX::_exit(127);
    return;
}

# What the process left: a summary, or the reason why there is none.
sub _finish ($output, $dump, $status) {
    my $folder = "$output/$dump->{name}";
    my $said   = _content("$folder/errors.txt") // '';
    my $facts  = eval { Cpanel::JSON::XS->new->utf8->decode(_content("$folder/summary.json") // '') };
    unlink "$folder/errors.txt", "$folder/summary.json";
    my ($line) = grep {length} map {s/\Aalicia: (?:warning: )?//r} reverse split /\n/, $said;
    if ($facts && !defined $dump->{error} && $status == 0) {
        $dump->{facts} = $facts;
        print "Writing to $dump->{name}/report.html\n";
        return;
    }
    my $signal = $status & 127;
    $dump->{error} //=
        visible($line // ($signal ? "its report ended by signal $signal" : "its report ended with status $status"));
    if ($facts && $status >> 8 == 3) {
        $dump->{report} = "$dump->{name}/report.html";
        print "Writing to $dump->{report}\n";
    }
    rmdir $folder;
    return;
}

sub _content ($file) {
    open my $handle, '<:raw', $file or return;
    local $/ = undef;
    return scalar <$handle>;
}

=head2 write_one($request)

Runs in the process of one dump: writes its report and its summary. $request is hexadecimal digits of JSON.

=cut

sub write_one ($request) {
    require Alicia::Report;
    require Alicia::Linux::System;
    my $wanted = Cpanel::JSON::XS->new->decode(pack 'H*', $request);
    utf8::downgrade($wanted->{folder});    # bytes, as file names are
    my $report = Alicia::Report::for_dump(%{$wanted->{report}});
    $report->save("$wanted->{folder}/report.html");
    my %facts   = map { $_->[0] => $_->[1] } $report->facts;
    my %summary = (
        headline => $report->headline,
        sentence => scalar $report->sentence,
        stop     => scalar $report->stop,
        map { lc $_ => $facts{$_} } qw(NODENAME RELEASE DATE UPTIME MACHINE),
    );
    my $signature = $report->signature;
    for (values %summary, $signature ? values %$signature : ()) { utf8::decode($_) if defined }
    $summary{signature} = $signature;
    $summary{seconds}   = eval { 0 + Alicia::Linux::System::wall_clock() };
    $summary{level}     = defined $report->level ? 0 + $report->level : undef;
    open my $out, '>:raw', "$wanted->{folder}/summary.json" or die "cannot write the summary: $!\n";
    print {$out} Cpanel::JSON::XS->new->utf8->canonical->encode(\%summary);
    close $out or die "cannot write the summary: $!\n";
    return;
}

# The same crash: by signature, else by what the kernel said, without what changes from run to run.
sub _crash ($facts) {
    return $facts->{signature}{hash} if $facts->{signature};
    return ($facts->{stop} // '') =~ s/0x[[:xdigit:]]+|[[:xdigit:]]{8,}|\d+/#/gr;
}

# The groups, most dumps first, in each the latest dump first.
sub _groups (@dumps) {
    my %group;
    push @{$group{_crash($_->{facts})}}, $_ for grep { $_->{facts} } @dumps;
    my $when   = sub ($dump) { $dump->{facts}{seconds} // 0 };
    my @groups = map {
        my @same = sort { $when->($b) <=> $when->($a) || $a->{name} cmp $b->{name} } @{$group{$_}};
        +{dumps => \@same, map { $_ => $same[0]{facts}{$_} } qw(headline sentence stop signature)}
    } sort keys %group;
    my @ordered =
        sort { @{$b->{dumps}} <=> @{$a->{dumps}} || $when->($b->{dumps}[0]) <=> $when->($a->{dumps}[0]) } @groups;
    return @ordered;
}

sub _index ($output, $report, @dumps) {
    require Alicia::Report::Html;
    my @groups = _groups(@dumps);
    my @broken = grep { defined $_->{error} } @dumps;
    my %values = (dumps => scalar @dumps, redacted => $report->{redact} ? 1 : 0);
    my %page   = (
        %values,
        groups => [map { _group_shown($_) } @groups],
        broken => [map { {file => visible($_->{file}), error => $_->{error}, report => $_->{report}} } @broken],
    );
    _write("$output/index.html", Alicia::Report::Html::render_index(\%page));
    my %data = (
        format  => 'alicia-reports',
        version => 1,
        crashes => [map { _group_data($_) } @groups],
        broken  => [map { _broken_data($_) } @broken],
    );
    _write("$output/index.json", Cpanel::JSON::XS->new->utf8->canonical->pretty->encode(\%data));
    return;
}

# Summaries have been through JSON and are characters; the page is bytes.
sub _bytes ($text) {
    utf8::encode($text) if defined $text;
    return $text;
}

sub _characters ($text) {
    my $shown = visible($text);
    utf8::decode($shown);
    return $shown;
}

sub _group_shown ($group) {
    my @dumps = map {
        my $dump = $_;
        +{
            name => $dump->{name},
            file => visible($dump->{file}),
            map { $_ => _bytes($dump->{facts}{$_}) } qw(nodename release date uptime)
        }
    } @{$group->{dumps}};
    my $signature = $group->{signature};
    return {
        (map { $_ => _bytes($group->{$_}) } qw(headline sentence stop)),
        signature => $signature && {map { $_ => _bytes($signature->{$_}) } keys %$signature},
        dumps     => \@dumps,
        count     => scalar @dumps,
    };
}

sub _group_data ($group) {
    my @dumps = map { +{%{$_->{facts}}, file => _characters($_->{file}), report => "$_->{name}/report.html"} }
        @{$group->{dumps}};
    return {%$group, dumps => \@dumps};
}

sub _broken_data ($dump) {
    return {
        (map { $_ => _characters($dump->{$_}) } qw(file error)),
        defined $dump->{report} ? (report => $dump->{report}) : (),
    };
}

sub _write ($file, $content) {
    print 'Writing to ', basename($file), "\n";
    open my $out, '>:raw', $file or die "cannot write $file: $!\n";
    print {$out} $content or die "cannot write $file: $!\n";
    close $out            or die "cannot write $file: $!\n";
    return;
}

package Alicia::Report::Folder::Children;    ## no critic (ProhibitMultiplePackages)

sub new ($class, $running, $output) { return bless {running => $running, output => $output, process => $$}, $class }

# Each removes what it has not finished; its folder stays if something else is in it.
sub DESTROY ($self) {
    return if $self->{process} != $$;
    my $running = $self->{running};
    kill 'INT', keys %$running;
    for my $pid (keys %$running) {
        my $waited = 0;
        while (waitpid($pid, POSIX::WNOHANG()) == 0) {
            kill 'KILL', $pid if ++$waited == 100;
            Time::HiRes::sleep(0.02);
        }
        my $folder = "$self->{output}/$running->{$pid}{name}";
        unlink "$folder/errors.txt", "$folder/summary.json";
        rmdir $folder;
    }
    return;
}

1;
