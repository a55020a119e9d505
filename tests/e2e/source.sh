#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# The source is only read and never kept waiting: locks, privileges, row security, a hot standby.
. "$(dirname "$0")/lib.sh"
cluster_make source "wal_level=replica" "autovacuum=off" "max_wal_senders=4" "hot_standby=on"
load source shop fixtures/shop.sql -v scale=0.05
on source shop "CREATE ROLE reader LOGIN" "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader" "ALTER ROLE reader SET default_transaction_read_only = on"
reader="postgresql:///shop?host=$work/source&user=reader"
out=$work/copy.sqlite

# nothing is written
counters() {
    on source shop "SELECT pg_stat_clear_snapshot()" "SELECT tup_inserted, tup_updated, tup_deleted, (SELECT count(*) FROM pg_class), (SELECT md5(string_agg(c::text, '' ORDER BY oid)) FROM pg_class c) FROM pg_stat_database WHERE datname = 'shop'"
}
backends_gone() {
    for _ in $(seq 100); do
        [ "$(on source shop "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'decant%'")" = 0 ] && return 0
        sleep 0.05
    done
    return 1
}
before=$(counters)
fact "a role that may only SELECT pulls to SQLite" pull "$out" "$reader"
fact "its backends end" backends_gone
fact "nothing was written and no catalog row changed" same counters "$before" "$(counters)"

# privileges
on source shop "REVOKE SELECT ON refunds FROM reader" "CREATE SCHEMA closed" "CREATE TABLE closed.t (id int PRIMARY KEY)"
fact "a missing SELECT is refused before anything runs" fails_with 3 "may not" pull "$out" "$reader"
fact "with the GRANT that mends it" fails_with 3 'GRANT USAGE ON SCHEMA "closed" TO "reader"' pull "$out" "$reader"
fact "check finds it, too" fails_with 3 "may not use" "$DECANT" check --no-mask "$reader"
fact "-N and -T leave it out" pull "$out" "$reader" -N closed -T refunds
on source shop "DROP ROLE IF EXISTS decant_reader"
"$DECANT" check --grants "$reader" >"$work/grants.sql"
fact "the script of --grants runs" psql -X -q -v ON_ERROR_STOP=1 -h "$work/source" -U tester -d shop -f "$work/grants.sql"
fact "and makes a role that may pull" pull "$out" "postgresql:///shop?host=$work/source&user=decant_reader"
fact "check then finds nothing" "$DECANT" check -q --no-mask "postgresql:///shop?host=$work/source&user=decant_reader"

# rights on columns
rules=$work/withheld.yaml
"$DECANT" init -c "$rules" --key-file "$work/withheld.key" --rate 20% "$(url source shop)" >/dev/null 2>&1
sed -i -E 's/^(    (notes|card_holder): )[^#]*/\1"null" /; s/^(    subject: )[^#]*/\1{use: set, value: ticket} /' "$rules"
masked() { "$DECANT" pull -q -c "$rules" --key-file "$work/withheld.key" --to "$@"; }
columns="postgresql:///shop?host=$work/source&user=by_column"
"$DECANT" check --by-column -c "$rules" "$(url source shop)" | sed 's/decant_reader/by_column/' >"$work/columns.sql"
fact "the script of --by-column runs" psql -X -q -v ON_ERROR_STOP=1 -h "$work/source" -U tester -d shop -f "$work/columns.sql"
withheld() { # TABLE COLUMN: the role cannot see it
    [ "$(on source shop "SELECT has_column_privilege('by_column', '$1', '$2', 'SELECT')")" = f ]
}
fact "it leaves out what is masked without being read" withheld customers notes
fact "also of a table of partitions" withheld payments card_holder
fact "and what is NOT NULL" withheld support_tickets subject
fact "check is content with such a role" "$DECANT" check -q -c "$rules" "$columns"
says_so() { "$DECANT" check -c "$rules" "$columns" 2>&1 | grep -q "rights-for-sqlite"; }
fact "and says what it is not enough for" says_so
fact "it pulls to SQLite" masked "$work/by_column.sqlite" "$columns"
fact "one who may read all does, too" masked "$work/by_table.sqlite" "$(url source shop)"
fact "and the files are the same" cmp "$work/by_column.sqlite" "$work/by_table.sqlite"
fact "a copy into PostgreSQL takes rights on tables" fails_with 3 "may not read 'public." masked "postgresql:///withheld?host=$work/source&user=tester" "$columns" --allow-same-server
on source shop "REVOKE SELECT (email) ON customers FROM by_column"
fact "a column that must be read is refused by name" fails_with 3 "may not read 'public.customers.email'" masked "$work/none.sqlite" "$columns"
fact "with the GRANT that mends it" fails_with 3 'GRANT SELECT ("email") ON "public"."customers" TO "by_column"' "$DECANT" check -c "$rules" "$columns"
fact "and nothing is there" test ! -e "$work/none.sqlite"
fact "without rules nothing can be withheld" fails_with 2 "needs rules" "$DECANT" check --by-column "$columns"

# row security
on source shop "ALTER TABLE coupons ENABLE ROW LEVEL SECURITY" "CREATE POLICY partly ON coupons USING (coupon_id < 10)"
grantee="postgresql:///shop?host=$work/source&user=decant_reader"
fact "a policy that hides rows is refused" fails_with 3 "row security may hide rows of 'public.coupons'" pull "$out" "$grantee"
on source shop "ALTER POLICY partly ON coupons USING (true)"
fact "one that is literally true is not" pull "$out" "$grantee"
fact "and all rows are there" test "$(lite "$out" "SELECT count(*) FROM coupons")" = 300
on source shop "CREATE POLICY strict ON coupons AS RESTRICTIVE USING (true)"
fact "beside a restrictive one it is" fails_with 3 "row security" pull "$out" "$grantee"
on source shop "ALTER TABLE coupons DISABLE ROW LEVEL SECURITY"

export DECANT work
/usr/bin/python3 tests/e2e/locks.py

# a hot standby
as_server "$pg_bin/pg_basebackup" -h "$work/source" -U tester -D "$work/standby/data" -R -c fast 2>"$work/base.log" || {
    mkdir -p "$work/standby"; [ "$(id -u)" = 0 ] && chown "$server_user" "$work/standby"
    as_server "$pg_bin/pg_basebackup" -h "$work/source" -U tester -D "$work/standby/data" -R -c fast
}
{ echo "unix_socket_directories='$work/standby'"; echo "max_standby_streaming_delay=100ms"; } | as_server tee -a "$work/standby/data/postgresql.conf" >/dev/null
clusters="$clusters standby"
cluster_start standby
on source shop "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader" "GRANT USAGE ON SCHEMA closed TO reader" "GRANT SELECT ON closed.t TO reader"
for _ in $(seq 100); do
    [ "$(on standby shop "SELECT pg_last_wal_replay_lsn() >= '$(on source shop "SELECT pg_current_wal_lsn()")'")" = t ] && break
    sleep 0.05
done
fact "a hot standby serves a pull" pull "$out" "$(url standby shop)"
fact "with all rows" test "$(lite "$out" "SELECT count(*) FROM orders")" = "$(on source shop "SELECT count(*) FROM orders")"
/usr/bin/python3 tests/e2e/standby.py
