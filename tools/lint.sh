#!/usr/bin/env bash
# Static checks of all rooms; fails when one finds something.

set -u
cd "$(dirname "$0")/.."
failed=0

check()
{
    local title=$1; shift
    echo "lint: $title"
    "$@" || failed=$((failed + 1))
}

# What STYLE holds for all of C, and no formatter here can check.
plain()
{
    local files status=0
    files=$(ls {wire,engine,ngx_module,v8shim}/*.{c,cc,h} 2> /dev/null)
    [ -n "$files" ] || return 0

    grep -nP '\t' $files && { echo "lint: tabs"; status=1; }
    grep -nP ' +$' $files && { echo "lint: spaces at the end of a line"; status=1; }
    grep -nP '^.{81,}$' $files && { echo "lint: lines over 80 columns"; status=1; }
    return $status
}

# The rooms and their neighbours: who includes what.
seams()
{
    local status=0
    forbid()
    {
        local files
        files=$(ls $1 2> /dev/null) || return 0
        grep -nE "^ *# *include *[<\"]($2)" $files && status=1
    }
    forbid 'wire/*.[ch]' '(engine|v8shim|ngx_module)/|ngx_|v8|openssl|pthread'
    forbid 'engine/*.[ch]' 'ngx_|v8[-.]|libplatform'
    forbid 'ngx_module/*.[ch]' '(engine|v8shim)/|v8'
    forbid 'v8shim/*' '(engine|wire|ngx_module)/|ngx_|dw_'
    return $status
}

c_flags="-std=c11 -D_GNU_SOURCE -I. -I${BUILD:-build} -Wall -Wextra -Wconversion -Wshadow"

check "layout" plain
check "seams" seams

# Each finding of these would be a bug; style is not their business.
check "cppcheck" cppcheck --quiet --std=c11 --inline-suppr --error-exitcode=1 \
    --enable=warning,portability --suppress=missingIncludeSystem \
    --suppress=nullPointerRedundantCheck -D_GNU_SOURCE -I. \
    -I"${BUILD:-build}" \
    $(ls -d wire engine 2> /dev/null)

tidy()
{
    # It counts the warnings it does not show on standard error.
    clang-tidy --quiet "$@" -- $c_flags 2> /dev/null
}

c_files=$(ls wire/*.c engine/*.c 2> /dev/null)
[ -z "$c_files" ] || check "clang-tidy" tidy $c_files

# Not v8shim.h, which is C and laid out as such.
cc_files=$(ls v8shim/*.cc v8shim/*.h 2> /dev/null | grep -v /v8shim.h)
[ -z "$cc_files" ] || check "clang-format" clang-format --dry-run -Werror $cc_files

check "shell" bash -n tools/*.sh .ci/run

[ $failed = 0 ] && echo "lint: clean"
exit $failed
