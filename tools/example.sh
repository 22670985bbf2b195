#!/usr/bin/env bash
# tools/example.sh NAME DIR [PORT]
#
# Makes DIR an nginx prefix that runs conf-examples/NAME out of the build tree:
# links to the example's files, and a copy of its nginx.conf with what an
# installed system would not need to be told (the engine's path, folders for
# temporary files and logs) and, for tests, with PORT in place of 8080.
#
# Start it with "nginx -p DIR -c nginx.conf -g 'load_module ...;'".

set -eu
cd "$(dirname "$0")/.."

example=$PWD/conf-examples/$1
dir=$2
port=${3:-8080}
engine=$(realpath "${ENGINE:-${BUILD:-build}/dynworker-engine}")

[ -e "$example/nginx.conf" ] || {
    echo "example: no \"conf-examples/$1/nginx.conf\"" >&2
    exit 1
}

rm -rf "$dir"
mkdir -p "$dir/logs" "$dir/tmp"
for file in "$example"/*; do
    ln -s "$file" "$dir/"
done
rm "$dir/nginx.conf"

lines="dynworker_engine \"$engine\";"
for name in client_body proxy fastcgi uwsgi scgi; do
    grep -q "${name}_temp_path" "$example/nginx.conf" ||
        lines="$lines ${name}_temp_path tmp/$name;"
done
grep -q access_log "$example/nginx.conf" ||
    lines="$lines access_log logs/access.log;"

awk -v lines="$lines" -v port="$port" '
    { gsub(/:8080/, ":" port); gsub(/listen +8080/, "listen " port); print }
    /^http *{/ { print "    " lines }
' "$example/nginx.conf" > "$dir/nginx.conf"
