#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What is not carried over is listed with its code: one schema that has it all, into a file and into a server.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
on source postgres "CREATE DATABASE notes"
psql -X -q -v ON_ERROR_STOP=1 -h "$work/source" -U tester -d notes -f - <<'Q' >"$work/load.log" 2>&1 || { tail -n 3 "$work/load.log"; exit 1; }
CREATE TYPE mood AS ENUM ('sad', 'glad', 'angry');
CREATE TABLE left_out (id int PRIMARY KEY);
INSERT INTO left_out VALUES (1);
CREATE TABLE orders (id int PRIMARY KEY, a int, b int, UNIQUE (a, b), left_id int REFERENCES left_out);
INSERT INTO orders SELECT g, g, g, 1 FROM generate_series(1, 20) g;
CREATE TABLE items (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES orders (a, b) ON DELETE SET NULL (b));
INSERT INTO items SELECT g, g, g FROM generate_series(1, 20) g;
CREATE TABLE loose (id int PRIMARY KEY, parent int);
INSERT INTO loose VALUES (1, 99);
ALTER TABLE loose ADD CONSTRAINT loose_fk FOREIGN KEY (parent) REFERENCES orders NOT VALID;
CREATE TABLE parts (id int, n int, doc jsonb) PARTITION BY RANGE (n);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM (0) TO (10);
CREATE TABLE parts_b PARTITION OF parts FOR VALUES FROM (10) TO (20);
ALTER TABLE parts_a ADD CONSTRAINT on_one FOREIGN KEY (id) REFERENCES orders (id);
INSERT INTO parts VALUES (1, 5, '1.50'), (2, 15, '{}');
CREATE TABLE "Case" (id int PRIMARY KEY, "X" int, x int);
CREATE TABLE "case" (id int PRIMARY KEY);
CREATE TABLE nothing ();
CREATE TABLE odd (id int PRIMARY KEY, many int[], day date, span interval, exact numeric, initial "char", mood mood, twice int GENERATED ALWAYS AS (id * 2) STORED,
    words text[], at timestamp);
INSERT INTO odd (id, many, day, span, exact, initial, mood, words, at) VALUES
    (1, '[2:3]={1,2}', '0044-03-15 BC', '2 months', 12345678901234567890.123, '', 'sad', '{a}', 'infinity'), (2, '{1}', '2020-01-01', '1 day', 1, 'x', 'glad', '{b}', '2020-01-01');
CREATE INDEX odd_words ON odd USING gin (words);
CREATE TABLE masked (id int PRIMARY KEY, name text DEFAULT 'nobody in particular', loud text GENERATED ALWAYS AS (upper(name)) STORED);
INSERT INTO masked SELECT g, 'Person Number ' || g FROM generate_series(1, 30) g;
CREATE TABLE late (id int PRIMARY KEY, n int);
INSERT INTO late SELECT g, 1 FROM generate_series(1, 5) g;
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM orders WITH NO DATA;
SELECT lo_from_bytea(0, 'x');
CREATE PUBLICATION everybody FOR TABLE orders;
Q
psql -X -q -h "$work/source" -U tester -d notes -c "CREATE UNIQUE INDEX CONCURRENTLY late_n ON late (n)" >/dev/null 2>&1 # it stays, invalid
on source notes ANALYZE
printf '%s\n' 'columns:' '  public.masked: {name: full_name}' '  public.odd: {many: keep, words: keep, span: keep, initial: keep, mood: keep}' \
    '  public.parts: {doc: keep}' >"$work/rules.yaml"
"$DECANT" key new "$work/key" >/dev/null 2>&1
pulled() { # TARGET [option...]
    local target=$1
    shift
    "$DECANT" pull --json -c "$work/rules.yaml" --key-file "$work/key" -T public.left_out --drop-dangling-keys "$@" --to "$target" "$(url source notes)" >"$work/events" 2>"$work/err" ||
        { sed 's/^/# /' "$work/err"; return 1; }
}
told() { grep -q "\"kind\":\"$2\".*\"reason\":\"$1\"\|\"reason\":\"$1\".*\"kind\":\"$2\"" "$work/events" || { grep -o '"kind":"[^"]*","reason":"[^"]*"' "$work/events" | sort -u | sed 's/^/# /'; false; }; }

fact "into a file" pulled "$work/notes.sqlite"
for note in "parent-left-out foreign key" "key-on-some-partitions foreign key" "set-null-columns foreign key" "violated-in-source foreign key" "renamed column" \
    "partitions-merged partitioned table" "no-columns table" "beyond-dates value" "array-bounds value" "char-zero value" "decimal-as-text column" \
    "json-as-text column" "generated-column generated column" "computed-from-masked column" "index-method index" "invalid-index index" "enum-order column" "infinity value" \
    "large-objects large objects"; do
    fact "$note" told $(echo "$note" | sed 's/ .*//') "${note#* }"
done
fact "into a file, without odd values" pulled "$work/null.sqlite" --odd-values null
fact "odd-null value" told odd-null value
fact "into a file, with the nearest" pulled "$work/clamped.sqlite" --odd-values clamp
fact "odd-clamped value" told odd-clamped value
fact "into a file of Django's" pulled "$work/django.sqlite" --profile django
fact "rounded value" told rounded value
fact "interval-months value" told interval-months value
fact "into a server" pulled "$(url target notes_copy)"
for note in "parent-left-out foreign key" "computed-from-masked column" "left-out-on-purpose publication" "large-objects large objects"; do
    fact "in a server: $note" told $(echo "$note" | sed 's/ .*//') "${note#* }"
done
"$DECANT" check --json -c "$work/rules.yaml" "$(url source notes)" >"$work/events" 2>/dev/null
fact "text-in-schema default, by check" told text-in-schema default
servers_end
