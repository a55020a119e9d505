#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A copy that is planned for as production is, without its rows.
. "$(dirname "$0")/lib.sh"
here=$PWD/tests/e2e
cluster_make source
on source postgres "CREATE DATABASE shop"
psql -X -q -h "$work/source" -U tester -d shop -v scale=0.2 -f fixtures/shop.sql >/dev/null
on source shop "CREATE TABLE grown (id int) WITH (autovacuum_enabled = off)" \
    "INSERT INTO grown SELECT generate_series(1, 1000)" "VACUUM ANALYZE" "INSERT INTO grown SELECT generate_series(1, 4000)" "CREATE TABLE small (id int) WITH (autovacuum_enabled = off)" \
    "CREATE TABLE large (id int, text text) WITH (autovacuum_enabled = off)" "INSERT INTO small SELECT generate_series(1, 500)" \
    "INSERT INTO large SELECT g, repeat('x', 900) FROM generate_series(1, 10000) g"
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own
data=$work/own/decant/server/data
server() { "$DECANT" server "$@"; }
volume() { "$DECANT" volume "$@"; }
not() { ! "$@"; }
quiet() { "$@" >/dev/null 2>&1; }
own() { psql -X -Atq -v ON_ERROR_STOP=1 "$(server url "${2:-shop}")" -c "$1"; }
plans() { "$here/volume.py" "host=$work/source user=tester dbname=${1:-shop}" "$(server url shop)" "$here/volume_queries.sql"; }
# how many plans are production's, how many costs are near: the source's ANALYZE looks at some rows only, by chance, so that 19 to 23
# shapes were seen; costs tell a hollow copy (24) from one that is not (4)
like_production() {
    local found
    found=$(plans "$@")
    echo "# $found"
    /usr/bin/python3 -c 'import re, sys; a, b, c = map(int, re.findall(r"\d+", sys.argv[1])[:3]); sys.exit(not (a >= b - 6 and c >= 0.9 * b))' "$found"
}
# kilobytes that the files of the database take, and seem to take
takes() { du -sk "$data/base" | cut -f 1; }
seems() { du -sk --apparent-size "$data/base" | cut -f 1; }
answers() { own "SELECT count(*), sum(line_total) FROM order_items; SELECT count(*), max(placed_at) FROM orders; SELECT method, count(*) FROM payments GROUP BY 1 ORDER BY 1"; }
trap 'server stop >/dev/null 2>&1; servers_end' EXIT

quiet server start --pg-bindir "$pg_bin"
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/k.key" && chmod 600 "$work/k.key"
"$DECANT" init -c "$work/shop.yaml" --key-file "$work/k.key" --rate 5% "$(url source shop)" >/dev/null
"$DECANT" pull -q -c "$work/shop.yaml" --key-file "$work/k.key" --to local:shop "$(url source shop)" >/dev/null
manifest() { sqlite3 -readonly "$(ls -t "$work"/own/decant/*shop*.decant | head -n 1)" "$1"; }
fact "rows that no statistics tell are counted, where that is cheap" same guesses \
    "public.grown older 4600.0 public.large never -1.0 public.small counted 500.0" \
    "$(manifest "SELECT name, how, rows FROM guesses JOIN relations USING (name) ORDER BY 1" | tr '|\n' '  ' | sed 's/ $//')"
fact "the largest families are known, about" [ "$(manifest "SELECT children FROM families WHERE name LIKE '%orders_customer_id_fkey'")" -ge \
    "$(on source shop "SELECT max(n) / 2 FROM (SELECT count(*) AS n FROM orders GROUP BY customer_id) x")" ]
own 'CREATE DATABASE solid TEMPLATE shop' postgres
before=$(answers) small=$(takes)
fact "a sample is not planned for as production is" not like_production
fact "a hollow copy is" quiet volume hollow local:shop
fact "... by shape and cost of its plans" like_production
fact "... it takes no room" [ "$(($(takes) - small))" -lt 2000 ]
fact "... and seems to" [ "$(seems)" -gt 100000 ]
fact "... and it answers as it did" same answers "$before" "$(answers)"
own 'CREATE EXTENSION amcheck'
fact "... its indexes are sound" same errors "" "$(own "SELECT bt_index_check(c.oid::regclass, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relnamespace = 'public'::regnamespace" | tr -d '\n')"
if [ "$(own "SELECT current_setting('server_version_num')::int >= 140000")" = t ]; then
    fact "... and its tables" same errors "" "$(own "SELECT c.relname, v.* FROM pg_class c, LATERAL verify_heapam(c.oid) v WHERE c.relkind IN ('r', 't') AND c.relpersistence = 'p' AND (c.relnamespace = 'public'::regnamespace OR c.relkind = 't')")"
fi
own 'DROP EXTENSION amcheck'
fact "once more changes nothing" quiet volume hollow local:shop
fact "... in the plans" like_production
server stop
fact "it is so after a restart" quiet server start
fact "... in the plans" like_production
as_server "$pg_bin/pg_ctl" -D "$data" -m immediate -w stop >/dev/null
quiet server start
fact "... and after a crash" like_production

# ---- what a migration changes
cat >"$work/up.sql" <<'END'
SET lock_timeout = '1s';
CREATE INDEX audit_at ON audit_log (at);
ALTER TABLE shipments ALTER COLUMN weight_kg TYPE numeric;
REINDEX TABLE orders;
ALTER TABLE customers ADD COLUMN vip boolean NOT NULL DEFAULT false;
END
on source postgres "CREATE DATABASE after TEMPLATE shop"
psql -X -q -h "$work/source" -U tester -d after -f "$work/up.sql" >/dev/null
psql -X -q "$(server url shop)" -f "$work/up.sql" >/dev/null
fact "what was rewritten is as large as its rows" same size t "$(own "SELECT pg_relation_size('shipments') < 2000000")"
fact "... and is followed up" quiet volume hollow local:shop
fact "... in the plans" like_production after
own "ANALYZE"
fact "what ANALYZE counted is followed up, too" quiet volume hollow local:shop
fact "... in sizes" same rows "$(on source shop "SELECT reltuples::bigint FROM pg_class WHERE relname = 'order_items'")" "$(own "SELECT reltuples::bigint FROM pg_class WHERE relname = 'order_items'")"

# ---- who may, and where
(echo "BEGIN; UPDATE orders SET note = note WHERE order_id = (SELECT min(order_id) FROM orders); SELECT pg_sleep(4);" | psql -X -q "$(server url shop)" >/dev/null) &
sleep 1
own "REINDEX TABLE reviews"
fact "whoever writes is waited for, a second" fails_with 3 "somebody is writing" "$DECANT" volume hollow local:shop
wait $!
fact "a server of somebody else is left alone" fails_with 3 "only copies of your own server have a volume" "$DECANT" volume hollow "$(url source shop)"
fact "... and a file" fails_with 3 "only copies of your own server have a volume" "$DECANT" volume hollow "$work/x.sqlite"
fact "a copy is needed" fails_with 2 "no copy to change" "$DECANT" volume hollow
fact "verbs are known" fails_with 2 "there is no 'decant volume fill'" "$DECANT" volume fill local:shop
fact "a copy that is not there is told" fails_with 6 "cannot connect to the target" "$DECANT" volume hollow local:nothing
fact "what is no copy has no sizes" fails_with 5 "" "$DECANT" volume hollow local:postgres
echo "SET lock_timeout = '1s'; CREATE TABLE k (id int PRIMARY KEY);" >"$work/k.sql"
fact "nobody rehearses on a hollow copy" fails_with 3 "is hollow" "$DECANT" rehearse --on local:shop --sql "$work/k.sql"

# ---- the way back
own "ALTER TABLE orders RESET (autovacuum_enabled)"
own "ALTER TABLE coupons SET (autovacuum_enabled = off)"
fact "it becomes as large as its rows are" quiet volume solid local:shop
fact "... on disk" [ "$(seems)" -lt $((small * 2)) ]
fact "... with no option left" same options "{autovacuum_enabled=off}" "$(own "SELECT reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind IN ('r', 'm') AND relname NOT IN ('small', 'grown', 'large')")"
fact "... but those that somebody gave" quiet volume hollow local:shop
quiet volume solid local:shop
fact "... which stay" same options "{autovacuum_enabled=off}" "$(own "SELECT reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind IN ('r', 'm') AND relname NOT IN ('small', 'grown', 'large')")"
fact "... and it answers as it did" same answers "$before" "$(answers)"
fact "once more changes nothing" quiet volume solid local:shop

# ---- rehearsals
cat >"$work/drop.sql" <<'END'
SET lock_timeout = '1s';
DROP INDEX orders_customer_id_placed_at_idx;
END
"$DECANT" rehearse --on local:shop --sql "$work/drop.sql" --queries "$here/volume_queries.sql" --format json >"$work/report" 2>/dev/null
report() { /usr/bin/python3 -c "import json, sys; r = json.load(open('$work/report')); print($1)"; }
fact "plans are those of production" same plans production "$(report 'r["plans_of"]')"
fact "... an index that they need is missed" [ "$(report 'sum(f["code"] == "plan-worse" for f in r["findings"])')" -ge 3 ]
fact "... nothing is left of the clones" same databases "" "$(own "SELECT datname FROM pg_database WHERE datname LIKE '%rehearse%'" postgres)"
"$DECANT" rehearse --on local:shop --sql "$work/up.sql" --queries "$here/volume_queries.sql" --format json >"$work/report" 2>/dev/null
fact "what is as good as before is not worse" same worse 0 "$(report 'sum(f["code"] == "plan-worse" for f in r["findings"])')"

# ---- a pull, kills, and whatever people do
"$DECANT" pull -q -c "$work/shop.yaml" --key-file "$work/k.key" --to local:shop "$(url source shop)" >/dev/null
quiet volume hollow local:shop
"$DECANT" pull -q -c "$work/shop.yaml" --key-file "$work/k.key" --to local:shop "$(url source shop)" >/dev/null
fact "a new copy is not hollow" not like_production
for ms in 5 10 15 20 30; do
    "$DECANT" volume hollow local:shop >/dev/null 2>&1 &
    sleep 0.0"$(printf %02d $ms)"
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
fact "a kill leaves what the next run completes" quiet volume hollow local:shop
fact "... in the plans" like_production
own 'CREATE DATABASE again TEMPLATE solid' postgres
fact "200 statements do what they do elsewhere" "$here/volume_statements.py" "$(server url shop)" "$(server url solid)" 200 1
fact "... and afterwards" quiet volume hollow local:shop
fact "... 200 others" "$here/volume_statements.py" "$(server url shop)" "$(server url solid)" 200 2
own 'CREATE EXTENSION amcheck'
fact "... its indexes are sound" same errors "" "$(own "SELECT bt_index_check(c.oid::regclass, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam JOIN pg_index i ON i.indexrelid = c.oid WHERE a.amname = 'btree' AND c.relkind = 'i' AND i.indisvalid AND c.relnamespace = 'public'::regnamespace" | tr -d '\n')"
own 'DROP EXTENSION amcheck'
fact "... and it can be made solid" quiet volume solid local:shop
