#!/usr/bin/perl
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs on_dump.pl over the factory's dumps. CTest gives the runner and the Perl library.
use strict;
use warnings;
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Alicia::Test qw(dump_folder run_program);
use Test::More;

my ($runner, $library, @scenarios) = @ARGV;
for my $scenario (@scenarios) {
    my $folder = dump_folder($scenario);
    my $run    = run_program([$runner, $library, "$Bin/on_dump.pl", "$folder/dump.kdump"],
        env => {ALICIA_TRUTH => "$folder/truth"});
    is $run->{status}, 0, "the API on $scenario"
        or diag grep { !/^ok/ } map {"$_\n"} split /\n/, "$run->{out}\n$run->{err}";
}
done_testing;
