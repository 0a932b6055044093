# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Test;

# What tests of the real program share: the dumps of the factory, and a way to run alicia and see all it did.
# CTest sets ALICIA to the program under test.

use strict;
use warnings;
use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use File::Temp;
use IO::Select;
use IPC::Open3  qw(open3);
use POSIX       ();
use Symbol      qw(gensym);
use Time::HiRes ();

our @EXPORT_OK = qw(alicia alicia_path dump_folder debuginfo in_this_run run_program slurp spew types_file);

my $tests = abs_path(dirname(__FILE__) . '/../..');

# alicia_path(): the program under test.
sub alicia_path {
    return $ENV{ALICIA} // abs_path("$tests/../build/release/bin/alicia");
}

# dump_folder($scenario): the factory's folder for a scenario, made if it isn't there. Dies where it can't be made.
my %folder;

sub dump_folder {
    my ($scenario) = @_;
    return $folder{$scenario} //= do {
        my $run = run_program(["$tests/vmcores/make", '--path', $scenario], timeout => 1800);
        die "no dump for $scenario:\n$run->{out}$run->{err}" if $run->{status} != 0;
        (split /\n/, $run->{out})[-1];
    };
}

# in_this_run(@scenarios): those of them that this run of the tests looks at: the ones CI makes, or, where ALICIA_FULL is
# set, as tools/test --full does, all.
sub in_this_run {
    my @scenarios = @_;
    return @scenarios if $ENV{ALICIA_FULL};
    my %made = map { $_ => 1 } split ' ', slurp("$tests/vmcores/ci");
    return grep { $made{$_} } @scenarios;
}

# debuginfo($scenario): the paths of its kernel's vmlinux and System.map.
sub debuginfo {
    my ($scenario) = @_;
    my $run = run_program(["$tests/vmcores/make", '--debuginfo', $scenario], timeout => 1800);
    die "no debuginfo for $scenario:\n$run->{out}$run->{err}" if $run->{status} != 0;
    my ($vmlinux) = $run->{out} =~ m{^(/\S*vmlinux\S*)$}m;
    my ($map)     = $run->{out} =~ m{^(/\S*System\.map\S*)$}m;
    return ($vmlinux, $map);
}

# types_file($scenario): a file with its kernel's types alone, as lcrash wants one: for i386, which has no BTF, compiled
# from the kernel's headers; else the BTF that lies in the dump.
my %types;

sub types_file {
    my ($scenario) = @_;
    return $types{$scenario} //= do {
        if ($scenario =~ /i386/) {
            my $run = run_program(["$tests/vmcores/make", '--kerntypes', $scenario], timeout => 1800);
            die "no Kerntypes for $scenario:\n$run->{err}" if $run->{status} != 0;
            chomp $run->{out};
            $run->{out};
        } else {
            my $file = File::Temp->new(SUFFIX => '.btf');
            my $run  = alicia('-q', '-e', <<'END', (glob dump_folder($scenario) . '/dump.kdump')[0]);
my $at = get_addr('__start_BTF'); my $end = get_addr('__stop_BTF'); binmode STDOUT; while ($at < $end) { my $size = $end - $at > 1e6 ? 1e6 : $end - $at; print read_mem($at, $size); $at += $size }
END
            die "no types of $scenario:\n$run->{err}" if $run->{status} != 0;
            print {$file} $run->{out};
            close $file or die "cannot write the types: $!";
            $file;
        }
    };
}

# alicia(@arguments): runs the program under test, its configuration and history kept away from the user's.
# A first argument that is a hash holds options: input (text for standard input), timeout (seconds), env (a hash).
sub alicia {
    my @arguments = @_;
    my %options   = ref $arguments[0] ? %{shift @arguments} : ();
    return run_program([alicia_path(), @arguments], %options);
}

# run_program(\@command, %options): { out, err, status (exit status), signal, seconds }. A program that outlives its
# timeout (default 120 s) is killed and has the signal 9.
sub run_program {
    my ($command, %options) = @_;
    local %ENV = (%ENV, %{$options{env} // {}});
    my $began = Time::HiRes::time();
    my $input = File::Temp->new;
    print {$input} $options{input} // '';
    close $input or die "cannot write the input: $!";
    open my $stdin, '<', $input->filename or die "cannot open the input: $!";
    my $err    = gensym;
    my $pid    = open3('<&' . fileno $stdin, my $out, $err, @{$command});
    my %text   = (out         => '',    err         => '');
    my %name   = (fileno $out => 'out', fileno $err => 'err');
    my $select = IO::Select->new($out, $err);
    my $limit  = $began + ($options{timeout} // 120);

    while ($select->count) {
        my $left  = $limit - Time::HiRes::time();
        my @ready = $left > 0 ? $select->can_read($left) : ();
        if (!@ready) {
            kill 'KILL', $pid;
            last;
        }
        for my $handle (@ready) {
            my $read = sysread $handle, $text{$name{fileno $handle}}, 65536, length $text{$name{fileno $handle}};
            $select->remove($handle) if !$read;
        }
    }
    waitpid $pid, 0;
    return {%text, status => $? >> 8, signal => $? & 127, seconds => Time::HiRes::time() - $began};
}

# slurp($file): its bytes.
sub slurp {
    my ($file) = @_;
    open my $handle, '<:raw', $file or die "cannot read $file: $!";
    local $/ = undef;
    return scalar <$handle>;
}

# spew($file, $text)
sub spew {
    my ($file, $text) = @_;
    open my $handle, '>:raw', $file or die "cannot write $file: $!";
    print {$handle} $text;
    close $handle or die "cannot write $file: $!";
    return;
}

1;
