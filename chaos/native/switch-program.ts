/**
 * A switch between TAP devices as a Perl program, for `perl -e`: Perl is on every Debian and has
 * ioctl; Node has not. Arguments: a seed, then the devices' names; it makes them, says "ready", and
 * ends with its standard input, whereupon the kernel removes them.
 *
 * A line on standard input is the rule of one direction, by the places of the two devices:
 * `from to cut delayMs jitterMs loss duplicate reorder corrupt bytesPerSecond`, or `from to` for
 * none. It says "touched N" as frames meet rules. Frames go by the last byte of their hardware
 * address, which is the place of their device; what is no IPv4 and no ARP goes nowhere.
 */
export const SWITCH_PROGRAM: string = `
use strict;
use Time::HiRes qw(time);
use Fcntl;
my ($seed, @names) = @ARGV;
srand($seed);
my (@taps, @rules, @free, @last, @queue);
for my $name (@names) {
  open(my $tap, "+<", "/dev/net/tun") or die "tun: $!";
  # TUNSETIFF: IFF_TAP | IFF_NO_PI
  my $request = pack("a16s", $name, 0x1002) . "\\0" x 22;
  ioctl($tap, 0x400454ca, $request) or die "TUNSETIFF: $!";
  fcntl($tap, F_SETFL, fcntl($tap, F_GETFL, 0) | O_NONBLOCK);
  push @taps, $tap;
}
my ($touched, $told, $toldAt, $commands) = (0, 0, 0, "");
$| = 1;
print "ready\\n";

# In the order of leaving; nearly all are put at the end.
sub put {
  my ($at, $to, $frame) = @_;
  my $place = @queue;
  $place-- while $place > 0 && $queue[$place - 1][0] > $at;
  splice(@queue, $place, 0, [$at, $to, $frame]);
}

sub pass {
  my ($from, $to, $frame, $isAddress) = @_;
  my $rule = $rules[$from][$to];
  my $now = time;
  unless ($rule) {
    my $last = $last[$from][$to] // 0;
    if ($last > $now) { put($last, $to, $frame) } else { syswrite($taps[$to], $frame) }
    return;
  }
  my ($cut, $delay, $jitter, $loss, $twice, $reorder, $corrupt, $rate) = @$rule;
  $touched++;
  return if $cut;
  # Who has which address is asked again only after a second: that is no fault of the link's.
  if ($isAddress) { syswrite($taps[$to], $frame); return }
  return if rand() < $loss;
  for (1 .. (rand() < $twice ? 2 : 1)) {
    my $free = $free[$from][$to] // 0;
    $free = $now if $free < $now;
    $free += length($frame) / $rate if $rate > 0;
    # A second's worth waits; what comes then is dropped, as by any switch.
    return if $free > $now + 1;
    $free[$from][$to] = $free;
    my $wait = $delay + (2 * rand() - 1) * $jitter;
    my $leaves = $free + ($wait > 0 ? $wait / 1000 : 0);
    if (rand() < $reorder) { $leaves += 0.02 }
    else {
      my $last = $last[$from][$to] // 0;
      $leaves = $last if $leaves < $last;
      $last[$from][$to] = $leaves;
    }
    my $copy = $frame;
    if (rand() < $corrupt) {
      my $at = 14 + int(rand(length($copy) - 14));
      substr($copy, $at, 1) = chr(ord(substr($copy, $at, 1)) ^ (1 << int(rand(8))));
    }
    put($leaves, $to, $copy);
  }
}

sub take {
  my ($from) = @_;
  for (1 .. 64) {
    my $count = sysread($taps[$from], my $frame, 65536);
    return unless $count;
    next if $count < 15;
    my $type = unpack("n", substr($frame, 12, 2));
    next unless $type == 0x0800 || $type == 0x0806;
    my $isAddress = $type == 0x0806;
    if (ord($frame) & 1) {
      for my $to (0 .. $#taps) { pass($from, $to, $frame, $isAddress) if $to != $from }
    } else {
      my $to = ord(substr($frame, 5, 1));
      pass($from, $to, $frame, $isAddress) if $to < @taps && $to != $from;
    }
  }
}

while (1) {
  my $bits = "";
  vec($bits, fileno(STDIN), 1) = 1;
  vec($bits, fileno($_), 1) = 1 for @taps;
  my $wait = @queue ? $queue[0][0] - time : 0.1;
  $wait = 0 if $wait < 0;
  $wait = 0.1 if $wait > 0.1;
  select($bits, undef, undef, $wait);
  if (vec($bits, fileno(STDIN), 1)) {
    exit 0 unless sysread(STDIN, $commands, 65536, length($commands));
    while ($commands =~ s/^(.*)\\n//) {
      my ($from, $to, @rule) = split(/ /, $1);
      $rules[$from][$to] = @rule ? [@rule] : undef;
    }
  }
  for my $from (0 .. $#taps) { take($from) if vec($bits, fileno($taps[$from]), 1) }
  my $now = time;
  while (@queue && $queue[0][0] <= $now) {
    my (undef, $to, $frame) = @{ shift @queue };
    syswrite($taps[$to], $frame);
  }
  if ($touched != $told && $now > $toldAt + 0.05) {
    print "touched $touched\\n";
    ($told, $toldAt) = ($touched, $now);
  }
}
`;
