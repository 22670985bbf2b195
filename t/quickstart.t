# conf-examples/quickstart: each of its locations does what its comments say.

use warnings;
use strict;

use HTTP::Tiny;
use Test::More;
use DynWorker;

my $t = DynWorker->start(example => 'quickstart');

sub body { return $t->get(@_)->{content} }

sub json { return (content => $_[0], headers => { 'Content-Type' => 'application/json' }) }

# The front page names them.

is body('/'), "POST /run, GET /tenant/NAME, GET /worker/NAME\n", 'the front page';

# 1: POST /run runs code from the request's body, once.

{
    my $hello = '{"code": "export default { fetch: (request, env) =>'
        . ' new Response(env.GREETING + \', \' + env.NAME) };",'
        . ' "env": {"NAME": "Ada"}}';
    my $answer = $t->request('POST', '/run', json($hello));

    is $answer->{status}, 200, '/run answers';
    is $answer->{content}, 'Hello from your own nginx, Ada',
        '... with what the code made of its env';

    is $t->get('/run')->{status}, 405, 'GET /run is refused';

    my $out = '{"code": "export default { fetch: () =>'
        . ' fetch(\'http://api.example.com/\') };"}';
    $answer = $t->request('POST', '/run', json($out));
    is $answer->{status}, 500, 'code that wants to the network fails';
    like $t->error_log, qr/worker "\(load\)" failed.*Network access is disabled/,
        '... and the log says why';

    $answer = $t->request('POST', '/run', json('{"code": "syntax ("}'));
    is $answer->{status}, 500, 'so does code with a syntax error';
    like $t->error_log, qr/worker "\(load\)" could not be loaded.*SyntaxError/,
        '... which the log shows';
    unlike $answer->{content}, qr/Syntax/, '... and the client does not see';

    $answer = $t->request('POST', '/run', json('not JSON'));
    is $answer->{status}, 500, 'so does a body that is not JSON';
}

# 2: GET /tenant/NAME has one isolate a tenant, kept warm.

is body('/tenant/ada'), "ada: visit 1, worker 1 of this host\n", 'a tenant';
is body('/tenant/bob'), "bob: visit 1, worker 2 of this host\n", 'another';
is body('/tenant/ada'), "ada: visit 2, worker 1 of this host\n",
    'the first is warm: its state lives, its code was not asked for again';
is $t->get('/tenant/')->{status}, 404, 'no tenant, not found';

# 3 and 4: GET /worker/NAME has no host worker; the code is a file.

is body('/worker/hello'), "Hello from /worker/hello, request 1\n",
    'a module as it is';
is body('/worker/hello'), "Hello from /worker/hello, request 2\n",
    '... stays warm';
is body('/worker/greeter'), "Greetings, WorkerCode\n",
    'a WorkerCode object, with its modules and env';
is body('/worker/isolated'),
    "Error: Network access is disabled for this worker (globalOutbound is null).\n",
    'a worker without a network';
is $t->get('/worker/nobody')->{status}, 404, 'a worker that has no file';

is body('/worker/outbound'), <<'END',
allowed: 200
GET /data?page=2
authorization: Bearer quickstart-token
refused: 403 Domain not allowed
END
    'the policy adds the token on the way out, and refuses other hosts';

is $t->get('/code/hello')->{status}, 404, 'the code itself is internal';
is $t->get('/_egress')->{status}, 404, 'so is the way out';

ok $t->stop, 'nginx and its engines stop';
$t->no_alerts;

done_testing;
