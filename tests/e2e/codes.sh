#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Each error of the rules by its code, on rules that are wrong in that way alone.
. "$(dirname "$0")/lib.sh"
cluster_make source
on source postgres "CREATE DATABASE codes"
psql -X -q -h "$work/source" -U tester -d codes -f - <<'Q' >"$work/load.log" 2>&1
CREATE EXTENSION btree_gist;
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, sex text, a text, b text, doc jsonb, mood mood NOT NULL, code varchar(3) UNIQUE,
    plan text, spot point NOT NULL, low text GENERATED ALWAYS AS (lower(name)) STORED UNIQUE);
CREATE TABLE badges (id int PRIMARY KEY, code varchar(3) REFERENCES people (code));
CREATE TABLE nicks (id int PRIMARY KEY, low text REFERENCES people (low));
CREATE TABLE rooms (room text, during int4range, EXCLUDE USING gist (room WITH <>, during WITH &&));
CREATE TABLE parts (region text NOT NULL, n int) PARTITION BY LIST (region);
CREATE TABLE parts_n PARTITION OF parts FOR VALUES IN ('north');
CREATE TABLE parts_s PARTITION OF parts FOR VALUES IN ('south');
INSERT INTO people SELECT g, 'Name ' || g, 'f', 'a' || g, 'b' || g, '{"x": "y"}', 'sad', lpad(g::text, 3, '0'), 'plan ' || g, point(g, g) FROM generate_series(1, 40) g;
INSERT INTO rooms SELECT 'room ' || g, int4range(g, g + 1) FROM generate_series(1, 40) g;
INSERT INTO parts SELECT CASE WHEN g % 2 = 0 THEN 'north' ELSE 'south' END, g FROM generate_series(1, 40) g;
ANALYZE;
Q
source=$(url source codes)
: >"$work/empty"
printf 'domains: {mail: {use: email}}\n' >"$work/other.yaml"

# wrong CODE FACT COLUMNS [OTHER LINES]: rules with these lines alone are refused with the code
wrong() {
    local columns=${3:+, $3}
    [[ $3 == spot:* ]] && columns="$3" || columns="spot: keep$columns"
    printf 'defaults: {unclassified: "null"}\n%s\ncolumns:\n  public.parts: {region: %s}\n  public.people: {%s}\n' "${4:-}" "${region:-keep}" "$columns" >"$work/rules.yaml"
    "$DECANT" "${verb:-check}" -c "$work/rules.yaml" ${verb:+--key-file "$work/key" --to "$work/x.sqlite"} "$source" >"$work/out" 2>"$work/err"
    status=$? code=$1
    fact "$1: $2" eval '{ [ $status = 2 ] || [ $status = 3 ]; } && grep -q " $code " "$work/err" || { sed "s/^/# $status /" "$work/err"; false; }'
}

"$DECANT" key new "$work/key" >/dev/null
wrong E105 "a domain is defined twice" "" "$(printf 'include: [other.yaml]\ndomains: {mail: {use: token}}')"
wrong E107 "a locale that nobody knows" "name: first_name" "locale: xx_XX"
wrong E108 "a domain is called like a transformer" "" "domains: {email: {use: token}}"
wrong E115 "conditions in a path" 'doc: {use: json, paths: {$$.x: [{when: "true", use: text}, text]}}'
wrong E117 "two columns that are made of each other" 'a: {derive: "{b}"}, b: {derive: "{a}"}'
wrong E119 "a gender that is masked itself" 'a: {use: first_name, gender_from: sex}, sex: by_shape'
wrong E120 "a name that may be another table's" 'a: [{when: "EXISTS (SELECT FROM public.badges WHERE badges.id = id)", use: text}, by_shape]'
wrong E121 "a file without a line" "a: {use: password_hash, file: $work/empty}"
wrong E210 "a map that has NULL for a value where none may stand" 'mood: {use: map, values: {sad: "null"}, default: glad}'
wrong E211 "a fake that is longer than its column" 'code: username'
wrong E214 "fakes of what an exclusion compares by more than =" $'a: by_shape}\n  public.rooms: {room: by_shape'
region=city wrong E215 "fakes that no partition takes" ""
verb=pull wrong E216 "nothing that is frequent enough to be drawn" 'plan: {use: choice, weights: source, min_count: 30}'
wrong E218 "no label of the type" 'mood: {use: set, value: angry}'
wrong E219 "a type without an empty value" 'spot: empty'
wrong E221 "a mask of a key that looks at another column" 'name: {use: first_name, gender_from: sex}'
wrong E222 "one value with many fakes in a key" 'code: {use: secret, length: 3}'
servers_end
