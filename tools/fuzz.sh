#!/usr/bin/env bash
# tools/fuzz.sh [t/fuzz/NAME.c ...]
#
# Runs each fuzz target for FUZZ_SECONDS.  What it learnt stays in
# build/fuzz/corpus/NAME, what broke it in build/fuzz/crashes; the seeds, when
# there are any, are in t/fuzz/NAME/.

set -eu
cd "$(dirname "$0")/.."
: "${BUILD:=build}" "${FUZZ_SECONDS:=60}"

[ $# -gt 0 ] || set -- t/fuzz/*.c
[ -e "$1" ] || { echo "fuzz: no targets in t/fuzz" >&2; exit 1; }

mkdir -p "$BUILD/fuzz/crashes"
failed=0

for source in "$@"; do
    name=$(basename "$source" .c)
    corpus=$BUILD/fuzz/corpus/$name
    mkdir -p "$corpus"

    seeds=
    [ ! -d "t/fuzz/$name" ] || seeds=t/fuzz/$name

    echo "fuzz: $name, $FUZZ_SECONDS s"
    if ! "$BUILD/fuzz/$name" -max_total_time="$FUZZ_SECONDS" -timeout=10 \
        -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$BUILD/fuzz/crashes/$name-" "$corpus" $seeds
    then
        failed=$((failed + 1))
    fi
done

echo "fuzz: $(($# - failed)) targets clean, $failed broken"
[ $failed = 0 ]
