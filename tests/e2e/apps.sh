#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What init decides on nine applications as frameworks write them (fixtures/apps), untouched, at 5 %: beside each
# NAME.sql stands what it should come to in NAME.expect. Lines that begin with "open" are not met, and only counted.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/key"
chmod 600 "$work/key"
for app in fixtures/apps/*.sql; do
    name=$(basename "$app" .sql)
    load source "$name" "$app" -v ON_ERROR_STOP=1 || { tail -n 3 "$work/load.log"; echo "not ok - $name: loads"; continue; }
    source=$(url source "$name") rules=$work/$name.yaml
    fact "$name: init decides" bash -c "'$DECANT' init -c '$rules' --key-file '$work/key' '$source' >'$work/$name.init' 2>'$work/err' || { sed 's/^/# /' '$work/err'; false; }"
    fact "$name: check finds nothing" bash -c "'$DECANT' check -c '$rules' '$source' >/dev/null 2>'$work/err' || { sed 's/^/# /' '$work/err'; false; }"
    for copy in "$work/$name.sqlite" "$(url target "$name")"; do
        fact "$name: pull publishes to ${copy%%:*}" bash -c "'$DECANT' pull -q -c '$rules' --key-file '$work/key' --to '$copy' '$source' 2>'$work/err' || { head -5 '$work/err' | sed 's/^/# /'; false; }" |
            sed "s|$work/$name.||"
    done
    "$DECANT" plan --json -c "$rules" "$source" >"$work/$name.plan" 2>/dev/null
    "$DECANT" report --format json "$work/$name.sqlite" >"$work/$name.report"
    /usr/bin/python3 tests/e2e/apps.py "$name" "$work" "$source"
    [ "$name" = rails ] || continue
    if /usr/bin/ruby -e 'require "active_record"; require "sqlite3"' 2>/dev/null; then
        /usr/bin/ruby -W0 tests/e2e/apps_rails.rb "$work/rails.sqlite" "$work"
    else
        skip "Rails uses its copy" "ruby-activerecord or ruby-sqlite3 is not installed"
    fi
done
