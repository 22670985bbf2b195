# Names: what is resolved is checked, and what was checked is connected to.
#
# In a network namespace of its own, where public addresses are this machine's.

use warnings;
use strict;

use Test::More;

BEGIN {
    if (!$ENV{DYNWORKER_NETNS}) {
        for my $unshare (['unshare', '-n'], ['unshare', '-rn']) {
            next if system("@$unshare true 2> /dev/null") != 0;
            $ENV{DYNWORKER_NETNS} = 1;
            exec @$unshare, $^X, $0, @ARGV or die "exec: $!\n";
        }
        plan skip_all => 'no network namespaces here';
    }
}

use DynWorker;
use DnsServer;

my $V4 = '93.184.215.14';
my $V6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c';

system('ip link set lo up && ip addr add 93.184.215.14/32 dev lo'
    . " && ip addr add $V6/128 dev lo nodad") == 0
    or plan skip_all => 'no "ip" to set addresses';

my %private = (
    'loopback.test A'     => '127.0.0.1',
    'loopback2.test A'    => '127.9.9.9',
    'zero.test A'         => '0.0.0.0',
    'zero8.test A'        => '0.1.2.3',
    'ten.test A'          => '10.0.0.1',
    'cgnat.test A'        => '100.64.0.1',
    'private.test A'      => '172.16.0.1',
    'private2.test A'     => '192.168.0.1',
    'link.test A'         => '169.254.1.1',
    'metadata.test A'     => '169.254.169.254',
    'ietf.test A'         => '192.0.0.1',
    'benchmark.test A'    => '198.18.0.1',
    'multicast.test A'    => '224.0.0.1',
    'class-e.test A'      => '240.0.0.1',
    'broadcast.test A'    => '255.255.255.255',
    'loopback.test AAAA'  => '::1',
    'any6.test AAAA'      => '::',
    'link6.test AAAA'     => 'fe80::1',
    'local6.test AAAA'    => 'fd00::1',
    'multicast6.test AAAA' => 'ff02::1',
    'mapped.test AAAA'    => '::ffff:127.0.0.1',
    'nat64.test AAAA'     => '64:ff9b::7f00:1',
    '6to4.test AAAA'      => '2002:7f00:1::1',
    'teredo.test AAAA'    => '2001:0:4136:e378:8000:63bf:3fff:fdd2',
);

my $dns = DnsServer->start({
    (map { $_ => [[$private{$_}]] } keys %private),
    'public.test A'       => [[$V4]],
    'six.test AAAA'       => [[$V6]],
    (map { ("both$_.test A" => [[$V4]], "both$_.test AAAA" => [[$V6]]) } 1 .. 10),
    'rebind.test A'       => [[$V4], ['127.0.0.1']],
    'some.test A'         => [[$V4, '10.0.0.1']],
    'other.test A'        => [[$V4]],
    'other.test AAAA'     => [['fd00::1']],
    'mapped-public.test AAAA' => [["::ffff:$V4"]],
    'empty.test TXT'      => [[]],
    'servfail.test A'     => ['SERVFAIL'],
    'servfail.test AAAA'  => ['SERVFAIL'],
    'silent.test A'       => ['DROP'],
    'silent.test AAAA'    => ['DROP'],
    'silent2.test A'      => ['DROP'],
    'silent2.test AAAA'   => ['DROP'],
});

my $port = $dns->port;

my $t = DynWorker->start(http => <<"END", config => <<'END', files => { 't.js' => <<'END' });
    resolver 127.0.0.1:$port;
    resolver_timeout 5s;
    dynworker_outbound checked { allow all; log logs/egress.log; pass /_out; }
    dynworker_outbound open { allow all; private_addresses on; pass /_out; }
    server { listen $V4:80 default_server; return 200 "public \$host"; }
    server { listen [$V6]:80 default_server; return 200 "public6 \$host"; }
    server { listen 127.0.0.1:80; listen [::1]:80 default_server; return 200 "private \$host"; }
END
    location = /_out {
        internal;
        proxy_pass http://$dynworker_outbound_peer$dynworker_outbound_uri;
        proxy_set_header Host $dynworker_outbound_host;
        proxy_buffering off;
    }
    location /t { dynworker_global_outbound checked; dynworker_script t.js; }
    location /open { dynworker_global_outbound open; dynworker_script t.js; }
END
const one = async (url, ms) => {
  try {
    const response = await fetch(url, ms ? { signal: AbortSignal.timeout(ms) } : {});
    return `${response.status} ${await response.text()}`;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};
export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const names = searchParams.get("names").split(",");
    const all = await Promise.all(names.map((name) =>
      one(`http://${name}/`, Number(searchParams.get("ms")))));
    return new Response(all.join("\n"));
  },
};
END

my $path = '/t';

sub answers {
    my ($names, $ms) = @_;
    return $t->get("$path?names=$names" . ($ms ? "&ms=$ms" : ''))->{content};
}

# -- which address ------------------------------------------------------------

is answers('public.test'), '200 public public.test', 'a public address';
is answers('six.test'), '200 public6 six.test', 'one of IPv6 alone';
is answers('mapped-public.test'), '200 public mapped-public.test',
    'an IPv4 address in an IPv6 one';
is answers(join ',', map { "both$_.test" } 1 .. 10),
    join("\n", map { "200 public both$_.test" } 1 .. 10), 'of both families, IPv4 it is';
is answers(join ',', ('public.test') x 20),
    join("\n", ('200 public public.test') x 20), 'many at once';

# -- what is refused ----------------------------------------------------------

for my $what (sort keys %private) {
    my ($name) = split / /, $what;
    is answers($name), '403 Domain not allowed', "$what $private{$what}";
}
is answers('some.test'), '403 Domain not allowed', 'one private address among others';
is answers('other.test'), '403 Domain not allowed', '... of the other family';

like $t->error_log, qr/host "metadata\.test" is refused, 169\.254\.169\.254 is a metadata address and policy "checked" has no "private_addresses on"/,
    'error.log says which and why';
ok wait_until { read_file($t->dir . '/logs/egress.log') =~ m{"http://some\.test/" refused:address 403} },
    '... and the policy\'s log';

# The same addresses, written in the URL.

for my $host (qw(127.0.0.1 127.1 0x7f.1 0177.1 2130706433 0 0.0.0.0 100.64.0.1 192.0.0.1
    198.18.0.1 240.0.0.1 255.255.255.255 169.254.169.254 [::1] [::] [fe80::1] [fd00::1]
    [ff02::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::7f00:1] [2002:7f00:1::1]
    [2001:0:4136:e378:8000:63bf:3fff:fdd2] localhost.test.127.0.0.1)) {
    like answers($host), qr/^(403 Domain not allowed|TypeError.*)$/, "http://$host/";
}
is answers($V4), "200 public $V4", 'a public one is let out';
is answers("[$V6]"), "200 public6 [$V6]", '... of IPv6, too';
like answers('[fe80::1%25lo]'), qr/^TypeError/, 'no zone ids';

# -- names that change ----------------------------------------------------------

{
    is answers('rebind.test'), '200 public rebind.test',
        'a name server that means well the first time';
    is $dns->queries('rebind.test A'), 1, '... is asked once, not for the connection again';

    my $answer = '';
    ok wait_until { ($answer = answers('rebind.test')) !~ /^200 public/ },
        '... and, asked anew,';
    is $answer, '403 Domain not allowed', '... gives an address that is refused';
    cmp_ok $dns->queries('rebind.test A'), '>=', 2, '... it was asked';
    unlike $t->error_log, qr/127\.0\.0\.1:80.*rebind/, 'nothing was sent there';
}

# -- names that have none -------------------------------------------------------

is answers('nobody.test'), 'TypeError: DNS lookup failed.', 'a name that does not exist';
is answers('empty.test'), 'TypeError: DNS lookup failed.', 'one without addresses';
is answers('servfail.test'), 'TypeError: DNS lookup failed.', 'one whose server fails';
is answers('silent.test'), 'TypeError: DNS lookup failed.', 'one whose server says nothing';
like $t->error_log, qr/silent\.test could not be resolved \(110: Operation timed out\)/,
    '... in time';
like answers('silent.test', 50), qr/^TimeoutError/, 'a fetch is aborted while its name is resolved';

{
    my $client = $t->client;
    print $client "GET /t?names=silent2.test HTTP/1.1\r\nHost: a\r\n\r\n";
    ok wait_until { $dns->queries('silent2.test A') }, 'a client that leaves meanwhile';
    close $client;
    is answers('public.test'), '200 public public.test', '... takes nobody along';
}

# -- private_addresses on -------------------------------------------------------

$path = '/open';
is answers('loopback.test'), '200 private loopback.test',
    'private_addresses on: the location resolves, and connects to what it finds';
is answers('nobody.test'), 'TypeError: Network connection lost.', '... or does not';

ok $t->stop, 'nginx stops';
$t->no_alerts;

done_testing;
