#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A cover instead of a sample: the fewest rows that show every feature of the source, the same every time.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source shop fixtures/shop.sql -v scale=0.02
load source odd fixtures/odd.sql
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/k.key" && chmod 600 "$work/k.key"
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own
trap '"$DECANT" server stop >/dev/null 2>&1; servers_end' EXIT
here=$PWD/tests/e2e
cd "$work" || exit 1
shop=$(url source shop)
"$DECANT" init -c shop.yaml --key-file k.key --rate 20% "$shop" >/dev/null
count() { # FILE.sqlite: rows of all tables
    lite "$1" "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'" |
        while read -r t; do lite "$1" "SELECT count(*) FROM \"$t\""; done | awk '{ n += $1 } END { print n }'
}
fact "a cover of the shop" "$DECANT" pull -q --no-mask --cover --to all.sqlite "$shop"
rows=$(count all.sqlite)
fact "... is small" [ "$rows" -lt 1500 ]
fact "... keys hold" same violations "" "$(lite all.sqlite 'PRAGMA foreign_key_check')"
fact "... plan says so before" eval '"$DECANT" plan --no-mask --cover "$shop" | grep -qE "^cover: $rows rows show ([0-9]+) of \1 features"'
fact "... and notes nothing that is not shown" eval '"$DECANT" report --format json all.sqlite >report && ! grep -q not-covered report'
for column in orders.status payments.method support_tickets.prio addresses.kind; do
    t=${column%.*} c=${column#*.}
    fact "... each $column" same values "$(on source shop "SELECT count(DISTINCT $c) FROM $t")" "$(lite all.sqlite "SELECT count(DISTINCT $c) FROM $t")"
done
fact "... an order without, with one and with several items" same classes "$(on source shop "SELECT string_agg(n::text, ' ' ORDER BY n) FROM (SELECT DISTINCT least((SELECT count(*) FROM order_items i WHERE i.order_id = o.order_id), 1) AS n FROM orders o) x")" \
    "$(lite all.sqlite "SELECT group_concat(n, ' ') FROM (SELECT DISTINCT min((SELECT count(*) FROM order_items i WHERE i.order_id = o.order_id), 1) AS n FROM orders o ORDER BY 1)")"
fact "... the largest order" same total "$(on source shop 'SELECT max(total)::text FROM orders' | sed 's/0*$//')" "$(lite all.sqlite 'SELECT max(total) FROM orders')"
fact "the same again is the same" eval '"$DECANT" pull -q --no-mask --cover -j 4 --to again.sqlite "$shop" && cmp all.sqlite again.sqlite'
fact "as SQL text" eval '"$DECANT" pull -q --no-mask --cover --to fixtures/ "$shop" && [ "$(cat fixtures/50-* | grep -c "^(")" = "$rows" ]'
# another list of the features, made without this program; its 'greedy' says, by hand, how few rows chance finds
judge() { /usr/bin/python3 "$here/cover_judge.py" "$@" >judged 2>&1 || { tail -n 20 judged | sed 's/^/# /'; false; }; }
on source postgres "CREATE DATABASE loaded" "CREATE DATABASE parts TEMPLATE loaded"
fact "... which psql loads" eval 'cat fixtures/*.sql | psql -X -q -v ON_ERROR_STOP=1 -h "$work/source" -U tester -d loaded >/dev/null'
fact "... has every feature that another list of them has" judge judge "$shop" "$(url source loaded)"
fact "... and the list notices what is missing" eval 'on source parts "$(cat fixtures/10-*.sql)" >/dev/null && ! judge judge "$shop" "$(url source parts)" >/dev/null'
on source shop "CREATE INDEX elsewhere ON customers (md5(customer_id::text))" "CLUSTER customers USING elsewhere" "ALTER TABLE customers SET WITHOUT CLUSTER" "DROP INDEX elsewhere" \
    "CREATE INDEX elsewhere ON orders (md5(order_id::text))" "CLUSTER orders USING elsewhere" "ALTER TABLE orders SET WITHOUT CLUSTER" "DROP INDEX elsewhere"
fact "... which do not depend on where rows lie" eval '"$DECANT" pull -q --no-mask --cover --to after/ "$shop" && diff -r fixtures after'
fact "masked" "$DECANT" pull -q -c shop.yaml --key-file k.key --cover --to masked.sqlite "$shop"
fact "... none of it legible" same mails "" "$(comm -12 <(on source shop 'SELECT email FROM customers' | sort) <(lite masked.sqlite 'SELECT email FROM customers' | sort))"
fact "... proved as any other" "$DECANT" verify -q masked.sqlite
fact "fewer rows" "$DECANT" pull -q --no-mask --cover --max-rows 60 --to few.sqlite "$shop"
fact "... no more than that" [ "$(count few.sqlite)" -le 60 ]
fact "... keys hold" same violations "" "$(lite few.sqlite 'PRAGMA foreign_key_check')"
fact "... what is not shown is listed" eval '"$DECANT" report --format json few.sqlite | grep -q not-covered'
fact "odd names and types" "$DECANT" pull -q --no-mask --cover --to odd.sqlite "$(url source odd)"
fact "... keys hold" same violations "" "$(lite odd.sqlite 'PRAGMA foreign_key_check')"
on source postgres "CREATE DATABASE hard"
# nobody's function is called for a cover, but that of somebody with rights over the server
on source hard "CREATE ROLE joe" "CREATE FUNCTION f(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true'" \
    "CREATE TABLE t (id int PRIMARY KEY, n int CHECK (f(n) OR n > 5), m int CHECK (m = 0 OR 7 / m < 9))" "INSERT INTO t SELECT i, i, i % 4 FROM generate_series(1, 8) i" \
    "CREATE OR REPLACE FUNCTION f(int) RETURNS bool LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE ''called''; END'" "CREATE TABLE empty (id int PRIMARY KEY, t int REFERENCES t)"
fact "a check that calls what an administrator wrote is read" fails_with 6 "choosing rows of 'public.t'" "$DECANT" pull -q --no-mask --cover --to hard.sqlite "$(url source hard)"
on source hard "ALTER FUNCTION f OWNER TO joe"
fact "... what somebody else wrote is not" "$DECANT" pull -q --no-mask --cover --to hard.sqlite "$(url source hard)"
fact "a check whose branch cannot be read by itself" "$DECANT" pull -q --no-mask --cover --to hard.sqlite "$(url source hard)"
fact "... both of them" same m "0 1" "$(lite hard.sqlite 'SELECT group_concat(m, " ") FROM (SELECT DISTINCT min(m, 1) AS m FROM t ORDER BY 1)')"
on source postgres "CREATE DATABASE nothing"
on source nothing "CREATE TABLE t (id int PRIMARY KEY)"
fact "a source without rows" eval '"$DECANT" plan --no-mask --cover "$(url source nothing)" | grep -q "^cover: 0 rows show 0 of 0 features"'
fact "a table of 1,600 columns" eval 'on source hard "CREATE TABLE wide (id int PRIMARY KEY, $(seq -f "c%g smallint" -s, 1599))" "INSERT INTO wide (id, c1599) SELECT i, i % 3 FROM generate_series(1, 30) i" &&
    "$DECANT" pull -q --no-mask --cover -t wide --to local:wide "$(url source hard)" 2>wide.err || { cat wide.err; false; }'
refused() { # STATUS TEXT OPTION...
    local status=$1 text=$2
    shift 2
    fails_with "$status" "$text" "$DECANT" pull -q --no-mask --to never.sqlite "$@" "$shop"
}
fact "a rate beside it" refused 2 "exclude each other" --cover --rate 5%
fact "a row beside it" refused 2 "exclude each other" --cover --row orders:1
fact "a limit without it" refused 2 "--max-rows is for --cover" --max-rows 5
fact "children beyond the memory" refused 3 "allow more with --memory" --cover --memory 100
fact "and nothing was made" [ ! -e never.sqlite ]
