#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Rows that somebody asks for, instead of a sample: with all that they own and need, and nothing else.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source shop fixtures/shop.sql -v scale=0.02
on source shop "UPDATE payments SET order_id = order_id WHERE false"
on source postgres "CREATE DATABASE odd"
on source odd 'CREATE TABLE "A b" ("C, d" text, n int, PRIMARY KEY ("C, d", n))' "INSERT INTO \"A b\" VALUES ('x''y', 1), ('x''y', 2), ('z', 1)" \
    'CREATE SCHEMA s' 'CREATE TABLE s.t (id text PRIMARY KEY, up text REFERENCES s.t)' 'CREATE TABLE t (id int PRIMARY KEY)' 'CREATE TABLE keyless (id int)' \
    "INSERT INTO s.t VALUES ('a:1,2', NULL), ('b', 'a:1,2'), ('c', 'b')" "INSERT INTO t VALUES (1)"
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/k.key" && chmod 600 "$work/k.key"
cd "$work" || exit 1
"$DECANT" init -c shop.yaml --key-file k.key --rate 20% "$(url source shop)" >/dev/null
asks() { # TARGET OPTION...
    local target=$1
    shift
    "$DECANT" pull -q --to "$target" "$@" 2>err
}
rows() { # of all tables of a file: name count
    lite "$1" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY 1" | while read -r t; do
        n=$(lite "$1" "SELECT count(*) FROM \"$t\"") && [ "$n" -gt 0 ] && echo "$t $n"
    done
}
shop=$(url source shop)
order=$(on source shop "SELECT order_id FROM orders JOIN order_items USING (order_id) JOIN payments USING (order_id) GROUP BY 1 HAVING count(*) > 3 ORDER BY 1 LIMIT 1")
fact "one order, without rules" asks one.sqlite --no-mask --row "public.orders:$order" "$shop"
fact "... is there" same order "$order" "$(lite one.sqlite 'SELECT order_id FROM orders')"
for t in order_items payments shipments order_coupons; do
    fact "... with its $t" same rows "$(on source shop "SELECT count(*) FROM $t WHERE order_id = $order")" "$(lite one.sqlite "SELECT count(*) FROM $t")"
done
fact "... with its customer, and nothing of his" same rows "1 0" "$(lite one.sqlite "SELECT (SELECT count(*) FROM customers) || ' ' || (SELECT count(*) FROM reviews)")"
fact "... keys hold" same violations "" "$(lite one.sqlite 'PRAGMA foreign_key_check')"
fact "... a few rows of all" [ "$(rows one.sqlite | awk '{ n += $2 } END { print n }')" -lt 60 ]
fact "the same again is the same" eval 'asks again.sqlite --no-mask --row orders:$order "$shop" && cmp one.sqlite again.sqlite'
fact "masked, by rules whose sample does not count" asks masked.sqlite -c shop.yaml --key-file k.key --row "orders:$order" --row customers:5 --row customers:6 "$shop"
fact "... those customers, and who ordered" same customers "$(on source shop "SELECT count(DISTINCT customer_id) FROM (SELECT customer_id FROM orders WHERE order_id = $order UNION SELECT 5 UNION SELECT 6) x")" \
    "$(lite masked.sqlite 'SELECT count(*) FROM customers')"
fact "... with all that they own" same orders "$(on source shop "SELECT count(*) FROM orders WHERE customer_id IN (5, 6) OR order_id = $order")" "$(lite masked.sqlite 'SELECT count(*) FROM orders')"
fact "... none of it legible" same mails "" "$(comm -12 <(on source shop 'SELECT email FROM customers' | sort) <(lite masked.sqlite 'SELECT email FROM customers' | sort))"
fact "... it is proved as any other" "$DECANT" verify -q masked.sqlite
fact "other rows take its place" asks masked.sqlite -c shop.yaml --key-file k.key --row customers:7 "$shop"
on source shop "SELECT pg_stat_reset()" >/dev/null
asks x.sqlite --no-mask --row "orders:$order" "$shop"
sleep 1.2
fact "tables are not read for it" same scans 0 "$(on source shop "SELECT count(*) FROM pg_stat_user_tables WHERE seq_tup_read > 8000 AND relname IN ('orders', 'order_items', 'addresses')")"

odd=$(url source odd)
fact "keys of several columns, and odd names" asks odd.sqlite --no-mask --row "public.A b:x'y,2" "$odd"
fact "... one row" same rows "A b 1" "$(rows odd.sqlite)"
fact "a value with colon and comma" asks odd.sqlite --no-mask --row "s.t:a:1,2" "$odd"
fact "... alone" same rows "s__t 1" "$(rows odd.sqlite)"
fact "rows that it needs come by themselves" asks odd.sqlite --no-mask --row s.t:c "$odd"
fact "... all of them" same rows "s__t 3" "$(rows odd.sqlite)"
fact "plan tells of it" eval '"$DECANT" plan --exact --no-mask --row s.t:c "$odd" | grep -q "s.t .* 2 .* 1 "'

fact "a row that is named twice is one" asks odd.sqlite --no-mask --row public.t:1 --row public.t:1 "$odd"
args=()
for i in $(seq 2500); do args+=(--row "customers:$i"); done
fact "thousands of rows" asks many.sqlite --no-mask "${args[@]}" "$shop"
fact "... are there" same rows 2500 "$(lite many.sqlite "SELECT count(*) FROM customers WHERE customer_id <= 2500")"
on source odd "CREATE TABLE p (id int PRIMARY KEY)" "CREATE TABLE c (id int PRIMARY KEY, p int NOT NULL REFERENCES p)" "INSERT INTO p VALUES (1)" "INSERT INTO c VALUES (7, 1)"
printf 'version: 1\nsample: {rate: 20%%, schema_only: [public.p], foreign_keys: {public.c.p: require}}\n' >only.yaml

refused() { # STATUS TEXT OPTION...
    local status=$1 text=$2
    shift 2
    fails_with "$status" "$text" "$DECANT" pull -q --no-mask --to never.sqlite "$@"
}
fact "a row that is not there" refused 3 "'public.orders' has 0 of the 1 rows" --row orders:99999999 "$shop"
fact "one of two" refused 3 "'public.orders' has 1 of the 2 rows" --row "orders:$order" --row orders:99999999 "$shop"
fact "a table that is not there" refused 2 "there is no such table" --row nothing:1 "$shop"
fact "a name that two tables have" refused 2 "more than one table is called so" --row t:1 "$odd"
fact "too few values" refused 2 "has 2 columns" --row order_items:1 "$shop"
fact "too many" refused 2 "has 2 columns" --row order_items:1,2,3 "$shop"
fact "no key" refused 2 "--row is TABLE:KEY" --row orders "$shop"
fact "a table without one" refused 2 "has no primary key" --row keyless:1 "$odd"
fact "a value that is none" refused 2 "--row: the source does not accept this SQL" --row orders:abc "$shop"
fact "a rate beside it" refused 2 "exclude each other" --row orders:1 --rate 5% "$shop"
fact "a row whose parent comes without rows" refused 3 "needs one of 'public.p', which is schema only" -c only.yaml --row c:7 "$odd"
fact "and nothing was made" [ ! -e never.sqlite ]
