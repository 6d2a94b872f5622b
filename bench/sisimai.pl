#!/usr/bin/perl
# sisimai.pl DIRECTORY [SECONDS]: the same mails through Sisimai, whole files as it wants them, one process.
use strict;
use warnings;
use Sisimai;
use Time::HiRes 'time';

my ($directory, $seconds) = (@ARGV, 6);
my @files = sort grep { -f } glob("$directory/*");
my ($rounds, $spent, $recipients) = (0, 0, 0);

exit 1 unless @files;
while ($spent < $seconds) {
	my $begun = time;
	for my $file (@files) {
		my $found = eval { Sisimai->make($file, delivered => 1) };
		$recipients += scalar @$found if $found;
	}
	$spent += time - $begun;
	$rounds++;
}
printf "%d\n", @files * $rounds / $spent;
printf STDERR "Sisimai %s: %d recipients in %d mails\n", $Sisimai::VERSION, $recipients / $rounds, scalar @files;
