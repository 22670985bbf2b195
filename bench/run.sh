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

median()   # file: of the first number of each line
{
    sort -n "$1" | awk '{ r[NR] = $1 } END { print r[int((NR + 1) / 2)] }'
}

rates()   # name, unit, base, p50: a row of a table
{
    sort -n "$prefix/$1.rate" | awk -v name="$1" -v unit="$2" -v base="$3" \
        -v m="$(median "$prefix/$1.rate")" -v p50="$4" '
        { r[NR] = $1 / unit }
        END {
            printf "%-16s %12.0f %11.0f..%-9.0f %8.2f %10s\n", name, m / unit,
                   r[1], r[NR], m / base, p50
        }'
}

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

for _ in $(seq "$ROUNDS"); do
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
printf '%-16s %12s %22s %8s %10s\n' what requests/s lowest..highest ratio p50

base=$(median "$prefix/return.rate")
for name in $names; do
    rates "$name" 1 "$base" "$(cut -d' ' -f2 "$prefix/$name.single")"
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
printf '%-16s %12s %22s %8s\n' what MB/s lowest..highest ratio

base=$(median "$prefix/long-proxy.rate")
for name in $longs; do rates "$name" 1048576 "$base" ""; done

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
awk -v bytes="$(stat -c %s "$prefix/large.js")" \
    -v first="$(median "$prefix/large.first")" \
    -v second="$(median "$prefix/large.second")" \
    -v warm="$(median "$prefix/large.warm")" 'BEGIN {
        printf "a worker of %.1f MB: first load %.0f ms, another one of the" \
               " same text %.0f ms, warm %.1f ms\n", bytes / 1e6, first,
               second, warm
    }'

echo
"$BUILD/bench-events"

echo
"$BUILD/bench-isolates"
