#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Where a second connection cannot be had, or a start-up parameter is refused: roles with a limit, and
# PgBouncer before the source and before the target.   poolers.sh MAJOR
. "$(dirname "$0")/lib.sh"
major=$1
if [ -z "$(bin_of "$major")" ]; then
    skip "$major: poolers" "no server of this release is there"
    exit 0
fi
server "$major" source "log_min_messages=log" "log_connections=on" "log_line_prefix='%p %a %u: '" "log_statement=all"
server "$major" target
v=$(version_of source)
load source shop fixtures/shop.sql -v ON_ERROR_STOP=1 -v scale=0.002
from=$(url source shop)
tried "$v: init, as usual" init "$work/shop.yaml" "$from"
rows="SELECT (SELECT count(*) FROM orders) || ' ' || (SELECT count(*) FROM payments)"
wanted=$(on source shop "$rows")
LIMIT=60

# through LABEL SOURCE NAME: every command from it, in the mode that it leaves
through() {
    local label=$1 from=$2 n=$3
    tried "$v: $label: whole, to SQLite" whole "$work/$n.sqlite" "$from" &&
        fact "$v: $label: all rows" lite_is "$work/$n.sqlite" "$rows" "$wanted"
    fact "$v: $label: whole, -j 4, to SQLite" whole "$work/$n.4.sqlite" "$from" -j 4
    fact "$v: $label: whole, to PostgreSQL, or refused with the reason" or_refused connection whole "$(url target "$n")" "$from"
    there "$n" && fact "$v: $label: all rows" is target "$n" "$rows" "$wanted"
    fact "$v: $label: init" init "$work/$n.yaml" "$from"
    fact "$v: $label: check" says "$DECANT" check -c "$work/shop.yaml" "$from"
    fact "$v: $label: plan" says "$DECANT" plan -c "$work/shop.yaml" --key-file "$work/the.key" "$from"
    tried "$v: $label: 20 %, to SQLite" masked "$work/$n.part.sqlite" "$from" "$work/shop.yaml" &&
        fact "$v: $label: verify beside the source" says "$DECANT" verify --source "$from" -c "$work/shop.yaml" --key-file "$work/the.key" "$work/$n.part.sqlite"
    fact "$v: $label: 20 %, to PostgreSQL, or refused with the reason" or_refused connection masked "$(url target "${n}_part")" "$from" "$work/shop.yaml"
}

# ---- the mode itself
mark=$(wc -l <"$work/source/log")
one_connection() {
    same "connections of decant" 1 "$(tail -n "+$((mark + 1))" "$work/source/log" | grep ' decant/.*statement: ' | cut -d ' ' -f 1 | sort -u | wc -l)"
}
fact "$v: -j 0, to SQLite" whole "$work/zero.sqlite" "$from" -j 0
fact "$v: -j 0 is one connection" one_connection

# ---- a role that may connect once; pg_dump for a PostgreSQL copy has to come after, or to be refused with the reason
on source postgres "CREATE ROLE once LOGIN CONNECTION LIMIT 1" >/dev/null
on source shop "GRANT USAGE ON SCHEMA public TO once" "GRANT SELECT ON ALL TABLES IN SCHEMA public TO once" "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO once" >/dev/null
through "CONNECTION LIMIT 1" "postgresql:///shop?host=$work/source&user=once" once

# ---- PgBouncer
bouncer=$(command -v pgbouncer || ls /usr/sbin/pgbouncer 2>/dev/null)
if [ -z "$bouncer" ]; then
    skip "$v: PgBouncer" "pgbouncer is not there"
    exit 0
fi
# pooler NAME CLUSTER MODE SIZE: in front of a cluster, its socket is in $work/NAME
pooler() {
    mkdir -p "$work/$1"
    cat >"$work/$1/ini" <<I
[databases]
* = host=$work/$2 pool_size=$4
[pgbouncer]
unix_socket_dir = $work/$1
listen_port = 5432
auth_type = any
pool_mode = $3
max_client_conn = 50
max_db_connections = $4
query_wait_timeout = 10
user = tester
logfile = $work/$1/log
pidfile = $work/$1/pid
I
    sed -i '/^user = /d; s/^\* = host=.*/& user=tester/' "$work/$1/ini"
    [ "$(id -u)" = 0 ] && chown -R "$server_user" "$work/$1"
    as_server "$bouncer" -q -d "$work/$1/ini"
    local i
    for ((i = 0; i < 50; i++)); do psql -X -q -h "$work/$1" -U tester -d postgres -c 'SELECT 1' >/dev/null 2>&1 && return 0; sleep 0.1; done
    sed 's/^/# /' "$work/$1/log"
    return 1
}
poolers_end() {
    local pid
    for pid in "$work"/*/pid; do [ -s "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
    servers_end
}
trap poolers_end EXIT
for mode in session transaction; do
    bounced=$(url "one$mode" shop) before=
    tried "$v: a PgBouncer of $("$bouncer" --version | sed -n 's/PgBouncer //p') pools by $mode" pooler "one$mode" source $mode 1 &&
        before=$(settings "$bounced") &&
        through "one server connection by $mode" "$bounced" "one$mode"
    fact "$v: one server connection by $mode: the next session finds no setting of decant's" same "settings" "$before" "$(settings "$bounced")"
done

# As a target it refuses the start-up parameter 'options'. Pooling by transaction, it lends a connection for
# one transaction only: a session's settings would reach others, so such a target may be refused, with the reason.
for mode in session transaction; do
    pooler "to$mode" target $mode 20
    before=$(settings "$(url "to$mode" postgres)")
    may=() or=
    [ $mode = transaction ] && may=(or_refused 'pool|PgBouncer|transaction') or=', or refused with the reason'
    tried "$v: a target behind PgBouncer by $mode: whole$or" "${may[@]}" whole "$(url "to$mode" "behind_$mode")" "$from" && there "behind_$mode" &&
        fact "$v: a target behind PgBouncer by $mode: all rows" is target "behind_$mode" "$rows" "$wanted" &&
        fact "$v: a target behind PgBouncer by $mode: verify" verify "$(url "to$mode" "behind_$mode")"
    fact "$v: a target behind PgBouncer by $mode: 20 %$or" "${may[@]}" masked "$(url "to$mode" "behind_${mode}_part")" "$from" "$work/shop.yaml"
    fact "$v: a target behind PgBouncer by $mode: a second time$or" "${may[@]}" whole "$(url "to$mode" "behind_$mode")" "$from"
    fact "$v: a target behind PgBouncer by $mode: the next session finds no setting of decant's" same "settings" "$before" "$(settings "$(url "to$mode" postgres)")"
done
exit 0
