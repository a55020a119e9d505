#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# PGlite's socket as a source: a server of one process that takes one connection at a time.
. "$(dirname "$0")/lib.sh"
start=$servers/node_modules/@electric-sql/pglite-socket/dist/scripts/server.js
if ! command -v node >/dev/null || [ ! -e "$start" ]; then
    skip "PGlite: its socket as a source" "node or @electric-sql/pglite-socket is not there"
    exit 0
fi
server "$(newest)" target
mkdir "$work/pglite"
# lite_start [OPTION...]
lite_start() {
    node "$start" --path="$work/pglite/.s.PGSQL.5432" --db="$work/pglite/db" "$@" >"$work/pglite.log" 2>&1 &
    node=$!
    local i
    for ((i = 0; i < 300; i++)); do psql "$from" -X -q -c 'SELECT 1' >/dev/null 2>&1 && return 0; sleep 0.1; done
    sed 's/^/# /' "$work/pglite.log"
    return 1
}
lite_stop() {
    kill "$node" 2>/dev/null
    wait "$node" 2>/dev/null
    rm -f "$work/pglite/.s.PGSQL.5432"
}
trap 'kill $node 2>/dev/null; servers_end' EXIT
from="postgresql:///postgres?host=$work/pglite&user=postgres&sslmode=disable"
tried "PGlite: it starts" lite_start || exit 0
version="PGlite $(psql "$from" -X -A -t -c 'SHOW server_version' | cut -d ' ' -f 1)"
psql "$from" -X -q -v ON_ERROR_STOP=1 -v scale=0.002 -f fixtures/shop.sql >"$work/load.log" 2>&1 || sed 's/^/# /' "$work/load.log" | tail -n 5
rows="SELECT (SELECT count(*) FROM orders) || ' ' || (SELECT count(*) FROM payments) || ' ' || (SELECT count(*) FROM customers)"
wanted=$(psql "$from" -X -A -t -c "$rows")
LIMIT=90
again() { # a run that went wrong may leave its connection behind
    lite_stop
    lite_start
}
run() { # FACT COMMAND...
    tried "$@" && return 0
    again
    return 1
}
run "$version: whole, to SQLite" whole "$work/lite.sqlite" "$from" &&
    fact "$version: all rows" lite_is "$work/lite.sqlite" "$rows" "$wanted" &&
    fact "$version: verify" verify "$work/lite.sqlite"
run "$version: whole, -j 0, to SQLite" whole "$work/zero.sqlite" "$from" -j 0
run "$version: whole, to PostgreSQL, or refused with the reason" or_refused connection whole "$(url target lite)" "$from"
there lite &&
    fact "$version: all rows" is target lite "$rows" "$wanted"
# Rules, should init fail: those of the same database on another server.
server "$(newest)" other
load other shop fixtures/shop.sql -v scale=0.002
init "$work/lite.yaml" "$(url other shop)" >/dev/null
cp "$work/lite.yaml" "$work/other.yaml"
rm -f "$work/lite.yaml"
run "$version: init" init "$work/lite.yaml" "$from"
[ -e "$work/lite.yaml" ] || cp "$work/other.yaml" "$work/lite.yaml"
run "$version: check" says "$DECANT" check -c "$work/lite.yaml" "$from"
run "$version: plan" says "$DECANT" plan -c "$work/lite.yaml" --key-file "$work/the.key" "$from"
run "$version: 20 %, to SQLite" masked "$work/part.sqlite" "$from" "$work/lite.yaml" &&
    fact "$version: verify of the sample" verify "$work/part.sqlite" &&
    run "$version: verify beside the source" says "$DECANT" verify --source "$from" -c "$work/lite.yaml" --key-file "$work/the.key" "$work/part.sqlite"
run "$version: 20 %, to PostgreSQL, or refused with the reason" or_refused connection masked "$(url target lite_part)" "$from" "$work/lite.yaml"
again
before=$(settings "$from") # of a session in which nothing was loaded
whole "$work/last.sqlite" "$from" >/dev/null # all its connections are one session of the server
fact "$version: the next connection finds no setting of decant's" same "settings" "$before" "$(settings "$from")"
exit 0
