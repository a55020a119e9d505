#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Which rows: caps, strata, rows asked for, edge rows, references that only the rules know, changed keys, budgets; and
# what plan and explain say of them.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
cat >"$work/rows.sql" <<'SQL'
CREATE SCHEMA tmp;
CREATE TABLE tmp.junk (id int PRIMARY KEY);
CREATE TABLE accounts (id bigint PRIMARY KEY, country text, plan text NOT NULL, boss_id bigint REFERENCES accounts, note text);
INSERT INTO accounts SELECT i, CASE WHEN i % 400 = 0 THEN 'zz' WHEN i % 3 = 0 THEN NULL WHEN i % 2 = 0 THEN 'de' ELSE 'fr' END,
    CASE WHEN i % 10 = 0 THEN 'pro' ELSE 'free' END, CASE WHEN i > 10 AND i % 4 = 0 THEN i / 4 END, 'n' || i FROM generate_series(1, 4000) i;
CREATE TABLE orders (id bigint PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts, status text, paid timestamptz);
INSERT INTO orders SELECT i, CASE WHEN i % 10 < 3 THEN 7 ELSE 1 + (i * 7919) % 4000 END,
    CASE WHEN i % 1500 = 1 THEN 'refused' ELSE 'done' END, CASE WHEN i % 2000 <> 5 THEN now() END FROM generate_series(1, 12000) i;
CREATE TABLE lines (order_id bigint REFERENCES orders, no int, PRIMARY KEY (order_id, no));
INSERT INTO lines SELECT i, n FROM generate_series(1, 12000) i, generate_series(1, 1 + i % 3) n;
CREATE TABLE events (id bigint PRIMARY KEY, payload jsonb, email text);
INSERT INTO events SELECT i, CASE WHEN i % 9 = 0 THEN '{"user": {"id": "nobody"}}' ELSE jsonb_build_object('user', jsonb_build_object('id', 1 + i % 4000)) END,
    'n' || (1 + i % 4000) FROM generate_series(1, 5000) i;
CREATE TABLE comments (id bigint PRIMARY KEY, subject_type text, subject_id bigint);
INSERT INTO comments SELECT i, CASE WHEN i % 2 = 0 THEN 'order' ELSE 'account' END, 1 + i % 4000 FROM generate_series(1, 3000) i;
CREATE TABLE links (a bigint REFERENCES accounts, b bigint REFERENCES accounts, PRIMARY KEY (a, b), CHECK (a <> b));
INSERT INTO links SELECT DISTINCT a, b FROM (SELECT 1 + (i * 31) % 4000 AS a, CASE WHEN i % 20 = 0 THEN 7 ELSE 1 + (i * i) % 977 END AS b FROM generate_series(1, 9000) i) l WHERE a <> b;
CREATE TABLE legacy (id bigint PRIMARY KEY, account_id bigint);
INSERT INTO legacy SELECT i, i * 2 FROM generate_series(1, 2400) i;
ALTER TABLE legacy ADD FOREIGN KEY (account_id) REFERENCES accounts NOT VALID;
CREATE TABLE plain (t text, n int);
INSERT INTO plain SELECT 'x' || i / 2, i / 2 FROM generate_series(1, 3000) i;
CREATE TABLE pairs (a int, b int, UNIQUE (a, b)); -- no key of its own
INSERT INTO pairs SELECT i, i % 7 FROM generate_series(1, 3000) i;
CREATE TABLE users (id bigint PRIMARY KEY, a int, b int, raw json, big text, FOREIGN KEY (a, b) REFERENCES pairs (a, b));
INSERT INTO users SELECT 9007199254740993000 + i, i, i % 7, '{"x": 1}', (9007199254740993000 + (i * 7) % 2500 + 1)::text FROM generate_series(1, 2500) i;
CREATE TABLE log (order_id bigint NOT NULL REFERENCES orders, what text);
INSERT INTO log SELECT i, 'same' FROM generate_series(1, 12000) i, generate_series(1, 1 + i % 2);
CREATE TABLE nothing ();
INSERT INTO nothing DEFAULT VALUES;
ANALYZE;
SQL
load source rows "$work/rows.sql" -v ON_ERROR_STOP=1 || { cat "$work/load.log"; exit 1; }
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/key"
chmod 600 "$work/key"
copy=$work/copy.sqlite
use() { printf 'sample:\n%s\n' "$1" >"$work/rules.yaml"; }
sample() { pull "$copy" "$(url source rows)" -c "$work/rules.yaml" --key-file "$work/key" --origins "$work/origins" "$@"; }
ask() { lite "$copy" "$1"; }
between() { [ "$1" -le "$2" ] && [ "$2" -le "$3" ]; }
origin() { awk -F'\t' -v t="$1" -v k="$2" '$1 == t && $2 == k { print $3, $4 }' "$work/origins"; }

roots="  roots: {public.accounts: {}}
  foreign_keys: {public.orders.account_id: owner, public.links.a: owner, public.legacy.account_id: owner}"
use "  rate: 10%
$roots"
fact "a whale is capped" sample
# it owns 30 % of the orders: it is certain to come, with a tenth of them
fact "it is in for certain" same origin "sample 1" "$(origin public.accounts 7)"
fact "with its share of its orders" between 250 "$(ask "SELECT count(*) FROM orders WHERE account_id = 7")" 480
fact "so that orders are as many as they should be" between 1000 "$(ask "SELECT count(*) FROM orders")" 1450
fact "lines follow their orders whole" same lines "$(ask "SELECT sum(1 + id % 3) FROM orders")" "$(ask "SELECT count(*) FROM lines")"
fact "rows without a key come in pairs, or not at all" same odd "0" "$(ask "SELECT count(*) FROM (SELECT 1 FROM plain WHERE n BETWEEN 1 AND 1499 GROUP BY n HAVING count(*) <> 2)")"
fact "rows that are alike come all" same log "0" "$(ask "SELECT count(*) FROM (SELECT order_id, count(*) AS n FROM log GROUP BY order_id) WHERE n <> 1 + order_id % 2")"
fact "as many as their owners say" same log "$(ask "SELECT sum(1 + id % 2) FROM orders")" "$(ask "SELECT count(*) FROM log")"
fact "a key to rows that have no other" between 100 "$(ask "SELECT count(*) FROM users JOIN pairs USING (a, b)")" 500
use "  rate: 10%
  cap: none
$roots"
fact "without a cap it comes with all, or not" sample
fact "as it does here" bash -c "n=$(ask "SELECT count(*) FROM orders WHERE account_id = 7"); [ \$n = 0 ] || [ \$n -ge 3600 ]"

use "  rate: 2%
  strata: {public.accounts: {by: [country], min: 5}}
$roots"
fact "strata" sample
fact "every stratum has its minimum" between 4 "$(ask "SELECT count(*) FROM (SELECT country FROM accounts GROUP BY country HAVING count(*) >= 5)")" 4
fact "the rows of a small one say their probability" same p "sample 0.5" "$(for id in $(ask "SELECT id FROM accounts WHERE country = 'zz'"); do origin public.accounts "$id"; done | grep '^sample' | sort -u)"
use "  rate: 5%
$roots
  also: {public.accounts: \"id in (42, 97)\"}
  edges: {per_value: 3, null_patterns: 3, extremes: 1}"
fact "rows asked for, and edge rows" sample
fact "what was asked for is in, with what it owns" same asked "2 $(on source rows "SELECT count(*) FROM orders WHERE account_id IN (42, 97)")" \
    "$(ask "SELECT count(*) FROM accounts WHERE id IN (42, 97)") $(ask "SELECT count(*) FROM orders WHERE account_id IN (42, 97)")"
fact "it has no weight" bash -c "[[ '$(origin public.accounts 42)' == 'asked 0' ]]"
fact "a rare status is there" between 3 "$(ask "SELECT count(*) FROM orders WHERE status = 'refused'")" 8
fact "and a rare NULL" between 3 "$(ask "SELECT count(*) FROM orders WHERE paid IS NULL")" 6
fact "of edge rows that are alike all come" same plain "0" "$(ask "SELECT count(*) FROM (SELECT 1 FROM plain WHERE n BETWEEN 1 AND 1499 GROUP BY n HAVING count(*) <> 2)")"
fact "edge rows have no weight" bash -c "awk -F'\t' '\$3 == \"edge\" { n++; if (\$4 != 0) bad = 1 } END { exit bad || n < 3 }' '$work/origins'"

use "  rate: 5%
$roots
  virtual:
    - {from: 'public.events.payload:\$.user.id', to: public.accounts.id}
    - {from: public.events.email, to: public.accounts.note}
    - {from: public.users.big, to: public.users.id}
    - {from: [public.comments.subject_type, public.comments.subject_id], to: {order: public.orders.id, account: public.accounts.id}}"
fact "references that only the rules know" sample
fact "lead to rows that are there" same dangling "0 0 0 0" "$(ask "SELECT
    (SELECT count(*) FROM events WHERE json_extract(payload, '\$.user.id') <> 'nobody' AND json_extract(payload, '\$.user.id') NOT IN (SELECT id FROM accounts)) || ' ' ||
    (SELECT count(*) FROM events WHERE email NOT IN (SELECT note FROM accounts)) || ' ' ||
    (SELECT count(*) FROM comments WHERE subject_type = 'order' AND subject_id NOT IN (SELECT id FROM orders)) || ' ' ||
    (SELECT count(*) FROM comments WHERE subject_type = 'account' AND subject_id NOT IN (SELECT id FROM accounts))")"
fact "nineteen digits, too" same big "0" "$(ask "SELECT count(*) FROM users WHERE CAST(big AS INTEGER) NOT IN (SELECT id FROM users)")"
fact "and some came for them" between 100 "$(ask "SELECT count(*) FROM events")" 400

for kind in require reassign; do
    use "  rate: 10%
  roots: {public.accounts: {}}
  foreign_keys: {public.links.a: owner, public.links.b: $kind, public.accounts.boss_id: 'null', public.orders.account_id: owner}"
    fact "policy $kind" sample
    declare "links_$kind=$(ask "SELECT count(*) FROM links")"
    # account 7 is in for certain, the others with a tenth: links to it have the plain rate, which is not listed
    [ $kind = reassign ] || fact "a row is as likely as the parent that it requires" same p "sample 0.01 / 0 / many" \
        "$(awk -F'\t' '$1 == "public.links" { print $3, $4 }' "$work/origins" | sort -u) / $(grep -c '^public.links.*,7	' "$work/origins") / $([ "$(ask "SELECT count(*) FROM links WHERE b = 7")" -gt 5 ] && echo many)"
    fact "$kind: to PostgreSQL" pull "$(url target $kind)" "$(url source rows)" -c "$work/rules.yaml" --key-file "$work/key" -j 2
    fact "$kind: the same rows on both" same rows "$(ask "SELECT a || '-' || b FROM links ORDER BY a, b" | md5sum)" "$(on target $kind "SELECT a || '-' || b FROM links ORDER BY a, b" | md5sum)"
done
fact "reassign keeps what require leaves out" bash -c "[ $links_reassign -gt $((links_require * 5)) ]"
fact "no bosses came" same bosses "0" "$(awk -F'\t' '$1 == "public.accounts" && $3 == "pulled"' "$work/origins" | grep -c . | tr -d ' ')"
fact "those who are not there are NULL" same bosses "0" "$(ask "SELECT count(*) FROM accounts WHERE boss_id NOT IN (SELECT id FROM accounts)")"
fact "a pull says what was changed" bash -c "'$DECANT' verify '$copy' 2>&1 | grep -q 'who belongs to whom is made up'"
use "  rate: 10%
  roots: {public.orders: {}}
  foreign_keys: {public.orders.account_id: 'null'}"
fact "a key that may not be NULL is not" fails_with 2 "rules.yaml:4:18: 'orders_account_id_fkey' cannot be 'null': the column is NOT NULL" sample
use "  rate: 10%
  roots: {public.accounts: {}, public.users: {}}
  foreign_keys: {public.users:users_a_b_fkey: reassign}"
fact "a key of two columns is not given to another parent" fails_with 2 "only a key of one column can be changed" sample

use "  rate: 10%
$roots
  exclude: ['tmp.*']
  dangling: stop"
fact "a row whose parent is missing in the source stops" fails_with 3 "are not in 'public.accounts' of the source" sample
use "  rate: 10%
$roots
  exclude: ['tmp.*']"
fact "or is kept" sample
fact "an excluded table is not there" same tables "0" "$(ask "SELECT count(*) FROM sqlite_master WHERE name LIKE '%junk%'")"
fact "rows whose owner is missing are chosen by themselves" between 10 "$(ask "SELECT count(*) FROM legacy WHERE account_id > 4000")" 80
use "  rate: 10%
  foreign_keys: {public.accounts.boss_id: {policy: pull_with_children, max_rows: 20}, public.orders.account_id: owner}
  roots: {public.accounts: {}}"
fact "a circle stops at max_rows" fails_with 3 "brings more than max_rows: 20" sample
use "  rate: 10%
  cap: none
  foreign_keys: {public.accounts.boss_id: {policy: pull_with_children, max_rows: 20000}, public.orders.account_id: owner}
  roots: {public.accounts: {}}"
fact "or comes to its end" sample -t accounts -t orders -t lines
fact "then no account is hollow" same orders "$(on source rows "SELECT count(*) FROM orders WHERE account_id IN ($(ask "SELECT id FROM accounts" | paste -sd,))")" "$(ask "SELECT count(*) FROM orders")"

use "  rows: 2000
$roots"
fact "a budget of rows" sample
fact "is kept" between 1900 "$(ask "SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM orders) + (SELECT count(*) FROM lines) + (SELECT count(*) FROM events) + (SELECT count(*) FROM comments) + (SELECT count(*) FROM links) + (SELECT count(*) FROM legacy) + (SELECT count(*) FROM plain) + (SELECT count(*) FROM log) + (SELECT count(*) FROM users) + (SELECT count(*) FROM pairs)")" 2000
fact "a budget of bytes" sample --size 100KiB
use "  size: 20KiB
  whole: [public.lines]"
fact "one that cannot be kept says what is in the way" fails_with 3 "the budget cannot be kept" sample
use "  rate: 5%
$roots"
fact "a plan as JSON" bash -c "'$DECANT' plan --json -c '$work/rules.yaml' '$(url source rows)' | /usr/bin/python3 -c 'import json, sys; p = json.load(sys.stdin); t = {x[\"name\"]: x for x in p[\"tables\"]}; assert abs(t[\"public.orders\"][\"expected_sampled\"] - 600) < 1, t; assert t[\"public.orders\"][\"owner\"] == \"account_id\"'"
fact "a plan with its statements" bash -c "'$DECANT' plan --sql -c '$work/rules.yaml' '$(url source rows)' | grep -q '^COPY (SELECT decant_row.\"id\", decant_row.\"account_id\"'"
fact "what would read too much is refused" fails_with 3 "--max-read allows 0" sample --max-read 4096
explain() { "$DECANT" explain -c "$work/rules.yaml" --key-file "$work/key" --row "$1" "$(url source rows)"; }
sample
id=$(ask "SELECT min(id) FROM orders WHERE account_id <> 7 AND account_id IN (SELECT id FROM accounts)")
fact "explain says whom a row follows" bash -c "grep -q 'it follows its owner public.accounts' <<<'$(explain public.orders:$id)'"
fact "and what its number is" bash -c "grep -q 'u = 0.0[0-4][0-9]* is below 0.05, the rate' <<<'$(explain public.orders:$id)'"
boss=$(awk -F'\t' '$1 == "public.accounts" && $3 == "pulled" { print $2; exit }' "$work/origins")
fact "who refers to a pulled one" bash -c "grep -q 'refers to public.accounts $boss' <<<'$(explain public.accounts:$boss)'"
fact "a row that is not there" fails_with 2 "has no row with this key" explain public.orders:0
manifest() { lite "$(ls "$copy".*.decant | head -n 1)" "$1"; }
fact "the manifest counts rows by why they are there" same counts "$(ask "SELECT count(*) FROM accounts")" "$(manifest "SELECT sampled + whole + completed + pulled + asked + edge FROM samples WHERE name = 'public.accounts'")"
fact "and hollow parents" bash -c "[ $(manifest "SELECT hollow FROM samples WHERE name = 'public.accounts'") -gt 0 ]"

# a copy is a source like any other: CI takes its fixtures from the nightly one
use "  rate: 40%
$roots"
fact "a copy to PostgreSQL" pull "$(url target nightly)" "$(url source rows)" -c "$work/rules.yaml" --key-file "$work/key" -j 2
fact "proves itself again, with the rows whose parent is missing in the source" "$DECANT" verify "$(url target nightly)"
use "  rate: 10%
$roots"
fact "is the source of a sample" pull "$work/small.sqlite" "$(url target nightly)" -c "$work/rules.yaml" --key-file "$work/key"
in_small() { lite "$work/small.sqlite" "$1"; }
sample
fact "with the same seed the one that the first source gives" same ids "$(ask "SELECT id FROM orders WHERE account_id <> 7" | md5sum)" "$(in_small "SELECT id FROM orders WHERE account_id <> 7" | md5sum)"
use "  rate: 10%
  seed: ci
$roots"
pull "$work/small.sqlite" "$(url target nightly)" -c "$work/rules.yaml" --key-file "$work/key"
fact "with another a tenth of the copy" between 250 "$(in_small "SELECT count(*) FROM orders")" 750

{ for i in $(seq 500); do echo "CREATE TABLE t$i (id int PRIMARY KEY, a text, b int, c date $([ "$i" -gt 1 ] && echo ", parent_id int REFERENCES t$((i / 2 > 0 ? i / 2 : 1))"));"; done; } >"$work/wide.sql"
load source wide "$work/wide.sql" -v ON_ERROR_STOP=1
fact "a plan of 500 tables" bash -c "'$DECANT' plan -c <(echo 'sample: {rate: 5%}') '$(url source wide)' | grep -c '^public.t[0-9]* ' | grep -qx 500"
