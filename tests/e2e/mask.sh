#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Masked copies: canaries, keys, refusals, what stays in memory.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
load source den fixtures/canary.sql
source=$(url source den)
key=$work/the.key
"$DECANT" key new "$key" >/dev/null 2>&1
rules=$work/rules.yaml

masked() { # TARGET [OPTION...]
    local target=$1
    shift
    "$DECANT" pull -q --to "$target" -c "$rules" --key-file "$key" "$@" "$source"
}
with_columns() { # TEXT: rules with these columns instead
    { printf 'version: 1\npacks: [pii@1, secrets@1]\n'; cat; } >"$rules"
}
refuses() { # STATUS TEXT: the rules on stdin do, before a row is read
    with_columns
    fails_with "$1" "$2" masked "$work/refused.sqlite" && [ ! -e "$work/refused.sqlite" ]
}

# ---- canaries
with_columns <<'Y'
columns:
  den.people:
    nick: username
    short, label: by_shape
    tags, grid: by_shape
    doc: {use: json, keys: mask}
    docb: {use: json, keys: mask, paths: {"$.mail": email}}
    bag, page: empty
    duo: "null"
    raw: {use: bytes, mode: same_length}
    words: recompute
    at: date_shift
  den.letters:
    body: text
    opened, closed: date_shift
Y
(cd "$work" && ulimit -c unlimited && masked "$work/den.sqlite" --json >"$work/log.json") 2>"$work/log.txt"
fact "a masked SQLite copy is made" test -s "$work/den.sqlite"
fact "a masked PostgreSQL copy is made" masked "$(url target den_copy)"
pg_dump -h "$work/target" -U tester den_copy >"$work/copy.sql" 2>/dev/null
psql -X -q -h "$work/target" -U tester -d den_copy -c CHECKPOINT
copy_files=$(psql -X -Atq -h "$work/target" -U tester -d den_copy -c "SELECT current_setting('data_directory') || '/base/' || oid FROM pg_database WHERE datname = 'den_copy'")
nowhere() { # FILE...: none of them, read whole, has the canary in any case
    local found
    found=$(grep -rilaE 'canaryone|canary_one' "$@" 2>/dev/null)
    [ -z "$found" ] || { echo "# found in: $found"; false; }
}
fact "no byte of the SQLite copy has the canary" nowhere "$work/den.sqlite"
fact "nor of its manifest" nowhere "$work"/den.sqlite*manifest* "$work"/den.*.decant "$work/state"
fact "nor of what was printed" nowhere "$work/log.json" "$work/log.txt"
fact "nor of any other file that was left" nowhere "$work"/den.sqlite* "$work/state"
fact "nor of a dump of the PostgreSQL copy" nowhere "$work/copy.sql"
fact "nor of the files of its database" nowhere "$copy_files"
fact "the second one comes with the schema only" same lines 4 "$(grep -c CANARYTWO "$work/copy.sql")"
fact "and check names where" bash -c "'$DECANT' check -c '$rules' '$source' 2>&1 | grep -q 'den.people.label' && '$DECANT' check -c '$rules' '$source' 2>&1 | grep -q 'den.shout'"
fact "rows, NULLs and empty elements are as many" same counts "301|1|300" \
    "$(lite "$work/den.sqlite" "SELECT count(*), sum(nick IS NULL), sum(tags LIKE '%null%' AND tags LIKE '%\"\"%') FROM den__people")"
fact "natural keys hold" same orphans 0 "$(lite "$work/den.sqlite" "SELECT count(*) FROM den__letters WHERE author NOT IN (SELECT mail FROM den__people) OR copy_to NOT IN (SELECT mail FROM den__people)")"
fact "and in PostgreSQL" same orphans 0 "$(on target den_copy "SELECT count(*) FROM den.letters l LEFT JOIN den.people p ON p.mail = l.author WHERE p.mail IS NULL")"
fact "one original has one fake in columns and leaves of JSON" same fakes 300 \
    "$(lite "$work/den.sqlite" "SELECT count(*) FROM den__people WHERE docb ->> 'mail' = mail")"
fact "a generated column is computed from the fakes" same computed 0 "$(on target den_copy "SELECT count(*) FROM den.people WHERE whole IS DISTINCT FROM first_name || ' ' || last_name")"
fact "dates of a row move together" same order 0 "$(lite "$work/den.sqlite" "SELECT count(*) FROM den__letters WHERE opened > closed")"
fact "both targets have the same fakes" same fakes "$(on target den_copy "SELECT md5(string_agg(mail || nick || last_name || short || tags::text || docb::text, ',' ORDER BY mail COLLATE \"C\")) FROM den.people WHERE nick IS NOT NULL")" \
    "$(masked "$(url target den_again)" -j 3 && on target den_again "SELECT md5(string_agg(mail || nick || last_name || short || tags::text || docb::text, ',' ORDER BY mail COLLATE \"C\")) FROM den.people WHERE nick IS NOT NULL")"
fact "personal keys are in no statement" bash -c "! '$DECANT' plan -c '$rules' --sql --key-file '$key' '$source' 2>/dev/null | grep -qi canary"
fact "a column whose mask does not need it is not read" bash -c "'$DECANT' explain den.people.duo -c '$rules' '$source' | grep -q 'reads  *nothing'"
fact "explain says which line decided" bash -c "'$DECANT' explain den.letters.author -c '$rules' '$source' | grep -q 'joined to *den.people.mail'"

# ---- what the key leaves behind
export DECANT work
sed 's/^version: 1/version: 1\nsample: {rate: 50%}/' "$rules" >"$work/sampled.yaml"
/usr/bin/python3 tests/e2e/memory.py "$source" "$work/sampled.yaml" "$key" "$work/memory.sqlite"
/usr/bin/python3 tests/e2e/memory.py "$source" "$work/sampled.yaml" "$key" "$(url target memory)" -j 3
fact "a transformer that does nothing is found out before publication" fails_with 4 "E501 the mask of 'den." "${DECANT}-identity" pull -q --to "$work/identity.sqlite" -c "$rules" --key-file "$key" "$source"
fact "and leaves no copy" test ! -e "$work/identity.sqlite"

# ---- refusals: the documented code and status, before a row is read
fact "undecided columns are listed with proposals" refuses 3 "E301" <<'Y'
columns: {den.letters: {body: text}}
Y
fact "check lists them, too" bash -c "'$DECANT' check -c '$rules' '$source' 2>/dev/null | grep -q '    docb: {use: json, other: mask}'"
fact "a dropped column" refuses 2 "E201 there is no column 'den.people.gone'" <<'Y'
columns: {den.people: {gone: email}}
Y
fact "an unknown transformer" refuses 2 "did you mean 'email'" <<'Y'
columns: {den.people: {mail: emial}}
Y
fact "an unknown parameter" refuses 2 "E110" <<'Y'
columns: {den.people: {mail: {use: email, hots: one}}}
defaults: {unclassified: null}
Y
fact "keep and mask on one key" refuses 2 "E220" <<'Y'
columns: {den.people: {mail: keep}, den.letters: {author: email}}
Y
fact "two lines for one column" refuses 2 "E230" <<'Y'
columns: {den.people: {mail: email, "mail, nick": keep}}
Y
fact "a pattern that would keep an open column" refuses 2 "E231" <<'Y'
columns: {"den.*": {nick: keep}}
Y
fact "NULL in a column that forbids it" refuses 2 "E210" <<'Y'
defaults: {unclassified: null}
columns: {den.people: {last_name: "null"}}
Y
fact "a fake that is no key" refuses 2 "E212" <<'Y'
defaults: {unclassified: null}
columns: {den.people: {nick: first_name}}
Y
fact "a fake that breaks a check" refuses 2 "E217" <<'Y'
defaults: {unclassified: null}
columns: {den.people: {mail: username}}
Y
fact "a condition on a key" refuses 2 "E221" <<'Y'
defaults: {unclassified: null}
columns: {den.people: {mail: [{when: "at > now()", use: by_shape}, email]}}
Y
fact "a condition that is no SQL" refuses 2 "E118" <<'Y'
defaults: {unclassified: null}
columns: {den.people: {nick: [{when: "no such thing", use: by_shape}, username]}}
Y
fact "a personal key of JSON" refuses 3 "E310" <<'Y'
defaults: {unclassified: null}
columns: {den.people: {docb: {use: json, other: stop}}}
Y
on source den "CREATE TABLE den.narrow (id int PRIMARY KEY, mail varchar(20) UNIQUE)" "INSERT INTO den.narrow SELECT g, 'u' || g || '@x.test' FROM generate_series(1, 100000) g" "ANALYZE den.narrow"
fact "an address that does not fit" refuses 2 "random bits to stay apart" <<'Y'
defaults: {unclassified: null}
Y
on source den "DROP TABLE den.narrow"
with_columns <<'Y'
defaults: {unclassified: null}
columns:
  den.people:
    nick: [{when: "at < '2024-02-01'", use: by_shape}, username]
    first_name: {use: first_name, gender_from: at}
    note: {derive: "{first_name} of {mail}"}
    last_name: {use: last_name, style: phonotactic}
Y
fact "unclassified: null runs on" masked "$work/null.sqlite"
fact "and says so first" bash -c "'$DECANT' pull --to '$work/null.sqlite' -c '$rules' --key-file '$key' '$source' 2>&1 | grep -A1 'not carried over' | grep -q not-reviewed"
fact "conditions choose by row" same split "30|270" "$(lite "$work/null.sqlite" "SELECT sum(nick NOT LIKE '%.%.%'), sum(nick LIKE '%.%.%') FROM den__people")"
fact "derived columns are made of fakes" same derived 300 "$(lite "$work/null.sqlite" "SELECT count(*) FROM den__people WHERE note = substr(first_name || ' of ' || mail, 1)")"

# ---- keys
fact "no key, no masks" bash -c "'$DECANT' pull -q --to '$work/x.sqlite' -c '$rules' '$source'; [ \$? = 3 ]"
chmod 644 "$key"
fact "a key that others may read" fails_with 3 "others may read" masked "$work/x.sqlite"
chmod 600 "$key"
{ echo 'key_id: "00000000"'; cat "$rules"; } >"$work/other.yaml"
fact "another key than the rules name" fails_with 3 "the rules were made with key 00000000" "$DECANT" pull -q --to "$work/x.sqlite" -c "$work/other.yaml" --key-file "$key" "$source"
"$DECANT" key new "$work/second.key" >/dev/null 2>&1
"$DECANT" pull -q --to "$work/second.sqlite" -c "$rules" --key-file "$work/second.key" "$source"
fact "another key makes other fakes" same common 0 "$(lite "$work/null.sqlite" "ATTACH '$work/second.sqlite' AS other; SELECT count(*) FROM den__people JOIN other.den__people USING (mail)")"

# ---- what a new column does
on source den "ALTER TABLE den.letters ADD COLUMN sms text"
with_columns <<'Y'
columns: {den.people: {nick: username, "short, label, tags, grid": by_shape, "doc, docb": {use: json}, "bag, duo, page, words": "null", raw: {use: bytes}}, den.letters: {body: text}}
Y
fact "a new open column stops the pull" fails_with 3 "sms: text" masked "$work/x.sqlite"
fact "and check, without a key" bash -c "'$DECANT' check -c '$rules' '$source' >/dev/null 2>&1; [ \$? = 3 ]"
on source den "ALTER TABLE den.letters DROP COLUMN sms"

# ---- init
fact "init decides every column" "$DECANT" init -c "$work/init.yaml" --key-file "$key" "$source"
fact "names as keys of JSON, which it leaves, are found before they are published" fails_with 4 "  den.people.docb [originals]: " \
    "$DECANT" pull -q --to "$work/init.sqlite" -c "$work/init.yaml" --key-file "$key" "$source"
mask_keys() { sed -i 's/ \(docb\?\): {use: json, other: mask}/ \1: {use: json, keys: mask, other: mask}/; s/ "docb\?, docb\?": {use: json/&, keys: mask/' "$1"; }
mask_keys "$work/init.yaml"
fact "the pull after it succeeds" bash -c "'$DECANT' pull -q --to '$work/init.sqlite' -c '$work/init.yaml' --key-file '$key' '$source'"
fact "no value is in the rules that init wrote" nowhere "$work/init.yaml"
fact "nor without a look at values" bash -c "'$DECANT' init -c '$work/novalues.yaml' --no-values --key-file '$key' '$source' >/dev/null && sed -i 's/{use: json, other: mask}/{use: json, keys: mask, other: mask}/' '$work/novalues.yaml' && '$DECANT' pull -q --to '$work/init.sqlite' -c '$work/novalues.yaml' --key-file '$key' '$source'"
on source den "ALTER TABLE den.letters ADD COLUMN zorb text" "CREATE TABLE den.calls (id int PRIMARY KEY, phone text, blurb varchar(20))"
cp "$work/init.yaml" "$work/before.yaml"
fact "init --update adds what is new" "$DECANT" init --update -c "$work/init.yaml" --key-file "$key" "$source"
fact "and changes nothing else" same lines 0 "$(diff "$work/before.yaml" "$work/init.yaml" | grep -c '^<')"
fact "new lines are there" bash -c "grep -q 'zorb: {use: text, length: near}' '$work/init.yaml' && grep -q 'blurb: by_shape' '$work/init.yaml'"
fact "and the pull succeeds again" bash -c "'$DECANT' pull -q --to '$work/init.sqlite' -c '$work/init.yaml' --key-file '$key' '$source'"

# ---- check against an empty database of the application, as in CI
pg_dump -s -h "$work/source" -U tester den | { on target postgres "CREATE DATABASE empty"; psql -X -q -h "$work/target" -U tester -d empty -f - >/dev/null 2>&1; }
fact "check needs neither key nor data" bash -c "'$DECANT' check -c '$work/init.yaml' '$(url target empty)'"

# ---- what reviews found
on source postgres "CREATE DATABASE odd_masks"
on source odd_masks "CREATE TABLE customers (id int PRIMARY KEY, mail text UNIQUE)" \
    "CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customers, shipped date)" \
    "CREATE TABLE items (id int PRIMARY KEY, order_id int REFERENCES orders, picked date)" \
    "INSERT INTO customers SELECT g, 'c' || g || '@x.test' FROM generate_series(1, 50) g" \
    "INSERT INTO orders SELECT g, g % 50 + 1, '2024-05-01'::date + g FROM generate_series(1, 200) g" \
    "INSERT INTO items SELECT g, g % 200 + 1, '2024-05-02'::date + g % 200 + 1 FROM generate_series(1, 400) g" \
    "CREATE TABLE codes (code varchar(3) PRIMARY KEY, half bool)" \
    "INSERT INTO codes SELECT lpad(g::text, 3, '0'), g % 2 = 0 FROM generate_series(1, 999) g" \
    "CREATE TABLE keys (id int PRIMARY KEY, reset_token uuid, pin int, card_number bigint)" \
    "INSERT INTO keys SELECT g, gen_random_uuid(), 4000 + g, 4111111111110000 + g FROM generate_series(1, 30) g" \
    "CREATE TABLE ci (c text PRIMARY KEY)" "CREATE TABLE par (id int, born date, nick text)" "CREATE TABLE chi (extra text) INHERITS (par)" \
    "INSERT INTO chi SELECT g, '1980-01-01'::date + g, 'nick' || g, 'x' FROM generate_series(1, 20) g" \
    "CREATE TABLE gen (id int PRIMARY KEY, \"a\"\"b\" text, g text GENERATED ALWAYS AS (upper(\"a\"\"b\")) STORED)" \
    "INSERT INTO gen SELECT g, 'jane smith' FROM generate_series(1, 5) g" "CREATE TABLE arrays (id int PRIMARY KEY, n int[] NOT NULL)" \
    "INSERT INTO arrays VALUES (1, '{1,2}')"
odd=$(url source odd_masks)
rest='
  public.customers: {mail: email}
  public.codes: {code: keep}
  public.ci: {c: by_shape}
  public.par: {nick: by_shape, born: {use: truncate, to: year}}
  public.chi: {nick: by_shape, extra: by_shape}
  public.arrays: {n: keep}
  public.gen: {'"'\"a\"\"b\"'"': by_shape, g: keep}'
{ printf 'packs: [secrets@1, payment@1]\nsample: {rate: 50%%}\ncolumns:%s\n' "$rest"; printf '  public.orders: {shipped: date_shift}\n  public.items: {picked: date_shift}\n'; } >"$rules"
for target in "$work/odd.sqlite" "$(url target odd_copy)"; do
    fact "entities of tables whose keys have one name" "$DECANT" pull -q --to "$target" -c "$rules" --key-file "$key" "$odd"
done
fact "dates of all that an entity owns move together" same days 0 "$(lite "$work/odd.sqlite" "SELECT count(*) FROM items JOIN orders ON order_id = orders.id WHERE julianday(picked) - julianday(shipped) <> 1")"
fact "numbers and uuids that open something are permuted" same kept 0 "$(lite "$work/odd.sqlite" "SELECT count(*) FROM keys WHERE pin BETWEEN 4000 AND 4030 OR card_number BETWEEN 4111111111110000 AND 4111111111110030")"
fact "an inherited column is masked as its parent's" same dates 0 "$(lite "$work/odd.sqlite" "SELECT count(*) FROM chi WHERE born NOT LIKE '19__-01-01'")"
fact "a column computed from an odd name holds nothing" same held 0 "$(lite "$work/odd.sqlite" "SELECT count(g) FROM gen")"
{ printf 'columns:%s\n' "${rest/code: keep/code: [{when: half, use: by_shape\}, keep]}"; } | sed 's/public.codes: {code: \[/public.codes: {code: [/' >"$rules"
for target in "$work/broken.sqlite" "$(url target broken_copy)"; do
    fact "a unique key that masks broke is a failure" fails_with 5 "unique index" "$DECANT" pull -q --to "$target" -c "$rules" --key-file "$key" "$odd"
done
fact "and nothing is published" test ! -e "$work/broken.sqlite"
on source postgres "CREATE DATABASE long_masks"
on source long_masks "CREATE TABLE drugs (id int PRIMARY KEY, leaflet text UNIQUE)" "INSERT INTO drugs SELECT g, repeat('Take one tablet a day ', 300) || g FROM generate_series(1, 5) g"
printf 'columns: {public.drugs: {leaflet: by_shape}}\n' >"$rules"
fact "an index whose masked values do not compress as the source's is left out" "$DECANT" pull -q --to "$(url target long_copy)" -c "$rules" --key-file "$key" "$(url source long_masks)"
fact "and listed with the server's reason" bash -c "'$DECANT' report '$(url target long_copy)' | grep -q 'drugs_leaflet_key: index row'"
fact "a copy without it verifies" "$DECANT" verify "$(url target long_copy)"
printf 'domains: {open: {use: keep}}\ncolumns: {"*": {"*": open}}\n' >"$rules"
fact "a domain cannot keep" fails_with 2 "E104" "$DECANT" pull -q --to "$work/x.sqlite" -c "$rules" --key-file "$key" "$odd"
printf 'columns: {"*": {"*": [{when: "false", use: text}, keep]}}\n' >"$rules"
fact "nor a list for everything" fails_with 2 "E232" "$DECANT" pull -q --to "$work/x.sqlite" -c "$rules" --key-file "$key" "$odd"
printf 'defaults: {unclassified: "null"}\ncolumns: {public.gen: {g: by_shape}}\n' >"$rules"
fact "a computed column has no mask of its own" fails_with 2 "E233" "$DECANT" pull -q --to "$work/x.sqlite" -c "$rules" --key-file "$key" "$odd"
printf 'defaults: {unclassified: "null"}\ncolumns: {public.ci: {c: {use: first_name, unique: true}}}\n' >"$rules"
fact "unique: true is proved" fails_with 2 "E212" "$DECANT" pull -q --to "$work/x.sqlite" -c "$rules" --key-file "$key" "$odd"
printf 'defaults: {unclassified: "null"}\ncolumns: {public.keys: {pin: {use: choice, values: [1, 99999999999]}}}\n' >"$rules"
fact "values of a list are held against the type" fails_with 2 "E111 '99999999999' is no value" "$DECANT" pull -q --to "$work/x.sqlite" -c "$rules" --key-file "$key" "$odd"
printf 'defaults: {unclassified: "null"}\n' >"$rules"
fact "what nobody decided on is nothing, also where NULL may not stand" "$DECANT" pull -q --to "$work/nulls.sqlite" -c "$rules" --key-file "$key" "$odd"

# ---- keys that say nothing of the person but are known by name, and texts in which nothing is found
on source postgres "CREATE DATABASE joined"
on source joined "CREATE TABLE insured (ssn bigint PRIMARY KEY, born date)" \
    "CREATE TABLE visits (id int PRIMARY KEY, patient bigint REFERENCES insured, phone varchar(8) UNIQUE CHECK (phone ~ '^[0-9]{5,8}\$'))" \
    "CREATE TABLE tags (tag text PRIMARY KEY)" "CREATE TABLE tagged (id int PRIMARY KEY, tag text REFERENCES tags)" \
    "CREATE TABLE notes (id int PRIMARY KEY, body text, settings text, browser text, size int)" \
    "INSERT INTO insured SELECT 123450000 + g, '1980-01-01'::date + g FROM generate_series(1, 40) g" \
    "INSERT INTO visits SELECT g, 123450000 + g % 40 + 1, 55500000 + g FROM generate_series(1, 200) g" \
    "INSERT INTO tags SELECT 'topic' || g FROM generate_series(1, 30) g" \
    "INSERT INTO tagged SELECT g, 'topic' || g % 30 + 1 FROM generate_series(1, 90) g" \
    "INSERT INTO notes SELECT g, 'nothing to see here', '{\"dark\": true}', 'curl/8.5.0', g % 2 + 1 FROM generate_series(1, 90) g"
joined=$(url source joined)
printf 'packs: [pii@1]\ndefaults: {unclassified: "null"}\ncolumns: {public.visits: {phone: by_shape}, public.notes: {body: {use: text, mode: scrub}, settings: json, browser: user_agent, size: {use: int, range: [1, 2]}}}\n' >"$rules"
fact "a scrub that finds nothing in most rows does not do its work" fails_with 4 "E501 the mask of 'public.notes.body' left 90 of 90" "$DECANT" pull -q --to "$work/joined.sqlite" -c "$rules" --key-file "$key" "$joined"
echo 'checks: {leak: {allow: [{column: public.notes.body, pattern: unchanged, why: most notes name nobody}]}}' >>"$rules"
fact "unless somebody says why; and other masks that find nothing are no masks that do nothing" "$DECANT" pull -q --to "$work/joined.sqlite" -c "$rules" --key-file "$key" "$joined"
fact "and leave what is nobody's" same notes 90 "$(lite "$work/joined.sqlite" "SELECT count(*) FROM notes WHERE body = 'nothing to see here' AND settings = '{\"dark\": true}' AND browser <> 'curl/8.5.0'")"
fact "a number that identifies is no better for being a key" same kept 0 "$(lite "$work/joined.sqlite" "SELECT count(*) FROM insured WHERE ssn BETWEEN 123450000 AND 123450040")"
fact "and what refers to it follows" same found 200 "$(lite "$work/joined.sqlite" "SELECT count(*) FROM visits JOIN insured ON patient = ssn")"
fact "texts of a key that nobody decided on stay joined" same found "90|30" "$(lite "$work/joined.sqlite" "SELECT count(*), count(DISTINCT tags.tag) FROM tagged JOIN tags USING (tag)")"
fact "and are none of the originals" same kept 0 "$(lite "$work/joined.sqlite" "SELECT count(*) FROM tags WHERE tag LIKE 'topic%'")"
fact "init goes no further than it must" bash -c "'$DECANT' init -c '$work/joined.yaml' --key-file '$key' '$joined' >/dev/null && grep -q 'phone: by_shape' '$work/joined.yaml'"
fact "and its rules hold" "$DECANT" pull -q --to "$work/joined.sqlite" -c "$work/joined.yaml" --key-file "$key" "$joined"
