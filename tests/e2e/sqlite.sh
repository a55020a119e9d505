#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# PostgreSQL to SQLite: every row, every value, every key.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source odd fixtures/odd.sql -v ON_ERROR_STOP=1 || { cat "$work/load.log"; exit 1; }
load source shop fixtures/shop.sql -v scale=0.02
out=$work/copies
mkdir "$out"
source_of() { url source "$1"; }

for db in odd shop; do
    fact "$db is pulled into a SQLite file" pull "$out/$db.sqlite" "$(source_of $db)"
    fact "the copy of $db is verified" "$DECANT" verify -q "$out/$db.sqlite"
done
if [ -d "$shared" ]; then
    for db in chinook pagila; do
        load source $db "$shared/databases/$db.sql.gz"
        fact "$db is pulled into a SQLite file" pull "$out/$db.sqlite" "$(source_of $db)"
        fact "the judge finds nothing in $db" judged "$out/$db.sqlite" "$(source_of $db)"
    done
    # rows without a key are compared as a whole, and with them addresses, which show no bits
    fact "the judge finds nothing in shop" judged "$out/shop.sqlite" "$(source_of shop)" --allow 'row-not-in-source public.audit_log'
    fact "the judge finds nothing in odd but counted spellings of citext keys" \
        judged "$out/odd.sqlite" "$(source_of odd)" --allow 'value-differs public.ci_child'
else
    skip "the judge finds nothing" "../shared is not there"
fi

# Without the judge: counts of all tables, and sums of what must be exact.
counts() {
    for t in $(on source shop "SELECT relname FROM pg_class WHERE relkind IN ('r','p') AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY 1"); do
        echo "$t $($1 "SELECT count(*) FROM $t")"
    done
}
in_source() { on source shop "$1"; }
in_copy() { lite "$out/shop.sqlite" "$1"; }
fact "every table of shop has the rows of the source" same counts "$(counts in_source)" "$(counts in_copy)"
fact "sums of amounts agree to the cent" same sum \
    "$(in_source "SELECT sum(total) FROM orders")" "$(in_copy "SELECT printf('%.2f', sum(cast(round(total * 100) AS integer)) / 100.0) FROM orders")"
fact "text of every customer is the same" same text \
    "$(in_source "SELECT coalesce(email,'') || coalesce(notes,'-') || full_name FROM customers ORDER BY customer_id" | md5sum)" \
    "$(in_copy "SELECT coalesce(email,'') || coalesce(notes,'-') || full_name FROM customers ORDER BY customer_id" | md5sum)"
types=$(sqlite3 -line "$out/odd.sqlite" "SELECT * FROM types ORDER BY id")
[ "${UPDATE:-}" = 1 ] && echo "$types" >tests/e2e/types.expected
fact "values of every type are as expected" same types "$(cat tests/e2e/types.expected)" "$types"
schema=$(sqlite3 "$out/odd.sqlite" "SELECT sql || ';' FROM sqlite_schema WHERE tbl_name IN ('made', 'uniq', 'comp_child', 'part', 'leafy', 'Odd Schema__Odd \"Table\".x') AND sql IS NOT NULL")
[ "${UPDATE:-}" = 1 ] && echo "$schema" >tests/e2e/schema.expected
fact "tables, keys, checks and indexes are as expected" same schema "$(cat tests/e2e/schema.expected)" "$schema"
fact "a second NULL row is refused where NULLs are not distinct" fails_with 19 "UNIQUE constraint failed" \
    sqlite3 "$out/odd.sqlite" "BEGIN; INSERT INTO uniq (id, a, b) VALUES (99, NULL, NULL); ROLLBACK"
fact "the manifest lists what was not carried" test "$(lite "$out"/odd.sqlite.*.decant "SELECT count(*) FROM not_carried WHERE kind = 'trigger' AND object = 'public.tree.never'")" = 1
fact "keys with the parent's spelling are counted" test "$(lite "$out"/odd.sqlite.*.decant "SELECT count FROM not_carried WHERE reason = 'key-respelled'")" = 3
fact "a second pull gives the same bytes" bash -c "cp '$out/shop.sqlite' '$work/first' && '$DECANT' pull --no-mask -q --to '$out/shop.sqlite' '$(source_of shop)' && cmp '$work/first' '$out/shop.sqlite'"
psql -X -q -h "$work/source" -U tester -d shop >"$work/log" 2>&1 <<'S'
UPDATE customers SET email = email WHERE customer_id % 3 = 0;
CREATE TABLE moved AS SELECT * FROM sessions ORDER BY random(); TRUNCATE sessions; INSERT INTO sessions SELECT * FROM moved; DROP TABLE moved;
VACUUM ANALYZE;
S
fact "the same rows in another order give the same bytes" bash -c "'$DECANT' pull --no-mask -q --to '$out/shop.sqlite' '$(source_of shop)' && cmp '$work/first' '$out/shop.sqlite'"
fact "one manifest is left" test "$(ls "$out"/shop.sqlite.*.decant | wc -l)" = 1

fact "orphans of the source leave their key out, counted" bash -c "
    psql -X -q -h $work/source -U tester -d odd -c 'SET session_replication_role = replica; UPDATE comp_child SET x = 999 WHERE id = 1' &&
    '$DECANT' pull --no-mask -q --to '$out/orphan.sqlite' '$(source_of odd)' &&
    [ \$(sqlite3 '$out'/orphan.sqlite.*.decant \"SELECT sum(count) FROM not_carried WHERE reason = 'violated-in-source'\") -ge 1 ]"
sqlite3 "$out/shop.sqlite" "UPDATE coupons SET code = 'x' WHERE coupon_id = 1"
fact "a copy that was written to is told by verify" fails_with 5 "was changed since it was made" "$DECANT" verify "$out/shop.sqlite"

fact "-t takes one table" bash -c "'$DECANT' pull --no-mask -q -t coupons --to '$out/t.sqlite' '$(source_of shop)' && [ \"\$(sqlite3 '$out/t.sqlite' .tables | tr -d ' ')\" = coupons ]"
fact "a key whose parent is left out is refused" fails_with 3 "which the patterns leave out" pull "$out/t2.sqlite" "$(source_of shop)" -T customers
fact "--drop-dangling-keys leaves it out and says so" bash -c "'$DECANT' pull --no-mask --drop-dangling-keys -T customers --to '$out/t2.sqlite' '$(source_of shop)' 2>&1 | grep -q 'orders.orders_customer_id_fkey'"
fact "a pattern that matches nothing is refused" fails_with 3 "matches nothing" pull "$out/t3.sqlite" "$(source_of shop)" -t no_such
fact "--schema-only copies no row" bash -c "'$DECANT' pull --no-mask -q --schema-only --to '$out/s.sqlite' '$(source_of shop)' && [ \$(sqlite3 '$out/s.sqlite' 'SELECT count(*) FROM orders') = 0 ]"
fact "--publish symlink makes a link" bash -c "'$DECANT' pull --no-mask -q --publish symlink -t coupons --to '$out/l.sqlite' '$(source_of shop)' && [ -L '$out/l.sqlite' ] && '$DECANT' verify -q '$out/l.sqlite'"
fact "a file that decant did not make is left alone" bash -c "sqlite3 '$out/own.sqlite' 'CREATE TABLE t(a)'; '$DECANT' pull --no-mask -q --to '$out/own.sqlite' '$(source_of shop)' 2>&1 | grep -q 'not a copy that decant made' && [ \$(sqlite3 '$out/own.sqlite' .tables) = t ]"
fact "--overwrite replaces it" pull "$out/own.sqlite" "$(source_of shop)" --overwrite -t coupons

# a partition on another server, which cannot even be reached
on source postgres "CREATE DATABASE far"
on source far "CREATE EXTENSION postgres_fdw" "CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nonexistent')" \
    "CREATE USER MAPPING FOR CURRENT_USER SERVER nowhere" "CREATE TABLE part (id int, v text) PARTITION BY RANGE (id)" \
    "CREATE TABLE near (v text, id int)" "ALTER TABLE part ATTACH PARTITION near FOR VALUES FROM (0) TO (10)" \
    "CREATE FOREIGN TABLE away PARTITION OF part FOR VALUES FROM (10) TO (20) SERVER nowhere" "INSERT INTO part VALUES (2, 'b'), (1, 'a')" \
    "CREATE TABLE parent (id int PRIMARY KEY)" "CREATE TABLE child () INHERITS (parent)"
fact "a partition on another server is left alone" bash -c "'$DECANT' pull --no-mask --to '$out/far.sqlite' '$(source_of far)' 2>'$work/err'"
fact "the others are there" test "$(lite "$out/far.sqlite" "SELECT group_concat(id || v) FROM (SELECT * FROM part ORDER BY id)")" = 1a,2b
for what in 'public.away' 'inheritance [not-in-sqlite]'; do
    fact "not carried: $what" grep -qF -- "$what" "$work/err"
done

chmod 600 "$out/far.sqlite"
fact "a copy keeps the mode of the one before" bash -c "'$DECANT' pull --no-mask -q --to '$out/far.sqlite' '$(source_of far)' && [ \$(stat -c %a '$out/far.sqlite') = 600 ]"
