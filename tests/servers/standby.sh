#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A hot standby of a release before 2026-11-12: it must import no snapshot (one that it imports loses the
# list of running subtransactions, and what they commit later stays invisible).   standby.sh MAJOR
. "$(dirname "$0")/lib.sh"
major=$1
if [ -z "$(bin_of "$major")" ]; then
    skip "$major: a hot standby" "no server of this release is there"
    exit 0
fi
server "$major" target
server "$major" primary "wal_level=replica" "max_wal_senders=4" "hot_standby=on"
v=$(version_of primary)
load primary app fixtures/shop.sql -v ON_ERROR_STOP=1 -v scale=0.02
on primary app "CREATE TABLE t (id int PRIMARY KEY)" >/dev/null
cluster_stop primary fast
mkdir -p "$work/standby"
[ "$(id -u)" = 0 ] && chown "$server_user" "$work/standby"
as_server cp -a "$work/primary/data" "$work/standby/data"
as_server touch "$work/standby/data/standby.signal"
for line in "unix_socket_directories='$work/standby'" "primary_conninfo='host=$work/primary user=tester'" "log_statement=all" \
    "log_min_messages=log" "log_connections=on" "log_line_prefix='%p %a %d: '"; do
    echo "$line" | as_server tee -a "$work/standby/data/postgresql.conf" >/dev/null
done
cluster_start primary
cluster_start standby
clusters="$clusters standby"

caught_up() { # the standby has replayed what the primary wrote
    local end i
    end=$(on primary app "SELECT pg_current_wal_lsn()")
    for ((i = 0; i < 100; i++)); do
        [ "$(on standby app "SELECT pg_last_wal_replay_lsn() >= '$end'")" = t ] && return 0
        sleep 0.1
    done
    return 1
}
log_from() { # what the standby logged since the line that was its last
    tail -n "+$((mark + 1))" "$work/standby/log"
}
marked() { mark=$(wc -l <"$work/standby/log"); }
no_import() {
    log_from | grep -m 3 'SET TRANSACTION SNAPSHOT' | cut -c 1-160 | sed 's/^/# /'
    ! log_from | grep -q 'SET TRANSACTION SNAPSHOT'
}
one_connection() {
    same "connections of decant" 1 "$(log_from | grep ' decant/.*statement: ' | cut -d ' ' -f 1 | sort -u | wc -l)"
}

fact "$v: a standby replays" caught_up
# 70 subtransactions run on the primary, more than a snapshot holds, while a copy is made from the standby
mkfifo "$work/in"
psql -X -q -h "$work/primary" -U tester -d app <"$work/in" >"$work/session" 2>&1 &
exec 7>"$work/in"
cat >&7 <<'S'
BEGIN;
DO $$BEGIN FOR i IN 1..70 LOOP BEGIN INSERT INTO t VALUES (i); EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END$$;
SELECT 'inserted';
S
for ((i = 0; i < 100; i++)); do grep -q inserted "$work/session" && break; sleep 0.1; done
on primary app "CREATE TABLE later ()" >/dev/null
caught_up
marked
from=$(url standby app)
fact "$v: a standby is copied to SQLite" whole "$work/app.sqlite" "$from" -j 2
fact "$v: without SET TRANSACTION SNAPSHOT" no_import
fact "$v: by one connection" one_connection
marked
fact "$v: a standby is copied to PostgreSQL" whole "$(url target app)" "$from" -j 2
fact "$v: without SET TRANSACTION SNAPSHOT, pg_dump's too" no_import
marked
fact "$v: init on a standby" init "$work/app.yaml" "$from"
fact "$v: a plan on a standby" says "$DECANT" plan -c "$work/app.yaml" --key-file "$work/the.key" "$from"
fact "$v: a sample of a standby, to SQLite" masked "$work/part.sqlite" "$from" "$work/app.yaml"
fact "$v: verify beside a standby" says "$DECANT" verify --source "$from" -c "$work/app.yaml" --key-file "$work/the.key" "$work/part.sqlite"
fact "$v: none of init, plan, a masked pull, verify sent SET TRANSACTION SNAPSHOT" no_import
echo 'COMMIT;' >&7
exec 7>&-
wait
on primary app "CHECKPOINT" >/dev/null
caught_up
fact "$v: the primary has all rows" is primary app "SELECT count(*) FROM t" 70
fact "$v: a fresh session of the standby sees what was committed" is standby app "SELECT count(*) FROM t" 70
exit 0
