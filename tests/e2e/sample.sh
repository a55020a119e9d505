#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Samples: closed, unaltered, the same tomorrow, and no rows by chance. RATES="1 5 20 50" tries more.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
load source odd fixtures/odd.sql -v ON_ERROR_STOP=1 || { cat "$work/load.log"; exit 1; }
load source shop fixtures/shop.sql -v scale=0.05
out=$work/copies
mkdir "$out"
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/key"
chmod 600 "$work/key"
dbs="odd shop"
if [ -d "$shared" ]; then
    for db in chinook pagila; do load source $db "$shared/databases/$db.sql.gz"; done
    dbs="odd shop chinook pagila"
fi

rules() { printf 'sample:\n%s\n' "$1" >"$work/rules.yaml"; }
sample() { # TARGET DATABASE [OPTION...]
    pull "$1" "$(url source "$2")" -c "$work/rules.yaml" --key-file "$work/key" "${@:3}"
}
# A copy is closed when the target made every key of the source; and its rows are rows of the source.
judged_sample() {
    /usr/bin/python3 "$shared/tools/check_copy.py" "$(url source "$1")" "$2" "${@:3}" >"$work/judge" 2>&1 && return 0
    shows_bits && return 0
    head -n 20 "$work/judge" | sed 's/^/# /'
    return 1
}

for db in $dbs; do
    allow=
    [ $db = odd ] && allow="--allow value-differs*public.ci_child"
    [ $db = shop ] && allow="--allow row-not-in-source*public.audit_log" # no key, and an address
    for rate in ${RATES:-1 20}; do
        rules "  rate: $rate%"
        fact "$rate % of $db is closed in SQLite" sample "$out/$db.sqlite" $db
        fact "$rate % of $db is closed in PostgreSQL" sample "$(url target ${db}_copy)" $db -j 2
        if [ -d "$shared" ]; then
            fact "the judge finds nothing in $rate % of $db, SQLite" judged_sample $db "$out/$db.sqlite" $allow
            fact "the judge finds nothing in $rate % of $db, PostgreSQL" judged_sample $db "$(url target ${db}_copy)"
        fi
    done
done

ids() { # of the shop, from both sides alike: ids psql|sqlite
    for q in "SELECT customer_id FROM customers ORDER BY 1" "SELECT order_id FROM orders ORDER BY 1" \
        "SELECT order_id * 100 + line_no FROM order_items ORDER BY 1" "SELECT payment_id FROM payments ORDER BY 1" \
        "SELECT product_id FROM products ORDER BY 1" "SELECT message_id FROM ticket_messages ORDER BY 1"; do
        echo "$q $($1 "$q" | md5sum)"
    done
}
in_copy() { lite "$out/shop.sqlite" "$1"; }
in_target() { on target shop_copy "$1"; }
for db in odd shop; do
    fact "init writes rules for $db" bash -c "cd '$work' && '$DECANT' init -c first-$db.yaml --key-file '$work/first.key' --rate 20% '$(url source $db)' >'$work/out'"
    fact "with which the first pull of $db succeeds" pull "$out/first.sqlite" "$(url source $db)" -c "$work/first-$db.yaml" --key-file "$work/first.key"
    fact "and which prove all their masks" bash -c "'$DECANT' plan -c '$work/first-$db.yaml' '$(url source $db)' >/dev/null"
    fact "the first masked pull of $db succeeds, too" bash -c "'$DECANT' pull -q --to '$out/masked.sqlite' -c '$work/first-$db.yaml' --key-file '$work/first.key' '$(url source $db)'"
done
fact "init never writes over rules" fails_with 3 "is there already" "$DECANT" init -c "$work/first-shop.yaml" "$(url source shop)"
rules "  rate: 10%
  roots: {public.customers: {}}"
fact "a tenth of the shop is pulled to SQLite" sample "$out/shop.sqlite" shop --origins "$work/origins"
fact "and to PostgreSQL" sample "$(url target shop_copy)" shop -j 3
fact "both have the same rows" same ids "$(ids in_copy)" "$(ids in_target)"
cp "$out/shop.sqlite" "$work/first"
fact "a plan needs no key" bash -c "'$DECANT' plan -c '$work/rules.yaml' '$(url source shop)' >'$work/plan' && grep -q 'public.orders .* owned .* by customer_id' '$work/plan'"
"$DECANT" plan -c "$work/rules.yaml" --key-file "$work/key" --exact "$(url source shop)" >"$work/plan"
for t in customers orders order_items products; do
    fact "plan --exact counts the $t that a pull copies" same $t "$(in_copy "SELECT count(*) FROM $t")" \
        "$(awk -v t="public.$t" '$1 == t && $2 != "-" && NF >= 12 { print $4 + $5 + $6 + $7 + $8 + $9; exit }' "$work/plan")"
done
psql -X -q -h "$work/source" -U tester -d shop -c "VACUUM FULL" -c "UPDATE customers SET email = email WHERE customer_id % 2 = 0" -c "ANALYZE" >"$work/log" 2>&1
fact "VACUUM FULL and ANALYZE change no byte" bash -c "'$DECANT' pull --no-mask -q -c '$work/rules.yaml' --key-file '$work/key' --to '$out/shop.sqlite' '$(url source shop)' && cmp '$work/first' '$out/shop.sqlite'"
fact "origins are lines of four fields, none of them plainly sampled" \
    bash -c "awk -F'\t' 'NF != 4 || \$3 == \"sample\" && \$4 == 0.1 { bad = 1 } END { exit bad || NR == 0 }' '$work/origins'"

sampled() { # the ids of customers that are there for their own sake
    in_copy "SELECT customer_id FROM customers" | sort >"$work/ids"
    awk -F'\t' '$1 == "public.customers" { print $2 }' "$work/origins" | sort | comm -23 "$work/ids" -
}
sampled >"$work/tenth"
cp "$work/origins" "$work/origins.before"
coproc HOLD { /usr/bin/python3 -c "import sqlite3, sys; d = sqlite3.connect('$out/shop.sqlite', isolation_level=None); d.execute('begin exclusive'); print('held', flush=True); sys.stdin.read()"; }
read -r -u "${HOLD[0]}" _
fact "a copy that cannot be published ends with 7" fails_with 7 "has '$out/shop.sqlite' open" sample "$out/shop.sqlite" shop --rate 3% --origins "$work/origins"
eval "exec ${HOLD[1]}>&-"
wait "$HOLD_PID" 2>/dev/null
rm -f "$out"/shop.sqlite.decant-*.copy
fact "and leaves the origins of the old one alone" bash -c "cmp '$work/origins' '$work/origins.before' && [ \$(ls '$work' | grep -c '^origins') = 2 ]"
fact "about a tenth of the customers are in" bash -c "n=\$(wc -l <'$work/tenth'); [ \$n -gt 650 ] && [ \$n -lt 850 ]"
fact "every order of a sampled customer is in" same orders \
    "$(on source shop "SELECT count(*) FROM orders WHERE customer_id IN ($(paste -sd, "$work/tenth"))")" \
    "$(in_copy "SELECT count(*) FROM orders WHERE customer_id IN ($(paste -sd, "$work/tenth"))")"
sample "$out/shop.sqlite" shop --rate 2% --origins "$work/origins"
sampled >"$work/fiftieth"
fact "a smaller sample is part of a larger one" test -s "$work/fiftieth" -a -z "$(comm -23 "$work/fiftieth" "$work/tenth")"
printf '%064d\n' 8 >"$work/other"
chmod 600 "$work/other"
fact "another key chooses other rows" bash -c "'$DECANT' pull --no-mask -q -c '$work/rules.yaml' --key-file '$work/other' --to '$out/other.sqlite' '$(url source shop)' && ! cmp -s '$work/first' '$out/other.sqlite'"

# what a server says of the same keys; see tests/unit/test_hash.c
fact "golden vectors of u(key) hold on this server" same vectors "-707147043131890048 4920150802818010377 -8574076941708933926 -904685500232160709" \
    "$(on source shop "SELECT concat_ws(' ', hashint8extended(5000000000 & 4294967295, hashint8extended(5000000000 >> 32, 77)),
        hashint8extended(n & 4294967295, hashint8extended(n >> 32, 77)), uuid_hash_extended('00112233-4455-6677-8899-aabbccddeeff', 7),
        hashtextextended('a longer text of more than twenty-four bytes' COLLATE \"C\", 42)) FROM (SELECT '-9223372036854775808'::int8 AS n) x")"

rules "  rate: 10%
  roots: {public.customers: {}, public.products: {}}
  foreign_keys: {public.order_items.product_id: require}"
fact "require leaves out what has no parent" sample "$out/shop.sqlite" shop
fact "then a tenth of the products is enough" bash -c "n=\$(sqlite3 '$out/shop.sqlite' 'SELECT count(*) FROM order_items'); [ \$n -gt 50 ] && [ \$n -lt 4000 ]"
rules "  rate: 10%
  tables: {public.audit_log: {where: \"row_key like '1%'\", rate: 50%}}
  schema_only: [public.sessions]"
fact "a frame and a rate of its own" sample "$out/shop.sqlite" shop
fact "rows outside the frame are left out" test "$(in_copy "SELECT count(*) FROM audit_log WHERE row_key NOT LIKE '1%'")/$(in_copy "SELECT count(*) FROM sessions")" = 0/0
fact "the frame's rows come at its rate" bash -c "n=\$(sqlite3 '$out/shop.sqlite' 'SELECT count(*) FROM audit_log'); all=$(on source shop "SELECT count(*) FROM audit_log WHERE row_key LIKE '1%'"); [ \$n -gt \$((all * 4 / 10)) ] && [ \$n -lt \$((all * 6 / 10)) ]"

# products have at most 1,000 rows here: by themselves they would be whole
rules "  rate: 50%
  foreign_keys: {public.reviews.product_id: owner}"
fact "an owner may be small" sample "$out/small.sqlite" shop
fact "and its rows are not lost" bash -c "n=\$(sqlite3 '$out/small.sqlite' 'SELECT count(*) FROM reviews'); all=$(on source shop "SELECT count(*) FROM reviews"); [ \$n -gt \$((all * 3 / 10)) ] && [ \$n -lt \$((all * 9 / 10)) ]"
fact "a plan takes the patterns of a pull" bash -c "'$DECANT' plan -c '$work/rules.yaml' -T customers --drop-dangling-keys --yield-after 1s '$(url source shop)' >'$work/out'"

before=$(md5sum "$out/shop.sqlite")
refused() { # STATUS TEXT RULES
    rules "$3"
    fails_with "$1" "$2" sample "$out/shop.sqlite" shop
}
fact "a root that does not exist" refused 2 "rules.yaml:3:11: no selected table is named 'public.customer'" "  rate: 5%
  roots: {public.customer: {}}"
fact "a key that does not exist" refused 2 "there is no foreign key 'public.orders.shop_id'" "  rate: 5%
  foreign_keys: {public.orders.shop_id: owner}"
fact "an owner that is whole" refused 2 "'public.customers' is whole: it can own nothing" "  rate: 5%
  whole: [public.customers]
  foreign_keys: {public.orders.customer_id: owner}"
fact "two owners" refused 2 "has two owners" "  rate: 5%
  foreign_keys: {public.reviews.customer_id: owner, public.reviews.product_id: owner}"
fact "a table that owns itself" refused 2 "cannot own itself" "  rate: 5%
  foreign_keys: {public.categories.parent_id: owner}"
fact "a policy that would loop" refused 2 "it would take everything" "  rate: 5%
  roots: {public.customers: {}}
  foreign_keys: {public.customers.referred_by: pull_with_children}"
fact "a where with an error in it" refused 2 "rules.yaml:3:12: the source does not accept this SQL (SQLSTATE 42703)" "  rate: 5%
  tables: {public.orders: {where: no_such > 1}}"
fact "a frame without rows" refused 3 "is in this frame" "  rate: 5%
  tables: {public.orders: {where: order_id < 0}}"
fact "a parent without rows" refused 2 "take both as schema_only" "  rate: 5%
  schema_only: [public.customers]"
fact "no rate" refused 2 "'rate' is missing" "  seed: x"
fact "a rate above the owner's" refused 2 "rules.yaml:3:12: the rate of 'public.orders' is above its owner's, which is 5%" "  rate: 5%
  tables: {public.orders: {rate: 50%}}"
rules "  rate: 5%"
fact "no key" fails_with 3 "no key says which rows" "$DECANT" pull --no-mask -q -c "$work/rules.yaml" --to "$out/shop.sqlite" "$(url source shop)"
printf 'key_id: 00000000\nsample: {rate: 5%%}\n' >"$work/rules.yaml"
fact "another key than the rules name" fails_with 3 "the rules were made with key 00000000" sample "$out/shop.sqlite" shop
fact "key sets have a ceiling" fails_with 3 "allow more with --memory" pull "$out/shop.sqlite" "$(url source shop)" -c <(echo 'sample: {rate: 50%}') --key-file "$work/key" --memory 100KiB
fact "the copy is as it was after all of this" test "$before" = "$(md5sum "$out/shop.sqlite")"
