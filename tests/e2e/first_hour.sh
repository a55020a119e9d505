#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What somebody meets who has never run decant: init, its next lines as printed, what is found by itself, and what is said.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
load source app fixtures/apps/rails.sql
load source site fixtures/apps/django.sql
unset DECANT_KEY_FILE
export XDG_CONFIG_HOME=$work/config
mkdir "$work/here"
cd "$work/here" || exit 1
plain=$(url source app)
export DATABASE_URL="postgresql://tester:secret@/app?host=$work/source"

# ---- found by itself
fact "DATABASE_URL may hold a password" bash -c "'$DECANT' init >'$work/init' 2>&1 || { cat '$work/init'; false; }"
fact "a key lies where it is looked for" test -s "$XDG_CONFIG_HOME/decant/$(sed -n 's/^key_id: "\(.*\)".*/\1/p' decant.yaml).key"
next() { # NUMBER: a line that init printed, as it is
    sed -n '/^next:/,$p' "$work/init" | sed -n "$(($1 + 1))p" | sed 's/^ *decant/"$DECANT"/'
}
fact "its first next line runs as printed" bash -c "$(next 1) >'$work/plan'"
fact "its second one, too" bash -c "$(next 2) 2>'$work/pull'"
fact "rules are found beside the command" test -s copy.sqlite
fact "a password in an argument is refused, and DATABASE_URL named" fails_with 2 "DATABASE_URL" "$DECANT" plan "postgresql://tester:secret@/app?host=$work/source"
fact "the password is in nothing that was printed" bash -c "! grep -q secret@ '$work/init' '$work/plan' '$work/pull'"
fact "a bare word is a database" bash -c "env -u DATABASE_URL PGHOST='$work/source' PGUSER=tester '$DECANT' check app"
fact "a bare target is asked about" fails_with 2 "./shop is a SQLite file, postgresql:///shop a database" "$DECANT" pull --to shop
fact "and nothing was made" test ! -e shop
cp decant.yaml "$work/rules.yaml"
mv "$XDG_CONFIG_HOME/decant" "$work/hidden"
fact "a key that is not there is named, and no new one offered" fails_with 3 "get it from whoever made them" "$DECANT" pull --to ./copy.sqlite
fact "no new key is spoken of" bash -c "! grep -q 'key new' '$work/err'"
mv "$work/hidden" "$XDG_CONFIG_HOME/decant"
fact "a file that is no key is called that, before its permissions are" fails_with 3 "holds no key" "$DECANT" pull --to ./copy.sqlite --key-file decant.yaml
fact "without HOME the user database says where the key is" bash -c "mkdir '$work/nohome' && cd '$work/nohome' && env -u HOME -u XDG_CONFIG_HOME '$DECANT' init 2>&1 | grep '^key ' | grep -qv ' \./' ; rm -f \$(getent passwd \"\$(id -u)\" | cut -d: -f6)/.config/decant/\$(sed -n 's/^key_id: \"\(.*\)\".*/\1/p' '$work/nohome/decant.yaml').key"

# ---- what is said
fact "pull says whether the copy may be used" grep -q '^copy.sqlite may be used: no original of a masked column was found' "$work/pull"
fact "verify, too, and first" bash -c "'$DECANT' verify copy.sqlite 2>&1 | head -n 1 | grep -q '^copy.sqlite may be used: '"
fact "and report" bash -c "'$DECANT' report copy.sqlite | head -n 1 | grep -q '^may be used: '"
fact "a copy without masks is called that" bash -c "'$DECANT' pull -q --no-mask --to ./plain.sqlite && '$DECANT' report plain.sqlite | head -n 1 | grep -q 'it holds production.s own data'"
fact "report tells database, date and key" bash -c "'$DECANT' report copy.sqlite | sed -n 2p | grep -qE '^made 20[0-9-]+ [0-9:]+ UTC of the database app, with key [0-9a-f]{8}, seed v1$'"
fact "and which share of each table arrived" bash -c "'$DECANT' report copy.sqlite | grep -E '^  public.schema_migrations +whole +100 % +100 %'"
fact "plan says of a small table why it is a sample" grep -q 'public.active_storage_variant_records: 500 rows, and not whole: ' "$work/plan"
fact "and where more comes than the rate" grep -q 'public.users: [0-9]* of 8000 rows come, at a rate of 5 %' "$work/plan"
fact "the copy tells how large production is" same sizes \
    "$(on source app "SELECT reltuples::bigint || ' ' || pg_relation_size(oid) FROM pg_class WHERE relname = 'users' AND relkind = 'r'")" \
    "$("$DECANT" sizes copy.sqlite | /usr/bin/python3 -c 'import json, sys; print(*["%d %d" % (t["rows"], t["heap_bytes"]) for t in json.load(sys.stdin)["tables"] if t["table"] == "users"])')"
fact "... in forms that linters read" fails_with 2 "json or pgfence" "$DECANT" sizes copy.sqlite --format squawk
cd "$work" || exit 1
fact "check without rules is no success" fails_with 2 "no rules to check" "$DECANT" check "$plain"
fact "but for a copy without masks" "$DECANT" check -q --no-mask "$plain"
on source app "CREATE TABLE fresh (id int PRIMARY KEY) WITH (autovacuum_enabled = off)" "INSERT INTO fresh SELECT generate_series(1, 2000)"
fact "what nobody analyzed is not known" bash -c "'$DECANT' plan -c '$work/rules.yaml' '$plain' | grep '^public.fresh ' | grep -q 'not known: ANALYZE it'"
on source app "DROP TABLE fresh"
on source app "CREATE TABLE remarks (id int PRIMARY KEY, about_type text, about_id int)" \
    "INSERT INTO remarks SELECT i, CASE WHEN i > 29800 THEN 'User' ELSE 'Post' END, 1 + i % 400 FROM generate_series(1, 30000) i" "ANALYZE remarks"
fact "init finds what only the last rows of a table refer to" bash -c "'$DECANT' init -c '$work/late.yaml' '$plain' >/dev/null 2>&1 && grep -qE 'remarks.about_id., to: .Post: public.posts.id, User: public.users.id' '$work/late.yaml'"
on source app "DROP TABLE remarks"
fact "events of stages come twice a second, with the time that is left" bash -c "'$DECANT' pull --json --no-mask --to ./events.sqlite '$plain' >'$work/events' 2>/dev/null; /usr/bin/python3 -c '
import json
events = [json.loads(line) for line in open(\"$work/events\")]
times = [e[\"elapsed\"] for e in events]
assert max(b - a for a, b in zip(times, times[1:])) < 2, times
assert [e for e in events if e[\"event\"] == \"verdict\"]'"

# ---- rules that are no longer true
cd "$work/here" || exit 1
on source app "ALTER TABLE users DROP COLUMN phone, ADD COLUMN nickname text, ADD COLUMN remark_text2 text" "DROP TABLE tags CASCADE" "ALTER TABLE categories RENAME COLUMN slug TO slugg"
"$DECANT" check 2>"$work/stale"
fact "stale lines are told all at once" bash -c "grep -q 'public.tags' '$work/stale' && grep -q 'public.users.phone' '$work/stale'"
fact "with the nearest name" grep -q "public.categories.slug (did you mean 'slugg'?)" "$work/stale"
fact "and what mends them" grep -q "init --update" "$work/stale"
fact "init --update does" bash -c "'$DECANT' init --update >'$work/update' && grep -q \"now '# gone:'\" '$work/update'"
fact "and tells what a pack took" grep -q "by a pack, without a line: .*public.users.nickname" "$work/update"
fact "of a list only the name is taken out" grep -qE '^    name: keep .*; gone: slug' decant.yaml
fact "of a table all lines" grep -q '^# gone:   public.tags:' decant.yaml
fact "so that check is content" "$DECANT" check -q
fact "and a second update changes nothing" bash -c "cp decant.yaml before && '$DECANT' init --update >/dev/null && cmp before decant.yaml"
for word in drop remove exclude; do
    sed "s/^    email: email.*/    email: $word/" before >decant.yaml
    fact "'$word' is answered with NULL, not with keep" bash -c "'$DECANT' check 2>&1 | grep '^hint: \"null\" takes the value out' && ! '$DECANT' check 2>&1 | grep -q keep"
done
sed "s/^    email: email.*/    email: none/" before >decant.yaml
fact "'none' is asked about" fails_with 2 "say what is meant" "$DECANT" check
cp before decant.yaml
fact "init --review lists what is open" bash -c "'$DECANT' init --review | tail -n 1 | grep -qE '^[0-9]+ lines to review'"
fact "as many lines as init said" bash -c "[ \$('$DECANT' init --review -c '$work/rules.yaml' | wc -l) = \$((\$(sed -n 's/.*review the \([0-9]*\) lines.*/\1/p' '$work/init') + 1)) ]"

# ---- masks to look at
fact "a preview has ten fakes of each mask" bash -c "'$DECANT' pull --preview users >'$work/preview' && [ \$(grep -c '@' '$work/preview') -ge 20 ]"
fact "and no value of the source" bash -c "psql -XAtq '$plain' -c 'SELECT email FROM users UNION SELECT encrypted_password FROM users' | grep -v '^$' | sort >'$work/values'; ! sort '$work/preview' | sed 's/^ *//' | sort | comm -12 - '$work/values' | grep -q ."
fact "a table that is not there is answered with the nearest" fails_with 2 "did you mean 'users'?" "$DECANT" pull --preview usrs
hash='$$2a$$12$$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ0123456'
sed "s|^    encrypted_password:.*|    encrypted_password: {use: set, value: \"$hash\"}|" before >decant.yaml
fact "one password for all developers is no leak" "$DECANT" pull -q --to ./dev.sqlite
fact "and everybody has it" test "$(lite dev.sqlite "SELECT count(DISTINCT encrypted_password) FROM users")" = 1
cp before decant.yaml

# ---- what programs need
fact "the environment of a Rails copy is no production" test "$(lite copy.sqlite "SELECT value FROM ar_internal_metadata WHERE key = 'environment'")" = development
fact "its other values stay" test "$(lite copy.sqlite "SELECT count(*) FROM ar_internal_metadata WHERE key = 'schema_sha1' AND value <> ''")" = 1
fact "the migrations are all there" same versions "$(psql -XAtq "$plain" -c "SELECT md5(string_agg(version, ',' ORDER BY version)) FROM schema_migrations")" \
    "$(lite copy.sqlite "SELECT group_concat(version) FROM (SELECT version FROM schema_migrations ORDER BY version)" | tr -d '\n' | md5sum | cut -d ' ' -f 1)"
fact "the profile is that of the framework" grep -q '^  sqlite: {profile: rails}' before
fact "check names what a reader needs" bash -c "'$DECANT' check --profile jdbc 2>&1 | grep -A1 '^column \[reader\]' | grep -q 'date_class=TEXT'"
fact "an unknown profile is refused" fails_with 2 "profiles are: default, django, rails" "$DECANT" pull --profile hibernate --to ./x.sqlite
fact "statistics can be left out" bash -c "'$DECANT' pull -q --profile django --no-statistics --to ./bare.sqlite && [ \$(sqlite3 bare.sqlite \"SELECT count(*) FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'\") = 0 ]"
fact "help is a command" bash -c "'$DECANT' help pull | head -n 1 | grep -q '^usage: decant pull'"
fact "a reader that has seen enough is no fault" bash -c "set -o pipefail; '$DECANT' report copy.sqlite 2>'$work/err' | head -n 1 >/dev/null; [ ! -s '$work/err' ]"
