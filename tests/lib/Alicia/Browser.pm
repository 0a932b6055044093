# SPDX-License-Identifier: GPL-3.0-or-later
package Alicia::Browser;

# A headless Chromium that looks at a page and is told what to do, through chromedriver and the WebDriver protocol
# (https://www.w3.org/TR/webdriver2/).

use v5.36;
use Cpanel::JSON::XS ();
use File::Temp       ();
use HTTP::Tiny       ();
use IO::Socket::INET ();
use MIME::Base64     qw(decode_base64);
use POSIX            ();
use Time::HiRes      ();
use Alicia::Test     qw(spew);

my $patience = 60;    # seconds, for a start

# Alone with its page: no sandbox, since tests may run as root, and nothing that would ask the network.
my @options = qw(
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars
);

# new($class)
sub new ($class) {
    my $profile = File::Temp->newdir;
    my $port    = _free_port();
    my $log     = "$profile/chromedriver.log";
    my $pid     = fork // die "cannot start chromedriver: $!";
    if ($pid == 0) {
        open STDOUT, '>',  $log     or POSIX::_exit(127);
        open STDERR, '>&', \*STDOUT or POSIX::_exit(127);
        exec 'chromedriver', "--port=$port" or POSIX::_exit(127);
    }
    my $self = bless {pid => $pid, base => "http://127.0.0.1:$port", profile => $profile}, $class;
    $self->{http} = HTTP::Tiny->new(timeout => 120, no_proxy => ['127.0.0.1']);
    my $until = Time::HiRes::time() + $patience;
    until ((eval { $self->_ask(GET => '/status') } // {})->{ready}) {
        die 'chromedriver does not start' if Time::HiRes::time() > $until;
        Time::HiRes::sleep(0.1);
    }
    my %wanted  = (args => [@options, "--user-data-dir=$profile/profile"]);
    my $session = $self->_ask(
        POST => '/session',
        {
            capabilities =>
                {alwaysMatch => {'goog:chromeOptions' => \%wanted, 'goog:loggingPrefs' => {browser => 'ALL'}}}
        }
    );
    $self->{session} = "/session/$session->{sessionId}";
    return $self;
}

sub _free_port () {
    my $socket = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1') or die "no port: $!";
    return $socket->sockport;
}

sub _ask ($self, $method, $path, $body = undef) {
    my %content = $body ? (content => Cpanel::JSON::XS->new->utf8->encode($body)) : ();
    my $answer  = $self->{http}->request($method, "$self->{base}$path", \%content);
    my $value   = eval { Cpanel::JSON::XS->new->utf8->decode($answer->{content})->{value} };
    die "$method $path: " . ($value ? $value->{message} : $answer->{content}) . "\n" if !$answer->{success};
    return $value;
}

sub _tell ($self, $path, $body = {}) { return $self->_ask(POST => "$self->{session}$path", $body) }

# open_page($file): loads a local file, all of it.
sub open_page ($self, $file) { return $self->_tell('/url', {url => "file://$file"}) }

# run($script, @arguments): what the body of a function in JavaScript returns.
sub run ($self, $script, @arguments) {
    return $self->_tell('/execute/sync', {script => $script, args => \@arguments});
}

# click($selector), type($selector, $text): at the first element that it selects, as a user would. A text may have keys
# of WebDriver's in it.
sub click ($self, $selector) { return $self->_tell($self->_element($selector) . '/click') }

sub type ($self, $selector, $text) {
    return $self->_tell($self->_element($selector) . '/value', {text => $text});
}

sub _element ($self, $selector) {
    my $found = $self->_tell('/element', {using => 'css selector', value => $selector});
    return '/element/' . (values %$found)[0];
}

# size($width, $height): of the window.
sub size ($self, $width, $height) { return $self->_tell('/window/rect', {width => $width, height => $height}) }

# devtools($command, \%arguments): one of Chromium's own.
sub devtools ($self, $command, $arguments = {}) {
    return $self->_tell('/goog/cdp/execute', {cmd => $command, params => $arguments});
}

# picture($file): what the window shows, as PNG.
sub picture ($self, $file) {
    spew($file, decode_base64($self->_ask(GET => "$self->{session}/screenshot")));
    return;
}

# complaints(): what the page's console has, errors of scripts among it; a list of texts.
sub complaints ($self) {
    return map { $_->{message} } @{$self->_tell('/se/log', {type => 'browser'})};
}

sub DESTROY ($self) {
    local ($@, $?, $!);
    eval { $self->_ask(DELETE => $self->{session}) } if $self->{session};
    kill 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;
    return;
}

1;
