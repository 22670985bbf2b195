#!/usr/bin/env bash
# Runs the quickstart example in the foreground, shows one request to it, and
# stays until Ctrl-C.  DEMO_EXIT=1 ends it after the request.

set -eu
cd "$(dirname "$0")/.."

: "${BUILD:=build}" "${NGINX_BINARY:=/usr/sbin/nginx}" "${DEMO_EXIT:=}"
url=http://127.0.0.1:8080
prefix=$PWD/$BUILD/demo

if (exec 3<> /dev/tcp/127.0.0.1/8080) 2> /dev/null; then
    echo "demo: something else listens on 127.0.0.1:8080 already" >&2
    exit 1
fi

tools/example.sh quickstart "$prefix"

# nginx reads -g before its file, so the example needs no path of this tree.
# Workers of a root nginx would run as nobody, who may not get to see this
# folder.
globals="load_module \"$PWD/$BUILD/ngx_http_dynworker_module.so\";"
globals="$globals daemon off; pid \"$prefix/nginx.pid\";"
[ "$(id -u)" != 0 ] || globals="$globals user root;"

"$NGINX_BINARY" -p "$prefix/" -c "$prefix/nginx.conf" -e "$prefix/logs/error.log" \
    -g "$globals" &
nginx=$!

stop()
{
    trap - INT TERM EXIT
    kill -QUIT $nginx 2> /dev/null || true
    wait $nginx 2> /dev/null || true
}
trap 'stop; echo; echo "demo: stopped"; exit 0' INT TERM
trap stop EXIT

deadline=$((SECONDS + 20))
until curl -s -o /dev/null "$url/"; do
    kill -0 $nginx 2> /dev/null && [ $SECONDS -lt $deadline ] || {
        echo "demo: nginx did not start, see $BUILD/demo/logs/error.log" >&2
        tail -n 5 "$prefix/logs/error.log" >&2 || true
        exit 1
    }
    sleep 0.1
done

body='{ "code": "export default { fetch() { return new Response(`2 ** 64 = ${2n ** 64n}\\n`); } };" }'

echo
echo "\$ curl -X POST $url/run -H 'Content-Type: application/json' -d '$body'"
echo
curl -sS -i --fail-with-body -X POST "$url/run" \
    -H 'Content-Type: application/json' -d "$body"
echo

[ -z "$DEMO_EXIT" ] || exit 0

echo "demo: nginx stays on $url; Ctrl-C stops it"
wait $nginx
