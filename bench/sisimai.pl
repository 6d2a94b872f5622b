#!/usr/bin/perl
# sisimai.pl DIRECTORY [SECONDS]: mails a second of one core's time through Sisimai, whole files as it wants them.
use strict;
use warnings;
use Sisimai;

my ($directory, $seconds) = (@ARGV, 6);
my @files = sort grep { -f } glob("$directory/*");
my ($rounds, $spent, $recipients) = (0, 0, 0);

exit 1 unless @files;

sub spent { my ($user, $system) = times; return $user + $system }

while ($spent < $seconds) {
	my $begun = spent();
	for my $file (@files) {
		my $found = eval { Sisimai->make($file, delivered => 1) };
		$recipients += scalar @$found if $found;
	}
	$spent += spent() - $begun;
	$rounds++;
}
printf "%d\n", @files * $rounds / $spent;
printf STDERR "Sisimai %s: %d recipients in %d mails\n", $Sisimai::VERSION, $recipients / $rounds, scalar @files;
