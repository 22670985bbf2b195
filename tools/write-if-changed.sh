#!/bin/sh
# tools/write-if-changed.sh FILE TEXT
#
# Leaves FILE and its time alone when it says TEXT already.

[ "$(cat "$1" 2> /dev/null)" = "$2" ] || printf '%s\n' "$2" > "$1"
