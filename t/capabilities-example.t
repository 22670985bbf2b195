# conf-examples/capabilities: what its comments promise.

use warnings;
use strict;

use Test::More;
use DynWorker;

my $t = DynWorker->start(example => 'capabilities');

is $t->get("/tenant/$_")->{content}, <<'END', "$_ speaks in the room, and can do nothing else" for qw(ada bob);
post: delivered
draft: delivered
refused: The RPC receiver does not implement the method "env".
refused: The RPC receiver does not implement the method "ctx".
refused: Network access is disabled for this worker (globalOutbound is null).
END

my @said = $t->error_log =~ m{": /chat-api(/rooms/.*?), client}g;
is_deeply \@said, [map { my $tenant = $_;
    map { "/rooms/tenant-$tenant Bearer example-key [assistant] $_" } 'hello', 'first line / second line'
} qw(ada bob)], 'each in the room of its tenant';

is $t->get($_)->{status}, 404, "$_ is internal" for qw(/chat-api/rooms/x /code/agent.js);

ok $t->stop, 'nginx stops';
$t->no_alerts;
done_testing;
