# SPDX-License-Identifier: GPL-3.0-or-later
# The drawing of the last seconds: what is drawn and listed against what the command prints, and in a browser enlarging a
# section and reading an event, by mouse, touch and keys.
use v5.36;
use utf8;
use Test::More;
use Alicia::Browser;
use Alicia::Test  qw(alicia dump_folder slurp spew);
use Alicia::Truth qw(output_of stop_and_trace);
use File::Temp    qw(tempdir);
use List::Util    qw(min sum);

my $place = tempdir(CLEANUP => 1);
my $dump  = dump_folder('sysrq-6.1') . '/dump.kdump';

# The guest ended its trace some seconds before it stopped: a section that begins in the middle of it has events of it.
my ($end, $traced) = stop_and_trace('sysrq-6.1');
my @traced  = $traced =~ /^\[ *([0-9.]+)\]/gm;
my $seconds = int($end / 1e9 - $traced[@traced / 2]) + 1;
system('mkdir', '-p', "$place/lib/Alicia/Report/Section") == 0 or die;
spew("$place/lib/Alicia/Report/Section/LongSeconds.pm", <<"SECTION");
package Alicia::Report::Section::LongSeconds;
use v5.36;
use parent 'Alicia::Report::Section::LastSeconds';
sub title   {'Long Seconds'}
sub seconds {$seconds}
1;
SECTION
my $run = alicia('-q', '-e', "use lib '$place/lib'",
    '-e', "report(output=>'$place/page.html', details=>0, sections=>['long_seconds'])", $dump);
is $run->{status}, 0, 'the report' or diag $run->{err};
my $page = slurp("$place/page.html");
cmp_ok length $page, '<', 120_000, 'is small';

my @lines = $page =~ m{<span(?: data-long="\d+")?>(\[.*?)</span>}g;
for (@lines) { s/&lt;/</g; s/&gt;/>/g; s/&#39;/'/g; s/&quot;/"/g; s/&amp;/&/g }
my ($printed) = output_of('sysrq-6.1', "timeline -s $seconds -a 1");
my %printed   = map { $_ => 1 } split /\n/, $printed;
is_deeply [grep { !/[.]{3}\z/ && !$printed{$_} } @lines], [], 'what it lists is what the command prints';
my %listed;
$listed{(split ' ', s/\A\[ *\S+ +//r)[1]}++ for @lines;
my %there;
$there{(split ' ', s/\A\[ *\S+ +//r)[1]}++ for grep {/\A\[/} split /\n/, $printed;
is $listed{$_},    $there{$_},            "all events of $_" for qw(task timer);
is $listed{log},   min($there{log}, 120), 'the last of the log';
is $listed{trace}, 200,                   'and the last of the trace';
my ($left) = $page =~ /(\d+) more events are not shown here/;
is $left, sum(values %there) - sum(values %listed), 'it says how many it has not';

my %strokes = map { $_ => scalar(() = ($page =~ /<path class="$_" d="([^"]*)"/)[0] =~ /M/g) } qw(log trace task timer);
is $strokes{$_}, $listed{$_}, "each of $_ is drawn" for sort keys %strokes;
my ($from)  = $page =~ /data-from="(\d+)"/;
my ($panic) = map { /\A\[ *(\d+)[.](\d+)\] +- log +Kernel panic/ ? $1 * 1_000_000 + $2 - $from : () } @lines;
like $page, qr/<path class="log" d="[^"]*M$panic 56v18/, 'where it belongs';
my ($spans) = $page =~ /<path class="spans" d="([^"]*)"/;
cmp_ok scalar(() = $spans =~ /M/g), '>', 20, 'and how much was traced';

my $browser = Alicia::Browser->new;
$browser->size(1300, 900);
$browser->open_page("$place/page.html");
sub value ($script, @arguments) { return $browser->run("return $script", @arguments) }

sub view () {
    return map { $_ + 0 } split / /, value('document.querySelector(".marks").getAttribute("viewBox")');
}
sub reading () { return value('document.querySelector(".reading").textContent') }

# Where a time and a lane are in the window.
sub point ($time, $lane) {
    my ($first, undef, $width) = view();
    my $box = value('(b => [b.left, b.top, b.width])(document.querySelector(".marks").getBoundingClientRect())');
    return (x => $box->[0] + $box->[2] * ($time - $first) / $width, y => $box->[1] + 26 * $lane + 13);
}

sub mouse ($what, %where) {
    my %held = $what eq 'Moved'
        && !$where{held} ? () : (button => 'left', buttons => $what eq 'Released' ? 0 : 1, clickCount => 1);
    delete $where{held};
    $browser->devtools('Input.dispatchMouseEvent', {type => "mouse$what", %held, %where});
    return;
}

my $width = (view())[2];
subtest 'enlarging' => sub {
    is $width, ($seconds + 1) * 1_000_000, 'all of it at first';
    my @labels = @{value('Array.from(document.querySelectorAll(".axis text")).map(t => t.textContent)')};
    cmp_ok scalar @labels, '>=', 5, 'with times';
    is scalar(grep { $_ eq 'end' } @labels), 1, 'the end among them';
    mouse('Pressed',  point(4_000_000,      2));
    mouse('Moved',    point($_ * 1_000_000, 2), held => 1) for 5 .. 8;
    mouse('Released', point(8_000_000,      2));
    my @view = view();
    cmp_ok abs($view[0] - 4_000_000), '<', $width / 500, 'a section that was dragged over: its beginning';
    cmp_ok abs($view[2] - 4_000_000), '<', $width / 250, 'and width';
    isnt value('document.querySelector(".axis").textContent'), join('', @labels), 'has other times';
    $browser->click('[data-do=in]');
    cmp_ok abs((view())[2] * 2 / $view[2] - 1), '<', 0.01, 'the half of it';
    my ($before) = view();
    $browser->click('[data-do=right]');
    cmp_ok + (view())[0], '>', $before, 'later';
    $browser->click('[data-do=left]');
    cmp_ok abs((view())[0] - $before), '<', 2, 'earlier';
    $browser->click('[data-do=out]');
    cmp_ok abs((view())[2] / $view[2] - 1), '<', 0.01, 'back';
    $browser->click('[data-do=all]');
    is + (view())[2], $width, 'all of it';
    $browser->type('.track', '+');
    is + (view())[2], $width / 2, 'by a key';
    $browser->type('.track', '-');
    is + (view())[2], $width, 'and back';
    $browser->type('.track', '+') for 1 .. 30;
    cmp_ok + (view())[2], '>=', 10, 'it ends at microseconds';
    $browser->type('.track', "\x{e00c}");
    is + (view())[2], $width, 'Escape shows all';
};

subtest 'reading' => sub {
    my ($first) = grep {/ - log /} @lines;
    my ($at, $words) = $first =~ /\A\[ *(\d+[.]\d+)\] +- log +(.*)/;
    my $micro = $at * 1_000_000 - $from;
    mouse('Moved', point($micro, 2));
    like reading(), qr/\A\[\Q$at\E\] [\d.]+ m?s before the end, log: \Q$words\E\z/, 'what the mouse is on';
    mouse('Moved', point(14_000_000, 4));
    like reading(), qr/\Q$words\E\z/, 'stays while it is on nothing';

    my ($timer) = grep {/ timer /} @lines;
    my ($due, $cpu, $what) = $timer =~ /\A\[ *(\d+[.]\d+)\] +(\d+) timer +(.*)/;
    my %tap = point($due * 1_000_000 - $from, 3);
    $browser->devtools('Emulation.setTouchEmulationEnabled', {enabled => \1});
    $browser->devtools('Input.dispatchTouchEvent', {type => 'touchStart', touchPoints => [\%tap]});
    $browser->devtools('Input.dispatchTouchEvent', {type => 'touchEnd',   touchPoints => []});
    like reading(), qr/ timer: /, 'a timer that was tapped';
    $browser->devtools('Emulation.setTouchEmulationEnabled', {enabled => \0});
    $browser->type('.track', "\x{e00c}");
    $browser->type('.track', "\x{e014}");
    my @said = reading();
    $browser->type('.track', "\x{e014}");
    push @said, reading();
    my $bare = sub ($line) { $line =~ s/\A\[ *(\d+[.]\d+)\] +(\S+) (\w+) +(.*)\z/$4/sr };

    for my $index (0, 1) {
        like $said[$index], qr/\A\[[\d.]+\] .*: \Q${\ $bare->($lines[$index])}\E\z/, "by the keyboard: event $index";
    }
    is value('document.querySelectorAll(".events .chosen").length'), 1, 'the list shows where that is';
    $browser->type('.track', "\x{e012}");
    is reading(), $said[0], 'and back';
    $browser->click('[data-do=in]') for 1 .. 12;
    $browser->type('.track', "\x{e014}") for 1 .. 30;
    my @view = view();
    my ($then) = reading() =~ /\A\[(\d+[.]\d+)\]/;
    $then = $then * 1_000_000 - $from;
    ok $then >= $view[0] && $then <= $view[0] + $view[2], 'what is walked to comes into view';
    $browser->type('.track', "\x{e00c}");
};

subtest 'phone, paper, search' => sub {
    $browser->devtools('Emulation.setDeviceMetricsOverride',
        {width => 360, height => 740, deviceScaleFactor => 1, mobile => \1});
    is value('document.documentElement.scrollWidth'), 360, 'nothing is wider than a phone';
    cmp_ok value('document.querySelector(".track").clientWidth'), '>', 200, 'nor too narrow to see';
    $browser->devtools('Emulation.clearDeviceMetricsOverride');
    $browser->click('[data-do=in]');
    $browser->devtools('Emulation.setEmulatedMedia', {media => 'print', features => []});
    $browser->run('window.dispatchEvent(new Event("beforeprint"))');
    is value('getComputedStyle(document.querySelector(".timeline .keys")).display'), 'none', 'no button is printed';
    is + (view())[2],                                                                $width, 'all of it is printed';
    cmp_ok value('document.querySelector(".events").offsetHeight'), '>', 500, 'and the list';
    $browser->devtools('Emulation.setEmulatedMedia', {media => '', features => []});
    $browser->open_page("$place/page.html");
    $browser->type('#search', 'sysrq_handle_crash');
    cmp_ok value('document.querySelectorAll(".events .hit").length'), '>', 0, 'the list is searched';
    is_deeply [$browser->complaints], [], 'no script complained';
};

undef $browser;
done_testing;
