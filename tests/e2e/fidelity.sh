#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A sample that was damaged on its way is not published, one that was not is; and what the report
# says of it.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
load source market fixtures/market.sql -v customers=6000 || { cat "$work/load.log"; exit 1; }
on source market "ANALYZE" # a session of its own: counts of changes arrive late
source=$(url source market)
key=$work/the.key
printf '%064d\n' 20 >"$key" && chmod 600 "$key" # what is found at all depends on the rows that come
rules=$work/rules.yaml
damage=${DECANT/%decant/decant-damage}
"$DECANT" init -c "$rules" --key-file "$key" --rate 20% "$source" >/dev/null
cp "$rules" "$work/init.yaml"
with() { # FIDELITY [SEED]
    { sed "s/seed: v1/seed: ${2:-v1}/" "$work/init.yaml"; echo "checks: {fidelity: {$1}}"; } >"$rules"
}
sampled() { # TARGET [PROGRAM]
    "${2:-$DECANT}" pull -q --to "$1" -c "$rules" --key-file "$key" "$source"
}

# ---- false alarms
alarms() { # STATS SEEDS: how many of them are not published
    local n=0
    for seed in $(seq 1 "$2"); do
        with "source_stats: $1" "s$seed"
        sampled "$work/sample.sqlite" 2>"$work/err" || { n=$((n + 1)) && sed 's/^/# /' "$work/err" >&2; }
    done
    echo "$n"
}
fact "no false alarm in 20 seeds" same alarms 0 "$(alarms cheap 20)"
fact "nor in ten where the source is read whole" same alarms 0 "$(alarms full 10)"

# ---- damage: DAMAGE KIND OBJECT
finds() {
    DAMAGE=$1 fails_with 5 "  $3 [$2]: " sampled "$work/damaged.sqlite" "$damage" && [ ! -e "$work/damaged.sqlite" ]
}
with "source_stats: full"
fact "without damage the program works" env DAMAGE= "$damage" pull -q --to "$work/sound.sqlite" -c "$rules" --key-file "$key" "$source"
fact "items thinned by a tenth" finds "thin items id 10" rows public.items
fact "one row in a hundred" finds "thin items id 1" rows public.items
fact "orders thinned by 40 %, with their items" finds "thin orders id 40; thin items order_id 40" rows public.orders
fact "a value that is gone" finds "become orders status sent" values public.orders.status
fact "whose coverage is named, too" finds "become orders status sent" coverage public.orders.status
fact "NULLs doubled" finds "nulls customers phone 25" nulls public.customers.phone
fact "values of other rows" finds "shuffle reviews rating x" pairs "public.reviews.product_id ~ rating"
with "source_stats: cheap"
fact "by the statistics of ANALYZE alone: a value that is gone" finds "become orders status sent" coverage public.orders.status
fact "NULLs doubled" finds "nulls orders employee_id 50" nulls public.orders.employee_id
fact "in PostgreSQL: items thinned" env DAMAGE="thin items id 10" bash -c "! '$damage' pull -q --to '$(url target damaged)' -c '$rules' --key-file '$key' '$source' 2>'$work/err' && grep -qF 'public.items [rows]' '$work/err'"
with "fail_under: none"
fact "what nobody gates is published" env DAMAGE="thin items id 10" "$damage" pull -q --to "$work/open.sqlite" -c "$rules" --key-file "$key" "$source"
fact "and reported" bash -c "'$DECANT' report '$work/open.sqlite' >'$work/out'; sqlite3 '$work'/open.sqlite.*.decant \"SELECT excess > 1e9 FROM measures WHERE kind = 'rows' AND name = 'public.items'\" | grep -qx 1"

with "source_stats: full, fail_under: none"
across() { # CONDITION: of the correlation of a column with one of its owner's row
    test "$(sqlite3 "$work"/pairs.sqlite.*.decant "SELECT $1 FROM measures WHERE kind = 'pairs' AND name = 'public.orders.amount ~ public.customers.score'")" = 1
}
sampled "$work/pairs.sqlite"
fact "pairs are compared across a reference to the owner" across "source BETWEEN 0.3 AND 0.5 AND abs(source - copy) < floor AND excess < 1"
fact "figures of all rows are told beside those of the rows that chance chose" bash -c "sqlite3 '$work'/pairs.sqlite.*.decant \"SELECT count(*) = 2 AND min(verdict) = 'holds' FROM measures WHERE kind = 'nulls' AND name LIKE 'public.customers.phone%'\" | grep -qx 1"
fact "and no table is left out because of rows that came for their keys" bash -c "sqlite3 '$work'/pairs.sqlite.*.decant \"SELECT count(*) FROM measures WHERE note LIKE 'most rows%'\" | grep -qx 0"
DAMAGE="shuffle orders amount x" sampled "$work/pairs.sqlite" "$damage"
fact "and tell when rows got the values of others" across "abs(copy) < 0.2 AND excess > 1.2"

fact "the share of the largest parents is known along keys that are thinned" bash -c "sqlite3 '$work'/pairs.sqlite.*.decant \"SELECT copy BETWEEN source / 2 AND source * 2 FROM measures WHERE kind = 'top ten' AND name LIKE 'public.orders.%employee%'\" | grep -qx 1"

with 'canaries: ["SELECT sum(amount) FROM public.orders", "SELECT count(*) FROM reviews"]'
fact "canaries are asked on both sides" sampled "$work/canary.sqlite"
fact "as shares" bash -c "sqlite3 '$work'/canary.sqlite.*.decant \"SELECT count(*) FROM measures WHERE kind = 'canary' AND copy BETWEEN 0.1 AND 0.3\" | grep -qx 2"
fact "in PostgreSQL, too" sampled "$(url target canary)"
with 'canaries: ["SELECT sum(nothing) FROM public.orders"]'
fact "one that the source cannot answer is refused" fails_with 2 "canary 1 of the rules, on the source" sampled "$work/none.sqlite"
with 'canaries: ["SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY amount) FROM public.orders"]'
fact "one that the copy cannot answer fails" fails_with 5 "canary 1 of the rules, on the copy" sampled "$work/none.sqlite"
with 'canaries: ["SELECT count(*) FROM public.orders HAVING count(*) > 9000"]'
fact "nor does one without a row there pass" fails_with 5 "a query of one row is wanted here" sampled "$work/none.sqlite"
fact "nor in PostgreSQL" fails_with 5 "a query of one row is wanted here" sampled "$(url target none)"
with "fail_under: none"
fact "a flag wins over the rules' gate" env DAMAGE="thin items id 10" bash -c "! '$damage' pull -q --fail-under default --to '$work/none.sqlite' -c '$rules' --key-file '$key' '$source' 2>/dev/null"
fact "one that is none is refused" fails_with 2 "--fail-under is default, strict or none, not 'x'" "$DECANT" pull --fail-under x --to "$work/none.sqlite" -c "$rules" --key-file "$key" "$source"

# ---- the same on the shop
load source shop fixtures/shop.sql -v scale=0.1 || { cat "$work/load.log"; exit 1; }
on source shop "ANALYZE"
"$DECANT" init -c "$work/shop.yaml" --key-file "$key" --rate 20% "$(url source shop)" >/dev/null
echo "checks: {fidelity: {source_stats: full}}" >>"$work/shop.yaml"
shop() { "$damage" pull -q --to "$work/shop.sqlite" -c "$work/shop.yaml" --key-file "$key" "$(url source shop)"; }
finds_in_shop() { DAMAGE=$1 fails_with 5 "  $3 [$2]: " shop && [ ! -e "$work/shop.sqlite" ]; }
fact "shop: shipments thinned by a tenth" finds_in_shop "thin shipments shipment_id 10" rows public.shipments
fact "shop: items, to which reviews refer" env DAMAGE="thin order_items product_id 10" bash -c "! '$damage' pull -q --to '$work/shop.sqlite' -c '$work/shop.yaml' --key-file '$key' '$(url source shop)' 2>'$work/err' && grep -q 'rows of the copy have no parent' '$work/err'"
fact "shop: a value that is gone" finds_in_shop "become orders status shipped" coverage public.orders.status
fact "shop: NULLs doubled, of a masked column" finds_in_shop "nulls customers birth_date 40" nulls public.customers.birth_date
fact "shop: values of other rows, beside those of their owners" finds_in_shop "shuffle payments amount x" pairs "public.payments.amount ~ public.orders.total"
fact "shop: without damage it is published" env DAMAGE= "$damage" pull -q --to "$work/shop.sqlite" -c "$work/shop.yaml" --key-file "$key" "$(url source shop)"

# ---- a finished copy beside its source
beside() { # COPY [OPTION...]
    "$DECANT" verify --source "$source" -c "$rules" --key-file "$key" "$@"
}
with "source_stats: full"
sampled "$work/made.sqlite"
fact "a finished copy is like its source" beside -q "$work/made.sqlite"
compared() { beside "$work/made.sqlite" 2>&1 | grep -qE "compared: [0-9]+ originals looked for, none is there; [0-9]+ figures hold"; }
fact "and verify says what it compared" compared
fact "in PostgreSQL, too" bash -c "'$DECANT' pull -q --to '$(url target made)' -c '$rules' --key-file '$key' '$source' && '$DECANT' verify -q --source '$source' -c '$rules' --key-file '$key' '$(url target made)'"
fact "it takes the rules" fails_with 2 "--source needs rules" "$DECANT" verify --source "$source" "$work/made.sqlite"
printf 'target: {sqlite: {profile: django}}\n' >"$work/idle.yaml"
fact "that say something" fails_with 2 "mask no column" "$DECANT" verify --source "$source" -c "$work/idle.yaml" --key-file "$key" "$work/made.sqlite"
"$DECANT" key new "$work/other.key" >/dev/null 2>&1
grep -v '^key_id' "$rules" >"$work/keyless.yaml"
fact "and the key" fails_with 3 "the copy was made with key" "$DECANT" verify --source "$source" -c "$work/keyless.yaml" --key-file "$work/other.key" "$work/made.sqlite"
with "source_stats: full, fail_under: none"
DAMAGE="nulls customers phone 25; become orders status sent" "$damage" pull -q --to "$work/open.sqlite" --overwrite -c "$rules" --key-file "$key" "$source"
with "source_stats: full"
fact "damage that was published is found then" fails_with 5 "  public.orders.status [values]: " beside "$work/open.sqlite"
"$DECANT" pull -q --no-mask --to "$work/whole.sqlite" "$source"
cp "$work/whole.sqlite" "$work/naive.sqlite" # nobody says who made it
fact "a copy of another tool is judged by its rows: all of them" beside -q --no-mask "$work/naive.sqlite"
fact "and by its originals" fails_with 4 "  public.customers.phone [originals]: " beside "$work/naive.sqlite"
for table in customers orders items products reviews follows; do
    sqlite3 "$work/naive.sqlite" "DELETE FROM $table WHERE abs(random()) % 100 >= 20"
done
naive() { fails_with 5 "$2" beside --no-mask "$1"; }
fact "a fifth of each table: rows have lost their parents" naive "$work/naive.sqlite" "  public.orders.orders_customer_id_fkey [foreign key]: "
fact "and parents their children" naive "$work/naive.sqlite" "  public.orders.orders_customer_id_fkey [fan-out]: "
on target postgres "CREATE DATABASE naive"
PGHOST=$work/source pg_dump -U tester market | psql -X -q -h "$work/target" -U tester naive >/dev/null
fact "in PostgreSQL, too, all rows are like all rows" beside -q --no-mask "$(url target naive)"
for table in customers orders items products reviews follows; do
    PGOPTIONS="-c session_replication_role=replica" on target naive "DELETE FROM $table WHERE random() >= 0.2"
done
fact "and a fifth of each table is not" naive "$(url target naive)" "  public.orders.orders_customer_id_fkey [fan-out]: "
sqlite3 "$work/naive.sqlite" "ALTER TABLE items RENAME TO things"
fact "a table that is not there is named" naive "$work/naive.sqlite" "'public.items' is not in the copy"

# ---- the report
with "source_stats: full"
sampled "$work/sample.sqlite"
for format in text md; do
    fact "the report as $format begins with what was masked, what the source bore, what the copy is" bash -c "'$DECANT' report --format $format '$work/sample.sqlite' | grep -E '^(- )?(columns|source|copy): ' | head -3 | sed 's/^- //' | cut -d: -f1 | tr '\n' ' ' | grep -qx 'columns source copy '"
done
fact "as JSON it has a version" bash -c "'$DECANT' report --format json '$work/sample.sqlite' | python3 -c 'import json, sys; d = json.load(sys.stdin); assert d[\"report\"] == 1 and d[\"measures\"] and d[\"samples\"] and \"source_rows\" not in d'"
fact "production's own numbers only on request" bash -c "'$DECANT' report --format json --figures absolute '$work/sample.sqlite' | grep -q '\"source_rows\":'"
fact "kept columns that tell rows apart are named" bash -c "'$DECANT' report '$work/sample.sqlite' | grep -A4 '^Kept columns that single' | grep -qE 'public.customers.score +[0-9]+ %'"
fact "it says how long the longest statement took, and who waited" bash -c "'$DECANT' report '$work/sample.sqlite' | grep -qE '^source: .* longest statement [0-9.]+ s, times a session waited for us: 0'"
weaker() { "$DECANT" report "$1" | grep -A3 '^Weaker' | grep -qE "$2"; }
sed -i 's/^    phone: phone/    phone: "null"/' "$rules" && sampled "$work/sample.sqlite"
fact "a copy like the one before is no weaker" bash -c "! '$DECANT' report '$work/sample.sqlite' | grep -q '^Weaker'"
sed -i 's/^    phone: "null"/    phone: phone/' "$rules" && sampled "$work/sample.sqlite"
fact "one of which more is told says so" weaker "$work/sample.sqlite" 'public.customers.phone +null +phone'
"$DECANT" pull -q --no-mask --to "$work/sample.sqlite" "$source"
fact "one without masks, too" weaker "$work/sample.sqlite" 'public.customers.phone +phone +in the clear'
sampled "$(url target sample)"
"$DECANT" pull -q --no-mask --to "$(url target sample)" "$source"
fact "and in PostgreSQL" weaker "$(url target sample)" 'public.customers.phone +phone +in the clear'
sampled "$work/sample.sqlite"
fact "a format that is none is refused" fails_with 2 "--format is text, md, json or html, not 'pdf'" "$DECANT" report --format pdf "$work/sample.sqlite"
"$DECANT" report --format html "$work/sample.sqlite" >"$work/page.html"
fact "the page is well-formed" python3 - "$work/page.html" <<'P'
import html.parser, sys
VOID = {'meta', 'link', 'br'}
class Parser(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(); self.open = []; self.ids = set(); self.svgs = self.labels = 0; self.links = []
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        assert not any(k.startswith('on') or k in ('src', 'style') for k in a), (tag, a)
        assert tag not in ('script', 'img', 'iframe', 'object', 'link'), tag
        if 'id' in a:
            assert a['id'] not in self.ids, a['id']; self.ids.add(a['id'])
        if tag == 'a':
            self.links.append(a['href'])
        if tag == 'svg' and a.get('aria-hidden') != 'true':
            self.svgs += 1; self.labels += bool(a.get('aria-label')) and a.get('role') == 'img'
        if tag not in VOID:
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs): pass
    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag
text = open(sys.argv[1]).read()
p = Parser(); p.feed(text); p.close()
assert p.open == [] and p.svgs == p.labels > 10, (p.open, p.svgs, p.labels)
assert all(l[0] == '#' and l[1:] in p.ids for l in p.links) and len(p.links) > 8
assert 'http' not in text.replace('http-equiv', ''), 'a page elsewhere'
P
if command -v chromium >/dev/null; then
    fact "a browser shows it without a word on its console" bash -c "
        timeout 100 chromium --headless --no-sandbox --disable-gpu --user-data-dir='$work/chromium' --enable-logging=stderr --v=0 --dump-dom 'file://$work/page.html' 2>'$work/console' >'$work/dom.html'
        grep -q 'aria-label=\"Map of tables\"' '$work/dom.html' && ! grep -E 'CONSOLE|Refused' '$work/console'"
else
    skip "a browser shows it without a word on its console" "chromium is not installed"
fi

# ---- what is rare, and what comes in groups
load source grouped /dev/stdin <<'Q'
CREATE TABLE teams (id int PRIMARY KEY, name text, gone timestamptz);
CREATE TABLE declared (id int PRIMARY KEY, team_id int REFERENCES teams, level int, note text);
CREATE TABLE told (id int PRIMARY KEY, team_id int, level int, note text);
CREATE TABLE tagged (id int PRIMARY KEY, team_type text, team_id int, level int, note text);
INSERT INTO teams SELECT g, md5(g::text), CASE WHEN g % 45 = 7 THEN timestamptz '2020-01-01' + g * g * interval '1 minute' END FROM generate_series(1, 6000) g;
INSERT INTO declared SELECT row_number() OVER (), t, t * 7 % 400, md5(t::text || n) FROM generate_series(1, 400) t, generate_series(1, 220 / t + 4) n;
INSERT INTO told SELECT * FROM declared;
INSERT INTO tagged SELECT id, 'Team', team_id, level, note FROM declared;
Q
on source grouped ANALYZE
cat >"$rules" <<'Q'
columns:
  public.teams: {name: by_shape}
  public.declared: {note: by_shape}
  public.told: {note: by_shape}
  public.tagged: {note: by_shape, team_type: keep}
sample:
  roots: {public.teams: {}}
  virtual:
    - {from: public.told.team_id, to: public.teams.id, policy: owner}
    - {from: [public.tagged.team_type, public.tagged.team_id], to: {Team: public.teams.id}, policy: owner}
Q
grouped() { "$DECANT" pull -q -c "$rules" --key-file "$key" --rate "$1" --to "$work/grouped.$1.sqlite" "$(url source grouped)"; }
fact "a fifth of them is published" grouped 20%
fact "rows that follow a virtual owner vary as those of a declared one do" same figures "3|1" \
    "$(sqlite3 "$work/grouped.20%.sqlite".*.decant "SELECT count(*), min(floor) > 0.15 AND max(floor) < 2 * min(floor)
        FROM measures WHERE kind = 'numbers' AND name LIKE '%.level'")"
fact "and keys are no figures, declared or not" same figures 0 \
    "$(sqlite3 "$work/grouped.20%.sqlite".*.decant "SELECT count(*) FROM measures WHERE kind = 'numbers' AND name LIKE '%.team_id'")"
fact "all of them are: of few values, one more or less is noise" grouped 100%
fact "and times are compared, though most are NULL" same figures 1 "$(sqlite3 "$work/grouped.100%.sqlite".*.decant \
    "SELECT count(*) FROM measures WHERE kind = 'times' AND name = 'public.teams.gone' AND excess < 1")"

# ---- a source that has grown since anybody counted its rows
on source grouped "ALTER TABLE teams SET (autovacuum_enabled = false);
    INSERT INTO teams SELECT g, md5(g::text) FROM generate_series(6001, 9000) g"
unknown() { # HOW OFTEN: the size of the table that grew
    same "sizes that are not known" "$1" "$(sqlite3 "$work/grouped.20%.sqlite".*.decant \
        "SELECT count(*) FROM measures WHERE kind = 'size' AND name = 'public.teams' AND note LIKE 'more than a tenth of the source%'")"
}
fact "rows that nobody has counted for long are no alarm" grouped 20%
fact "... but not known" unknown 1
on source grouped "ANALYZE teams"
fact "... until they are counted anew" eval 'grouped 20% && unknown 0'

# ---- what it costs
with "source_stats: full"
full=$("$DECANT" plan --json -c "$rules" "$source" | grep -o '"read_bytes":[0-9]*' | cut -d: -f2)
with "source_stats: cheap"
cheap=$("$DECANT" plan --json -c "$rules" "$source" | grep -o '"read_bytes":[0-9]*' | cut -d: -f2)
{ cat "$work/init.yaml"; echo "checks: {leak: {scope: population}}"; } >"$rules"
population=$("$DECANT" plan --json -c "$rules" "$source" | grep -o '"read_bytes":[0-9]*' | cut -d: -f2)
fact "plan says what a look at the whole source costs" test "$full" -gt "$cheap" -a "$population" -gt "$cheap"
