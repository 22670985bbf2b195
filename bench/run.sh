#!/usr/bin/env bash
# Side by side, in one run: nginx's "return 200", a warm dynamic worker that
# says hello, a warm one behind a host worker, and one outbound fetch(); then a
# long response that a worker passes on, against "proxy_pass"; then what loading
# a large worker costs, and events in the runtime and V8 alone, and an isolate.
#
#   SECONDS_EACH=5 ROUNDS=3 CONNECTIONS=64 bench/run.sh
#
# Rounds take turns, so that a noisy machine is noisy for all; the table gives
# each one's median, its spread, and its ratio to the first.  Latencies are of
# one more run with a single connection.

set -eu
cd "$(dirname "$0")/.."

: "${BUILD:=build}" "${NGINX_BINARY:=/usr/sbin/nginx}"
: "${SECONDS_EACH:=5}" "${ROUNDS:=3}" "${CONNECTIONS:=64}" "${PORT:=8090}"
: "${LONG_ROUNDS:=11}" "${LONG_MB:=100}"

prefix=$PWD/$BUILD/bench
rm -rf "$prefix"
mkdir -p "$prefix/logs" "$prefix/tmp" "$prefix/www"
cp bench/*.js conf-examples/egress/egress-pass.conf "$prefix/"
head -c "$((LONG_MB * 1048576))" /dev/zero > "$prefix/www/long"

for conf in nginx upstream; do
    sed "s/:8090/:$PORT/g; s/:8091/:$((PORT + 1))/g" "bench/$conf.conf" \
        > "$prefix/$conf.conf"
done
sed -i "s#^http {#&\n    dynworker_engine \"$(realpath "$BUILD/dynworker-engine")\";#" \
    "$prefix/nginx.conf"

globals="load_module \"$PWD/$BUILD/ngx_http_dynworker_module.so\";"
globals="$globals daemon off;"
[ "$(id -u)" != 0 ] || globals="$globals user root;"

"$NGINX_BINARY" -p "$prefix/" -c "$prefix/nginx.conf" \
    -e "$prefix/logs/error.log" -g "$globals pid \"$prefix/nginx.pid\";" &
nginx=$!
"$NGINX_BINARY" -p "$prefix/" -c "$prefix/upstream.conf" \
    -e "$prefix/logs/error.log" -g "$globals pid \"$prefix/upstream.pid\";" &
upstream=$!
trap 'kill -QUIT $nginx $upstream 2> /dev/null
    wait $nginx $upstream 2> /dev/null || true' EXIT

url=http://127.0.0.1:$PORT
for _ in $(seq 100); do
    curl -sf -o /dev/null "$url/return" && break
    kill -0 $nginx
    sleep 0.1
done

names="return hello host proxy outbound"

for name in $names; do
    # warm, and an answer at all
    curl -sf -o /dev/null "$url/$name" || {
        echo "bench: /$name failed, see $prefix/logs/error.log" >&2
        exit 1
    }
done

measure()   # name, connections, seconds: requests/s and p50
{
    wrk -t1 -c"$2" -d"$3" --latency "$url/$1" > "$prefix/wrk.out"
    if grep -q 'Non-2xx\|Socket errors' "$prefix/wrk.out"; then
        echo "bench: /$1 had errors:" >&2
        cat "$prefix/wrk.out" >&2
        exit 1
    fi
    awk '/Requests\/sec/ { r = $2 } $1 == "50%" { p = $2 }
         END { print r, p }' "$prefix/wrk.out"
}

for name in $names; do measure "$name" "$CONNECTIONS" 2 > /dev/null; done

for round in $(seq "$ROUNDS"); do
    for name in $names; do
        measure "$name" "$CONNECTIONS" "$SECONDS_EACH" >> "$prefix/$name.rate"
    done
done

for name in $names; do measure "$name" 1 2 > "$prefix/$name.single"; done

echo
echo "$(nproc) cores, $("$NGINX_BINARY" -v 2>&1 | sed 's/.*: //')," \
    "$("$BUILD/dynworker-engine" --version | tr '\n' ' ')"
echo "1 nginx worker process; wrk -t1 -c$CONNECTIONS -d$SECONDS_EACH," \
    "$ROUNDS rounds; p50 with one connection"
echo
printf '%-10s %12s %22s %8s %10s\n' what requests/s lowest..highest ratio p50

base=
for name in $names; do
    sort -n "$prefix/$name.rate" | awk -v name="$name" -v base="$base" \
        -v single="$(cut -d' ' -f2 "$prefix/$name.single")" '
        { r[NR] = $1 }
        END {
            m = r[int((NR + 1) / 2)]
            printf "%-10s %12.0f %11.0f..%-9.0f %8.2f %10s\n", name, m, r[1],
                   r[NR], base ? m / base : 1, single
        }'
    [ -n "$base" ] || base=$(sort -n "$prefix/return.rate" |
        awk '{ r[NR] = $1 } END { print r[int((NR + 1) / 2)] }')
done

longs="long-proxy long-unbuffered long-worker long-shipped"

for _ in $(seq "$LONG_ROUNDS"); do
    for name in $longs; do
        curl -sf -o /dev/null -w '%{speed_download}\n' "$url/$name" \
            >> "$prefix/$name.rate" || {
            echo "bench: /$name failed, see $prefix/logs/error.log" >&2
            exit 1
        }
    done
done

echo
echo "$LONG_MB MB passed on untouched, one at a time, $LONG_ROUNDS rounds"
echo
printf '%-16s %10s %22s %8s\n' what MB/s lowest..highest ratio

base=
for name in $longs; do
    median=$(sort -n "$prefix/$name.rate" |
        awk '{ r[NR] = $1 } END { print r[int((NR + 1) / 2)] }')
    : "${base:=$median}"
    sort -n "$prefix/$name.rate" | awk -v name="$name" -v m="$median" \
        -v base="$base" '
        { r[NR] = $1 / 1048576 }
        END {
            printf "%-16s %10.0f %11.0f..%-9.0f %8.2f\n", name, m / 1048576,
                   r[1], r[NR], m / base
        }'
done

# The first load of a text compiles it, others find the code.
node_modules/.bin/esbuild --log-level=error --bundle --format=esm \
    --platform=neutral --main-fields=module,main '--external:node:*' \
    --outfile="$prefix/large.js" bench/large.js

load()   # text, id: milliseconds
{
    curl -sf -o /dev/null -w '%{time_total}\n' "$url/large?text=$1&id=$2" |
        awk '{ print $1 * 1000 }'
}

for text in $(seq 9); do
    { cat "$prefix/large.js"; echo "// $text"; } > "$prefix/large-$text.js"
    load "$text" 1 >> "$prefix/large.first"
    load "$text" 2 >> "$prefix/large.second"
    load "$text" 2 >> "$prefix/large.warm"
done

echo
awk -v bytes="$(stat -c %s "$prefix/large.js")" 'FNR == 1 { file++ }
    { t[file, FNR] = $1; n = FNR }
    END {
        for (f = 1; f <= file; f++) {
            for (i = 2; i <= n; i++)
                for (k = i; k > 1 && t[f, k] < t[f, k - 1]; k--) {
                    s = t[f, k]; t[f, k] = t[f, k - 1]; t[f, k - 1] = s
                }
            m[f] = t[f, int((n + 1) / 2)]
        }
        printf "a worker of %.1f MB: first load %.0f ms, another one of the" \
               " same text %.0f ms, warm %.1f ms\n", bytes / 1e6, m[1], m[2], m[3]
    }' "$prefix/large.first" "$prefix/large.second" "$prefix/large.warm"

echo
"$BUILD/bench-events"

echo
"$BUILD/bench-isolates"
