# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Pty;

# A program at a pseudo-terminal of its own, and someone who types there. Its home is an empty folder; Readline's marks
# around pasted text are off, so that what is seen is text.

use strict;
use warnings;
use Alicia::Test qw(spew);
use Expect;
use File::Temp;
use POSIX ();
use Test::More;

my $patience = 60;

# new($class, @command): starts the program. With a hash first: env, more of the environment.
sub new {
    my ($class, @command) = @_;
    my %options = ref $command[0] ? %{shift @command} : ();
    my $home    = File::Temp->newdir;
    spew("$home/inputrc", "set enable-bracketed-paste off\n");
    local %ENV = (
        %ENV,
        HOME           => "$home",
        XDG_STATE_HOME => "$home/state",
        TERM           => 'vt100',
        INPUTRC        => "$home/inputrc",
        %{$options{env} // {}},
    );
    my $terminal = Expect->new;
    $terminal->log_stdout(0);
    $terminal->slave->set_winsize(24, 80, 0, 0);
    keep_output($terminal->slave->fileno);
    $terminal->spawn(@command) or die "cannot start @command: $!";
    return bless {terminal => $terminal, home => $home}, $class;
}

# Ctrl-C makes the terminal forget what it was to show, and on a busy machine it does so after the answer to Ctrl-C.
sub keep_output {
    my ($descriptor) = @_;
    my $modes = POSIX::Termios->new;
    $modes->getattr($descriptor);
    $modes->setlflag($modes->getlflag | POSIX::NOFLSH());
    $modes->setattr($descriptor, POSIX::TCSANOW());
    return;
}

# home(): the folder that is the program's HOME.
sub home { my ($self) = @_; return "$self->{home}" }

# type($text): as keys; "\r" is Enter, "\cC" Ctrl-C.
sub type { my ($self, $text) = @_; $self->{terminal}->send($text); return }

# sees($what, $name): passes once the text or pattern has come; what came up to its end is forgotten. Returns what stood
# before it.
sub sees {
    my ($self, $what, $name) = @_;
    my $terminal = $self->{terminal};
    my $found    = $terminal->expect($patience, ref $what ? ('-re', "$what") : ('-ex', $what));
    my $before   = $terminal->before // '';
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok($found, $name // "sees $what") or diag('there is: ' . $before =~ s/[^ -~\n]/?/gr);
    return $before;
}

# answer($line): types a line and returns what it printed, up to the next prompt.
sub answer {
    my ($self, $line) = @_;
    $self->type("$line\r");
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    $self->sees("$line\r\n", "echo of: $line");
    return $self->sees('alicia> ', "prompt after: $line");
}

# leaves($name): passes once the program has ended by itself; returns its status as waitpid gives it.
sub leaves {
    my ($self, $name) = @_;
    my $terminal = $self->{terminal};
    $terminal->expect($patience, undef);
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    ok(defined $terminal->exitstatus, $name // 'leaves');
    return $terminal->exitstatus;
}

sub DESTROY {
    my ($self) = @_;
    kill 'KILL', $self->{terminal}->pid if !defined $self->{terminal}->exitstatus;
    $self->{terminal}->hard_close;
    return;
}

1;
