package DnsServer;

# A name server on 127.0.0.1 for tests of nginx's resolver.
#
#     my $dns = DnsServer->start({
#         'name.test A'    => [['192.0.2.1'], ['192.0.2.2', '192.0.2.3']],
#         'name.test AAAA' => [['2001:db8::1']],
#         'gone.test A'    => ['SERVFAIL'],
#     });
#     $dns->port; $dns->queries('name.test A');
#
# Each list has an answer a query, the last one for all that follow: addresses,
# or SERVFAIL, or DROP for none at all.  A name that is not there at all does
# not exist; one that has another type has no addresses.

use warnings;
use strict;

use IO::Socket::INET;
use Socket qw(inet_aton inet_pton AF_INET6);
use POSIX ();
use File::Temp qw(tempfile);

my %code = (A => 1, AAAA => 28);
my %type = reverse %code;

sub start {
    my ($class, $zone) = @_;

    my $socket = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1')
        or die "no UDP socket: $@\n";
    my ($log, $file) = tempfile('dynworker-dns-XXXXXX', TMPDIR => 1, UNLINK => 1);

    my $self = bless { port => $socket->sockport, file => $file, owner => $$ }, $class;
    $self->{pid} = fork // die "fork: $!\n";
    if ($self->{pid} == 0) {
        $log->autoflush(1);
        _serve($socket, $zone, $log);
        POSIX::_exit(0);
    }
    return $self;
}

sub port { $_[0]{port} }

# How often "name TYPE" was asked for.
sub queries {
    my ($self, $what) = @_;
    open my $in, '<', $self->{file} or return 0;
    return scalar grep { $_ eq "$what\n" } <$in>;
}

sub _serve {
    my ($socket, $zone, $log) = @_;

    my %exists = map { (split / /)[0] => 1 } keys %$zone;
    my %asked;

    while (defined(my $peer = $socket->recv(my $query, 1500))) {
        my ($name, $type, $question) = _parse($query) or next;
        my $what = "$name $type";
        print $log "$what\n";

        my $answers = $zone->{$what};
        my $answer = [];
        if ($answers) {
            my $n = $asked{$what}++;
            $answer = $answers->[$n < @$answers ? $n : -1];
        }
        next if $answer eq 'DROP';

        my $rcode = $answer eq 'SERVFAIL' ? 2 : $exists{$name} ? 0 : 3;
        my @addresses = ref $answer ? @$answer : ();
        my $reply = substr($query, 0, 2)
            . pack('nnnnn', 0x8180 | $rcode, 1, scalar @addresses, 0, 0) . $question;
        for my $address (@addresses) {
            my $data = $type eq 'A' ? inet_aton($address)
                                    : inet_pton(AF_INET6, $address);
            # the name is a pointer to the question's; nobody may cache it
            $reply .= pack('nnnNn', 0xc00c, $code{$type}, 1, 0, length $data) . $data;
        }
        $socket->send($reply, 0, $peer);
    }
}

sub _parse {
    my ($query) = @_;
    my ($at, @labels) = (12);
    return if length $query < 17;
    while ((my $length = ord substr $query, $at, 1) > 0) {
        push @labels, substr $query, $at + 1, $length;
        $at += $length + 1;
        return if $at >= length $query;
    }
    my $type = $type{unpack 'n', substr $query, $at + 1, 2} or return;
    return (lc join('.', @labels), $type, substr $query, 12, $at + 5 - 12);
}

sub DESTROY {
    my ($self) = @_;
    return unless $self->{owner} == $$;
    local ($?, $!);
    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
