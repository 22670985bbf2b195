#!/usr/bin/perl

# Feeds every test to prove's own harness, so that C, JavaScript and Perl are
# counted alike.  See tools/test.sh.

use warnings;
use strict;

use File::Basename qw(basename);
use TAP::Harness;
use TAP::Parser::Aggregator;

my $build = $ENV{BUILD} || 'build';

my @tests = @ARGV;
@tests = (glob('t/unit/*.c'), glob('t/runtime/*.js'), glob('t/*.t'),
         glob('t/seed/*.t'))
    unless @tests;

for my $test (@tests) {
    die "test: no \"$test\"\n" unless -f $test;
}

sub command {
    my ($harness, $test) = @_;

    return ["$build/unit/" . basename($test, '.c')] if $test =~ /\.c$/;

    return ['node', '--test-reporter=./t/runtime/lib/tap-reporter.js', $test]
        if $test =~ /\.js$/;

    if ($ENV{TEST_NGINX_ASAN_OPTIONS}) {
        return ['env', "ASAN_OPTIONS=$ENV{TEST_NGINX_ASAN_OPTIONS}",
                $^X, $test];
    }

    return [$^X, $test];
}

my $harness = TAP::Harness->new({
    verbosity => $ENV{TEST_VERBOSE} ? 1 : 0,
    timer     => 1,
    color     => -t STDOUT ? 1 : 0,
    exec      => \&command,
});

# What failed, and what the file says about it, stands again at the end.
my @failures;

$harness->callback(made_parser => sub {
    my ($parser, $job) = @_;
    my ($test) = @$job;
    my $failed = 0;

    $parser->callback(ALL => sub {
        my ($result) = @_;

        if ($result->is_test) {
            $failed = !$result->is_ok;
            push @failures, "\n$test:" if $failed;
        }

        push @failures, $result->raw if $failed;
    });
});

# One port and one server root for all, so one at a time.  A file that bails out
# (as Test::Nginx does when nginx refuses a configuration) ends itself alone.
my $all = TAP::Parser::Aggregator->new;
my $bailed = 0;

$all->start;
for my $test (@tests) {
    next if eval { $harness->aggregate_tests($all, $test); 1 };
    print "\n$test: $@\n";
    $bailed++;
}
$all->stop;

print "\n";
$harness->formatter->summary($all);
print map { "$_\n" } @failures, '' if @failures;

# A file that dies, or that announced more tests than it ran, has failed once
# even if each of its answers was "ok".
my $failed = $all->failed;
for my $test ($all->descriptions) {
    my ($parser) = $all->parsers($test);
    $failed++ if $parser->has_problems && !$parser->failed;
}
$failed = $bailed if $failed < $bailed;

printf "%d passed, %d failed\n", scalar $all->passed, $failed;

exit($failed || !$all->passed ? 1 : 0);
