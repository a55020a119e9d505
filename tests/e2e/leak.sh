#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What was to be removed and is in the copy all the same: it is found in the finished bytes, and
# nothing is published.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
on source postgres "CREATE DATABASE den"
on source den "
CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL, mail text NOT NULL, phone text);
CREATE TABLE pages (id int PRIMARY KEY, person int REFERENCES people, body text NOT NULL DEFAULT 'none', doc jsonb);
INSERT INTO people SELECT i, 'Vorname' || chr(97 + i % 26) || ' Nachname' || chr(97 + i / 26 % 26) || chr(97 + i % 7),
    'person.' || i || '@corp.net', '+49 151 ' || 2000000 + i * 7 FROM generate_series(1, 2000) i;
INSERT INTO pages SELECT i, i, 'about the weather of day ' || i, jsonb_build_object('n', i) FROM generate_series(1, 2000) i;
ANALYZE"
source=$(url source den)
key=$work/the.key
"$DECANT" key new "$key" >/dev/null 2>&1
rules=$work/rules.yaml
rules() { # [CHECKS]
    cat <<Y >"$rules"
sample: {rate: 10%, roots: {public.people: {}}, edges: {per_value: 0, null_patterns: 0}}
columns:
  public.people: {name: full_name, mail: email, phone: phone}
  public.pages: {body: keep, doc: keep}
${1:-}
Y
}
masked() { # TARGET [OPTION...]
    local target=$1
    shift
    "$DECANT" pull --to "$target" -c "$rules" --key-file "$key" "$@" "$source"
}
rules
fact "a copy without leaks is published" masked "$work/den.sqlite" -q
fact "and in PostgreSQL" masked "$(url target den_copy)" -q
before=$(sha256sum <"$work/den.sqlite")
chosen=$(lite "$work/den.sqlite" "SELECT group_concat(id) FROM (SELECT id FROM people ORDER BY id LIMIT 3)")
inside=${chosen%%,*}
outside=$(comm -23 <(seq 1 2000 | sort) <(lite "$work/den.sqlite" "SELECT id FROM people" | sort) | head -n 1)
fact "its manifest says what was searched" bash -c "sqlite3 '$work'/den.sqlite.*.decant \"SELECT value FROM run WHERE name = 'leaks'\" | grep -qE '^0 found and accepted; [0-9]+ cells, [0-9]+ originals of the sample'"

# damage WHAT KIND OBJECT SQL: with it the copy is refused on both targets; then it is undone
damage() {
    on source den "CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM pages WHERE id = $inside" "$4"
    fact "$1 is found" fails_with 4 "  $3 [$2]: " masked "$work/den.sqlite"
    fact "and in PostgreSQL" fails_with 4 "[$2]: " masked "$(url target den_copy)"
    # rows are told by their keys alone
    if grep -qiE 'vorname|nachname|corp\.net|gmail|151 2' "$work/err"; then echo "not ok - $1: no value is told"; else echo "ok - $1: no value is told"; fi
    on source den "UPDATE pages p SET body = k.body, doc = k.doc FROM kept k WHERE k.id = p.id" "DROP TABLE kept" \
        "ALTER TABLE pages ALTER body SET DEFAULT 'none'"
}
name=$(psql -X -Atq -h "$work/source" -U tester -d den -c "SELECT name FROM people WHERE id = $inside")
phone=$(psql -X -Atq -h "$work/source" -U tester -d den -c "SELECT phone FROM people WHERE id = $inside")
exclude() { rules "$1"; sed -i 's/^sample: {/sample: {exclude: [public.kept], /' "$rules"; }
exclude ""
damage "an address in a long text" email public.pages.body \
    "UPDATE pages SET body = body || ' ' || repeat('and the wind of day ', 500) || 'somebody@gmail.com, and more' WHERE id = $inside"
damage "a masked name in a long text" originals public.pages.body \
    "UPDATE pages SET body = body || ' ' || repeat('and the wind ', 500) || upper('$name') || ', and more' WHERE id = $inside"
damage "a masked address as a key of JSON" originals public.pages.doc \
    "UPDATE pages SET doc = jsonb_build_object('person.$inside@corp.net', 1) WHERE id = $inside"
damage "a masked telephone number in other groups" originals public.pages.doc \
    "UPDATE pages SET doc = jsonb_build_object('n', translate('$phone', '+ ', '')) WHERE id = $inside"
fact "the old copy is as it was" same bytes "$before" "$(sha256sum <"$work/den.sqlite")"
fact "and says so itself" "$DECANT" verify -q "$work/den.sqlite"

on source den "CREATE TABLE kept AS SELECT 1" "ALTER TABLE pages ALTER body SET DEFAULT 'by $name'"
fact "a default with a real name is found" fails_with 4 "  pages [originals]: 1 in 1 cells" masked "$work/den.sqlite"
fact "and in PostgreSQL" fails_with 4 "  public.pages.body [originals]: 1 in 1 cells" masked "$(url target den_copy)"
on source den "ALTER TABLE pages ALTER body SET DEFAULT 'none'" "CREATE VIEW seen AS SELECT id FROM people WHERE mail = 'person.$inside@corp.net'"
fact "a view with a real address, too" fails_with 4 "  public.seen [" masked "$(url target den_copy)"
on source den "DROP VIEW seen" "CREATE VIEW \"to person.$inside@corp.net\" AS SELECT 1 AS x"
fact "a name that only the manifest would have, too" fails_with 4 "  manifest.not_carried [originals]: 1 in " masked "$work/den.sqlite"
fact "of which none is left" same manifests "" "$(grep -l "person.$inside@corp.net" "$work"/den.sqlite* "$work"/*.decant 2>/dev/null)"
on source den "DROP VIEW \"to person.$inside@corp.net\""

# ---- whose originals
other=$(psql -X -Atq -h "$work/source" -U tester -d den -c "SELECT name FROM people WHERE id = $outside")
on source den "UPDATE pages SET body = 'seen with $other' WHERE id = $inside"
fact "who is not in the sample is not known" masked "$work/other.sqlite" -q
exclude "checks: {leak: {scope: population}}"
fact "but with scope population" fails_with 4 "  public.pages.body [originals]: 1 in " masked "$work/other.sqlite"
exclude "checks: {leak: {scope: population, memory: 32KiB}}"
fact "more originals than memory: the check fails" fails_with 5 "E511 the fingerprints of masked values need more than" masked "$work/other.sqlite"
exclude "checks: {leak: {scope: population, allow: [{column: public.pages.body, pattern: originals, why: he said yes}]}}"
fact "what is accepted with a reason is published" masked "$work/other.sqlite" -q
fact "and the reason is in the manifest" same findings "public.pages.body|originals|1|he said yes" "$(sqlite3 "$work"/other.sqlite.*.decant 'SELECT name, kind, count, allowed FROM findings')"
fact "and still accepted when the copy is verified" "$DECANT" verify -q "$work/other.sqlite"

# ---- verify
exclude "checks: {leak: {allow: [{column: public.pages.body, pattern: email, why: published}]}}"
on source den "UPDATE pages SET body = 'write to office@gmail.com' WHERE id = $inside"
fact "an address is accepted" masked "$work/mail.sqlite" -q
manifest=$(echo "$work"/mail.sqlite.*.decant)
sqlite3 "$manifest" "DELETE FROM findings"
fact "verify looks for values that reach somebody" fails_with 4 "  public.pages.body [email]: 1 in " "$DECANT" verify "$work/mail.sqlite"
fact "in PostgreSQL, too" bash -c "'$DECANT' pull -q --to '$(url target den_copy)' -c '$rules' --key-file '$key' '$source' && '$DECANT' verify -q '$(url target den_copy)'"

# ---- a table that several readers share
on source den "CREATE TABLE wide AS SELECT i AS id, 'person.' || i || '@corp.net' AS who, repeat('no news. ', 40) ||
    CASE WHEN i IN (5, 60000, 119999) THEN 'person.' || i || '@corp.net' ELSE '' END AS body FROM generate_series(1, 120000) i" \
    "ALTER TABLE wide ADD PRIMARY KEY (id)" "ANALYZE wide"
echo 'columns: {public.wide: {who: email, body: keep}}' >"$work/wide.yaml"
wide() { "$DECANT" pull --to "$1" -c "$work/wide.yaml" --key-file "$key" -t wide -j "$2" "$source"; }
for readers in 1 3; do
    fact "the same is found by $readers" fails_with 4 "  public.wide.body [originals]: 3 in 120000 cells; rows 5 60000 119999" wide "$work/wide.sqlite" $readers
    fact "and in PostgreSQL" fails_with 4 "  public.wide.body [originals]: 3 in 120000 cells; rows " wide "$(url target wide_copy)" $readers
done
on source den "DROP TABLE wide"

# ---- uuids
on source den "CREATE TABLE devices AS SELECT i AS id, md5(i::text)::uuid AS device FROM generate_series(1, 50) i" "ALTER TABLE devices ADD PRIMARY KEY (id)"
echo 'columns: {public.devices: {device: uuid}}' >"$work/uuid.yaml"
devices() { "$DECANT" "$1" -q -c "$work/uuid.yaml" --key-file "$key" -t devices "${@:2}"; }
fact "a masked uuid is not in the copy" devices pull --to "$work/devices.sqlite" "$source"
fact "nor, says verify, is any of the source's" devices verify --source "$source" "$work/devices.sqlite"
"$DECANT" pull -q --no-mask -t devices --to "$work/plain.sqlite" "$source"
cp "$work/plain.sqlite" "$work/foreign.sqlite"
fact "in a copy that has them they are found" fails_with 4 "  public.devices.device [originals]: 50 in 50 cells" devices verify --source "$source" "$work/foreign.sqlite"
