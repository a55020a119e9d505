#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Production's rows from a sample's.
. "$(dirname "$0")/lib.sh"
here=$PWD/tests/e2e
cluster_make source
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own
on source postgres "CREATE DATABASE shop"
psql -X -q -h "$work/source" -U tester -d shop -v scale=0.1 -f fixtures/shop.sql >/dev/null
on source shop "VACUUM ANALYZE"
server() { "$DECANT" server "$@"; }
amplify() { "$DECANT" amplify -q "$@" 2>&1; }
own() { psql -X -Atq -v ON_ERROR_STOP=1 "$(server url "$2")" -c "$1"; }
quiet() { "$@" >/dev/null 2>&1; }
dump() { "$pg_bin/pg_dump" --data-only "$(server url "$1")" 2>/dev/null | grep -v 'restrict ' | md5sum; }
rows_of() { sqlite3 -readonly "$(ls -t "$work"/own/decant/*-"$1".*.decant | head -n 1)" 'SELECT sum(rows) FROM amplified'; }
trap 'server stop >/dev/null 2>&1; servers_end' EXIT
quiet server start --pg-bindir "$pg_bin"
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/key" && chmod 600 "$work/key"
"$DECANT" init -c "$work/shop.yaml" --key-file "$work/key" --rate 5% "$(url source shop)" >/dev/null
"$DECANT" pull -q -c "$work/shop.yaml" --key-file "$work/key" --to local:shop "$(url source shop)" >/dev/null

fact "a copy is amplified" quiet amplify local:shop --to local:big
fact "... every table has production's rows" "$here/amplify.py" "host=$work/source user=tester dbname=shop" "$(server url big)"
fact "... nobody is in it who was not in the copy" quiet "$DECANT" verify local:big
fact "... which the source cannot be asked about" fails_with 3 "its rows are replicas" "$DECANT" verify -c "$work/shop.yaml" --key-file "$work/key" --source "$(url source shop)" local:big
fact "... the report says what it is made of" grep -q "replicas of a copy's rows" <("$DECANT" report local:big)
fact "... all keys, indexes and checks are there" same objects \
    "$(own "SELECT count(*), count(*) FILTER (WHERE convalidated) FROM pg_constraint WHERE connamespace = 'public'::regnamespace UNION ALL SELECT count(*), count(*) FILTER (WHERE indisvalid) FROM pg_index i JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace" shop)" \
    "$(own "SELECT count(*), count(*) FILTER (WHERE convalidated) FROM pg_constraint WHERE connamespace = 'public'::regnamespace UNION ALL SELECT count(*), count(*) FILTER (WHERE indisvalid) FROM pg_index i JOIN pg_class c ON c.oid = indrelid WHERE relnamespace = 'public'::regnamespace" big)"
fact "... cohorts are whole: an order's items are its replica's" same fan-out "$(own "SELECT max(n) FROM (SELECT count(*) AS n FROM order_items GROUP BY order_id) x" shop)" \
    "$(own "SELECT max(n) FROM (SELECT count(*) AS n FROM order_items GROUP BY order_id) x" big)"
fact "... e-mail addresses lie where fakes do" same outside 0 "$(own "SELECT count(*) FROM customers WHERE email !~ '@example\\.(com|org|net)\$'" big)"
fact "... what it worked with is gone" same schemas "" "$(own "SELECT nspname FROM pg_namespace WHERE nspname ~ '^decant'" big)"
first=$(dump big)
quiet amplify local:shop --to local:again -j 1
fact "the same copy gives the same bytes, whoever writes them" same dump "$first" "$(dump again)"
fact "it plans as production does" /usr/bin/python3 -c 'import re, sys; a, b, c = map(int, re.findall(r"\d+", sys.argv[1])[:3]); print("#", sys.argv[1]); sys.exit(not (a >= b - 5 and c >= 0.8 * b))' \
    "$("$here/volume.py" "host=$work/source user=tester dbname=shop" "$(server url big)" "$here/volume_queries.sql")"

fact "... sequences go on behind the rows" same next t "$(own "SELECT nextval(pg_get_serial_sequence('ticket_messages', 'message_id')) > (SELECT max(message_id) FROM ticket_messages)" big)"

# ---- how large
fact "so many rows, in all" quiet amplify local:shop --to local:some --rows 100000
fact "... are there" [ "$(rows_of some)" -gt 90000 ] && [ "$(rows_of some)" -lt 115000 ]
fact "so many times the copy's" quiet amplify local:shop --to local:some --factor 3
fact "... are there" same orders "$((3 * $(own 'SELECT count(*) FROM orders' shop)))" "$(own 'SELECT count(*) FROM orders' some)"
echo 'ALTER TABLE Shipments ADD COLUMN x int;' >"$work/up.sql"
fact "only what a migration names" quiet amplify local:shop --to local:some --for "$work/up.sql"
fact "... and what it refers to" same rows "$(own 'SELECT count(*) FROM reviews' shop) $(on source shop 'SELECT count(*) / 1000 FROM shipments')" \
    "$(own 'SELECT count(*) FROM reviews' some) $(own 'SELECT count(*) / 1000 FROM shipments' some)"

# ---- what cannot be
own "CREATE TABLE odd (day date PRIMARY KEY); INSERT INTO odd VALUES ('2024-01-01'), ('2024-01-02')" shop
"$DECANT" amplify local:shop --to local:some --factor 2 >"$work/said" 2>&1
fact "a table that cannot have more is named with its reason" grep -q 'public.odd: nothing can be made different for odd_pkey' "$work/said"
fact "... and has the copy's rows" same rows 2 "$(own 'SELECT count(*) FROM odd' some)"
before=$(dump some)
fact "a copy is needed" fails_with 2 "no copy to amplify" "$DECANT" amplify --to local:some
fact "a target is needed" fails_with 2 "no target" "$DECANT" amplify local:shop
fact "files are not amplified" fails_with 2 "only a PostgreSQL copy is amplified" "$DECANT" amplify "$work/x.sqlite" --to local:some
fact "nor is an amplified copy" fails_with 3 "the copy is an amplified one" "$DECANT" amplify local:big --to local:some
fact "what is no copy has no sizes" fails_with 5 "" "$DECANT" amplify local:postgres --to local:some
fact "one size is enough" fails_with 2 "one of them" "$DECANT" amplify --rows 5 --factor 2 local:shop --to local:some
fact "a file that is not there is told" fails_with 2 "cannot read" "$DECANT" amplify --for "$work/nothing.sql" local:shop --to local:some
for s in 0.3 0.8 1.5; do
    "$DECANT" amplify -q local:shop --to local:some >/dev/null 2>&1 &
    sleep $s
    kill -9 $!
    wait $! 2>/dev/null
done
fact "a kill leaves the target as it was" same dump "$before" "$(dump some)"
fact "... and what it built is gone with the next run" quiet amplify local:shop --to local:some --factor 2
fact "... of which nothing is left" same databases "" "$(own "SELECT datname FROM pg_database WHERE datname LIKE '%decant_%'" postgres)"

# ---- rehearsals
printf "SET lock_timeout = '2s';\nCREATE INDEX n1 ON order_items (unit_price);\nUPDATE orders SET note = 'x';\n" >"$work/up.sql"
"$DECANT" rehearse --on local:shop --at production --sql "$work/up.sql" --format json >"$work/report" 2>/dev/null
report() { /usr/bin/python3 -c "import json, sys; r = json.load(open('$work/report')); print($1)"; }
fact "a migration is run on production's rows, too" same longer True "$(report 'r["statements"][2]["on_production_rows_ms"] > 3 * r["statements"][2]["took_ms"]')"
fact "... which the text tells" grep -q 'there: on as many rows as production has' <("$DECANT" rehearse --on local:shop --at production --sql "$work/up.sql" 2>/dev/null)
echo 'SELECT 1 / (CASE WHEN count(*) > 20000 THEN 0 ELSE 1 END) FROM orders;' >"$work/few.sql"
fact "one that only fails there is told" fails_with 5 "breached the policy" "$DECANT" rehearse --on local:shop --at production --sql "$work/few.sql"
fact "... as such" grep -q 'fails-on-production-rows' "$work/out"
fact "... nothing is left of them" same databases "" "$(own "SELECT datname FROM pg_database WHERE datname ~ 'production|rehearse'" postgres)$(ls "$work/own/decant" | grep rehearsal)"
fact "--at knows one place" fails_with 2 "--at is 'production'" "$DECANT" rehearse --on local:shop --at home --sql "$work/up.sql"

# ---- what a check knows of rows and the model does not
own "CREATE TABLE ends (id int PRIMARY KEY); CREATE UNIQUE INDEX ends_key ON ends ((id % 10)); INSERT INTO ends SELECT generate_series(1, 9)" shop
fact "an index that the rows do not satisfy ends it" fails_with 5 "do not satisfy 'public.ends_key'" "$DECANT" amplify -q local:shop --to local:some --factor 2
own "DROP TABLE ends" shop

# ---- schemas that nobody thought of
export SEEDS=${SEEDS:-1-12} DECANT work
PYTHONPATH=tests/e2e /usr/bin/python3 tests/e2e/amplify_schemas.py
