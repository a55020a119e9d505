#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What is promised, on small databases that once broke it: a proof that could not fail, a mask that was
# not proved, a copy that replaced a better one, a value that came along.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/small.sh"
cluster_make source "autovacuum=off"
cluster_make target "autovacuum=off"
key=$work/the.key
"$DECANT" key new "$key" >/dev/null 2>&1
case ${B:-} in
*/asan | */tsan) skip "promises on small databases" "a sanitizer is too slow for what is counted in seconds"; exit ;;
esac

# ---- A. proofs
db unproved <<'Q'
CREATE TABLE stock (id int PRIMARY KEY, pieces int NOT NULL, label text CHECK (length(label) < 50));
INSERT INTO stock SELECT g, g - 2, 'l' || g FROM generate_series(1, 6) g;
ALTER TABLE stock ADD CONSTRAINT some_pieces CHECK (pieces > 0) NOT VALID;
CREATE TABLE spans (id int PRIMARY KEY, a timestamp, b timestamp, CONSTRAINT in_order CHECK (b IS NULL OR a < b));
INSERT INTO spans VALUES (1, '4000-03-15 BC', '2020-01-01'), (2, '2020-01-01', '12000-01-01'), (4, '-infinity', 'infinity'), (3, '2020-01-01', '2021-01-01');
CREATE TABLE sums (id int PRIMARY KEY, total numeric, CONSTRAINT in_range CHECK (total > 9 AND total < 123456789012345678902));
INSERT INTO sums VALUES (1, 12345678901234567890.123), (2, 10);
Q
fact "a check that the source's rows break does not stop a copy" whole "$file"
fact "it is listed as broken in the source" says 'violated-in-source'
fact "its table is named" says 'some_pieces'
fact "the copy does not enforce it" sound
fact "a row that breaks it can be updated" sqlite3 "$work/sound.sqlite" "UPDATE stock SET label = 'x'"
fact "a check that holds is enforced" bash -c "! sqlite3 '$work/sound.sqlite' \"UPDATE stock SET label = printf('%060d', 1) WHERE id = 6\" 2>/dev/null"
whole "$file" >/dev/null
fact "a check that timestamps before Christ or infinite ones break in SQLite is left out, and listed" says 'spans.*in_order'
fact "one that exact text of a number breaks is, too, or holds" bash -c "grep -q 'sums.*in_range' '$work/log' || sqlite3 -readonly '$file' '.schema sums' | grep -q 'CHECK'"
fact "verify takes the copy" status 0 "$DECANT" verify "$file"
fact "verify says in words what it found to be good" says 'key|check|hold|good'
fact "a PostgreSQL copy has the check NOT VALID" whole "$copy"
fact "and under its name" same validated f "$(asks_pg "SELECT convalidated FROM pg_constraint WHERE conname = 'some_pieces'")"
sqlite3 "$work/sound.sqlite" "PRAGMA ignore_check_constraints = on; UPDATE stock SET label = printf('%060d', 1) WHERE id = 6" 2>/dev/null
cp "$file" "$work/kept.sqlite"
cp "$work/sound.sqlite" "$file"
fact "verify finds a row that breaks a check of the copy" status 5 "$DECANT" verify "$file"

db lists <<'Q'
CREATE TABLE kinds (id int PRIMARY KEY, kind varchar(40) NOT NULL CHECK (kind IN ('actor', 'show', 'label', 'opus')),
    state text NOT NULL CHECK (state IN ('Bound', 'Not Here', 'On Its Way')),
    phase varchar(20) CHECK (phase IN ('to do', 'done') OR phase IS NULL),
    reason text CHECK (reason IN ('none given', 'see file') OR length(reason) > 10));
INSERT INTO kinds SELECT g, (ARRAY['actor', 'show', 'label', 'opus'])[1 + g % 4], (ARRAY['Bound', 'Not Here', 'On Its Way'])[1 + g % 3],
    (ARRAY['to do', 'done', NULL])[1 + g % 3], (ARRAY['none given', 'she has moved away', 'he fell ill again'])[1 + g % 3]
    FROM generate_series(1, 160) g;
Q
fact "init drafts rules over lists of labels" drafted
fact "a check that lists some and allows more is no list" bash -c "grep -q 'reason: ' '$rules' && ! grep -q 'reason: *keep' '$rules'"
for column in kind state phase; do
    fact "it keeps $column, whose check lists its labels" has "$column.*: keep"
done
fact "check finds nothing" status 0 "$DECANT" check -c "$rules" "$src"
for target in "$file" "$copy"; do
    fact "and the pull publishes: ${target%%:*}" masked "$target"
done
fact "with the labels" same labels 4 "$(asks "SELECT count(DISTINCT kind) FROM kinds WHERE kind IN ('actor', 'show', 'label', 'opus')")"

# a mask that a check refuses is found by check, or it publishes
db refused <<'Q'
CREATE TABLE a (id int PRIMARY KEY, v text, CONSTRAINT c1 CHECK (v IS NOT NULL AND length(v) > 2));
CREATE TABLE b (id int PRIMARY KEY, v text CHECK (v ~ '^AB-[0-9]{4}$'));
CREATE TABLE c (id int PRIMARY KEY, v text CHECK (v = 'none' OR length(v) = 10));
CREATE TABLE d (id int PRIMARY KEY, v bytea CHECK (octet_length(v) = 16));
CREATE TABLE e (id int PRIMARY KEY, v text CHECK (coalesce(v, '') <> ''));
CREATE TABLE f (id int PRIMARY KEY, v text CHECK (NOT (v IS NULL)));
CREATE TABLE p (kind text, id int, PRIMARY KEY (kind, id));
CREATE TABLE q (id int PRIMARY KEY, kind text DEFAULT 'q' CHECK (kind = 'q'), FOREIGN KEY (kind, id) REFERENCES p);
INSERT INTO a SELECT g, 'abc' || g FROM generate_series(1, 50) g;
INSERT INTO b SELECT g, 'AB-' || 1000 + g FROM generate_series(1, 50) g;
INSERT INTO c SELECT g, CASE WHEN g % 5 = 0 THEN 'none' ELSE 'abcdef' || 1000 + g END FROM generate_series(1, 50) g;
INSERT INTO d SELECT g, decode(md5(g::text), 'hex') FROM generate_series(1, 50) g;
INSERT INTO e SELECT g, 'abc' FROM generate_series(1, 50) g;
INSERT INTO f SELECT g, 'abc' FROM generate_series(1, 50) g;
INSERT INTO p SELECT 'q', g FROM generate_series(1, 50) g;
INSERT INTO q SELECT g FROM generate_series(1, 50) g;
Q
agrees() { # TABLE RULE: what check says is what a pull does
    printf 'version: 1\nsample: {rate: 100%%}\ncolumns:\n  public.%s: {v: %s}\n' "$1" "$2" >"$rules"
    local checked pulled
    for target in "$file" "$copy"; do
        "$DECANT" check -c "$rules" -t "$1" "$src" >"$work/log" 2>&1
        checked=$?
        "$DECANT" pull -q -c "$rules" --key-file "$key" -t "$1" --to "$target" "$src" >"$work/err" 2>&1
        pulled=$?
        # clean means that it is published; a status of 5 was announced
        if [ $checked = 0 ] && [ $pulled != 0 ] && ! { [ $pulled = 5 ] && grep -q 'not-proved' "$work/log"; }; then
            echo "# check: 0, pull to ${target%%:*}: $pulled"
            sed 's/^/#   /' "$work/log" "$work/err" | head -n 6
            return 1
        fi
    done
}
for case in 'a "null"' 'a empty' 'b by_shape' 'b digits' 'c by_shape' 'c text' 'd {use: bytes}' 'd "null"' 'e "null"' 'e empty' 'f "null"'; do
    fact "check and pull agree: table ${case%% *}, mask ${case#* }" agrees ${case%% *} "${case#* }"
done
for table in a e f; do
    printf 'version: 1\ncolumns:\n  public.%s: {v: "null"}\n' $table >"$rules"
    fact "NULL under a check that means IS NOT NULL is E210: $table" status 2 "$DECANT" check -c "$rules" -t $table "$src"
    fact "by its code: $table" says E210
done
rm -f "$rules"
fact "init drafts rules over them all" drafted
for target in "$file" "$copy"; do
    fact "which publish: ${target%%:*}" masked "$target"
done
fact "constant discriminators follow a masked parent key, or are kept" sound

db folded <<'Q'
CREATE TABLE logins (id int PRIMARY KEY, login text NOT NULL);
CREATE UNIQUE INDEX ON logins (lower(login));
INSERT INTO logins SELECT g, 'Vk' || (g * 7919) % 100000 || 'm' FROM generate_series(1, 400) g;
CREATE TABLE symbols (grp int, name text, PRIMARY KEY (grp, name));
INSERT INTO symbols SELECT g, chr(97 + g % 26) FROM generate_series(1, 300) g UNION ALL SELECT g, upper(chr(97 + g % 26)) FROM generate_series(1, 300) g;
Q
drafted >/dev/null
for target in "$file" "$copy"; do
    fact "keys that differ by case stay two: ${target%%:*}" masked "$target"
done
fact "all of them" same rows 600 "$(asks "SELECT count(*) FROM symbols")"

db sequences <<'Q'
CREATE SEQUENCE shared;
CREATE TABLE one (id bigint PRIMARY KEY DEFAULT nextval('shared'), v int);
CREATE TABLE two (id bigint PRIMARY KEY DEFAULT nextval('shared'), v int);
INSERT INTO one (v) SELECT 1 FROM generate_series(1, 10);
INSERT INTO two (v) SELECT 1 FROM generate_series(1, 500);
CREATE TABLE worked_off (id serial PRIMARY KEY, job text);
SELECT setval('worked_off_id_seq', 1000);
CREATE SEQUENCE numbers;
CREATE TABLE bills (id serial PRIMARY KEY, no text UNIQUE DEFAULT 'B-' || lpad(nextval('numbers')::text, 6, '0'));
INSERT INTO bills (no) SELECT 'B-' || lpad(nextval('numbers')::text, 6, '0') FROM generate_series(1, 301);
CREATE SEQUENCE loose; SELECT setval('loose', 777);
Q
fact "a whole copy with sequences" whole "$copy"
fact "a shared sequence stands behind the greatest key of all its columns" same next 511 "$(asks_pg "SELECT nextval('shared')")"
fact "that of an empty table keeps its position" same next 1001 "$(asks_pg "SELECT nextval('worked_off_id_seq')")"
fact "one inside a default's expression, too" same row B-000302 "$(asks_pg "INSERT INTO bills DEFAULT VALUES RETURNING no")"
fact "and one that nothing uses" same next 778 "$(asks_pg "SELECT nextval('loose')")"
printf 'version: 1\nsample: {rate: 20%%, whole: []}\ncolumns: {public.worked_off: {job: keep}, public.bills: {no: keep}}\n' >"$rules"
fact "a sample with them" masked "$copy"
fact "is never behind its rows" bash -c "[[ '$(asks_pg "INSERT INTO bills DEFAULT VALUES RETURNING no")' == B-* ]]"
fact "nor is a shared one" bash -c "[ '$(asks_pg "SELECT nextval('shared') > greatest((SELECT max(id) FROM one), (SELECT max(id) FROM two))")' = t ]"

# ---- A 6. verify of a changed file, and output that cannot be written
db people <<'Q'
CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE, nick text, phone text, born date);
INSERT INTO people SELECT g, 'ines.vogt' || g || '@kundenpost.org', 'ines' || g, '+49 151 ' || (10000000 + g), '1980-01-01'::date + g FROM generate_series(1, 300) g;
CREATE TABLE notes (id int PRIMARY KEY, person int NOT NULL REFERENCES people, body text);
INSERT INTO notes SELECT g, 1 + g % 300, 'nothing of note ' || g FROM generate_series(1, 600) g;
Q
rules <<'Y'
version: 1
sample: {rate: 50%}
columns:
  public.people: {email: email, nick: username, phone: phone}
  public.notes: {body: text}
Y
people_rules=$rules people_src=$src
masked "$file" >/dev/null
cp "$file" "$work/good.sqlite"
sqlite3 "$file" "UPDATE people SET nick = 'someone' WHERE id = (SELECT min(id) FROM people)"
fact "verify of a copy that was changed is 5" status 5 "$DECANT" verify "$file"
fact "and goes on to what still holds" says 'key'
sqlite3 "$file" "UPDATE people SET email = 'real.person@gmail.com' WHERE id = (SELECT max(id) FROM people)"
fact "with an address in it that reaches somebody it is 4" status 4 "$DECANT" verify "$file"
fact "which is named" says 'people.email'
fact "and so is the change" says 'changed|not what was published|not the bytes|differ'
sqlite3 "$file" "PRAGMA foreign_keys = off; UPDATE people SET email = 'x@example.com' WHERE email LIKE '%gmail.com'; DELETE FROM people WHERE id = (SELECT person FROM notes LIMIT 1)"
fact "a key that no longer holds is found behind the change" status 5 "$DECANT" verify "$file"
fact "and named" says 'notes'
cp "$work/good.sqlite" "$file"
fact "the copy as it was is good" status 0 "$DECANT" verify "$file"
full() { # COMMAND...: it is told that nothing can be written, and does not call that success
    "$DECANT" "$@" >/dev/full 2>"$work/err"
    [ $? -ne 0 ] || { echo "# status 0"; false; }
}
for format in text md json html; do
    fact "a report ($format) that could not be written is no success" full report --format $format "$file"
done
with=(-c "$rules" --key-file "$key")
fact "nor is --json of pull" full pull --json "${with[@]}" --to "$work/full.sqlite" "$src"
fact "nor of plan" full plan --json "${with[@]}" "$src"
fact "nor of verify" full verify --json "$file"
fact "nor a plan" full plan "${with[@]}" "$src"
fact "nor its statements" full plan --sql "${with[@]}" "$src"
fact "nor the script of check --grants" full check --grants "$src"
fact "nor an explanation" full explain public.people -c "$rules" "$src"
fact "nor of a row" full explain --row public.people:17 "${with[@]}" "$src"
fact "nor the completion" full completion
fact "nor the help" full --help

# ---- B
db slow <<'Q'
CREATE FUNCTION slow_yes(t text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN true; END';
CREATE TABLE plugins (id int PRIMARY KEY, entry text CHECK (slow_yes(entry)), email text);
INSERT INTO plugins VALUES (1, 'a text of several words, which is long enough to be prose', 'a@corp.test');
Q
fact "a check that sleeps holds init up for a while at most" within 15 drafted
fact "and check" within 15 status 0 "$DECANT" check -c "$rules" "$src"
fact "and pull" within 20 masked "$file"
db keyed <<'Q'
CREATE TABLE holders (email text PRIMARY KEY, name text);
CREATE TABLE cards (id int PRIMARY KEY, email text NOT NULL REFERENCES holders);
INSERT INTO holders SELECT 'holder' || g || '@kundenpost.org', 'N' || g FROM generate_series(1, 2000) g;
INSERT INTO cards SELECT g, 'holder' || g || '@kundenpost.org' FROM generate_series(1, 2000) g;
Q
printf 'version: 1\nsample: {rate: 30%%}\ncolumns: {public.holders: {email: email, name: full_name}}\n' >"$rules"
for id in 1 2 3 4 5 6; do "$DECANT" explain --row public.cards:$id -c "$rules" --key-file "$key" "$src"; done >"$work/log" 2>&1
fact "explain --row says whom a row follows" says 'it follows its owner public.holders .masked key.'
fact "and not by a masked key that nobody typed" silent kundenpost
"$DECANT" explain --row public.holders:holder5@kundenpost.org -c "$rules" --key-file "$key" "$src" >"$work/log" 2>&1
fact "but by one that was typed" says 'holder5@kundenpost.org'
src=$people_src rules=$people_rules file=$work/people.sqlite name=people copy=$(url target people)
"$DECANT" explain --row public.people:17 -c "$rules" --key-file "$key" "$src" >"$work/log" 2>&1
fact "explain --row prints no value of a masked column" silent 'kundenpost|ines17|\+49 151'
fact "it does, where the user typed it" status "0 3" "$DECANT" explain --row public.notes:17 -c "$rules" --key-file "$key" "$src"
masked "$copy" >/dev/null
manifest=$(find "$work/state" "$work" -maxdepth 3 -name '*people*.decant' 2>/dev/null | grep -v sqlite | xargs -r ls -t | head -n 1)
fact "nothing in a manifest is SQL" bash -c "[ -n '$manifest' ] && ! sqlite3 -readonly '$manifest' .dump | grep '^INSERT' | grep -iE 'select .* from|create |insert into .*insert into '"

# ---- C. a run ends, and leaves nothing
mkdir -p "$work/limits"
limited() { # LIMIT OR REDIRECTION, STATUSES, TARGET
    local got
    (eval "$1 \"\$DECANT\" pull -q --no-mask --to \"\$3\" \"\$people_src\" ${4:-}") >/dev/null 2>"$work/err"
    got=$?
    [[ " $2 " == *" $got "* ]] || { echo "# status $got, wanted $2: $(head -n 2 "$work/err")"; return 1; }
}
t=$work/limits/a.sqlite
fact "without stderr a pull succeeds" limited "" 0 "$t" "2>&-"
fact "without any standard descriptor" limited "" 0 "$t" "<&- >&- 2>&-"
fact "and the copy is sound" same integrity ok "$(sqlite3 "$t" 'PRAGMA integrity_check')"
cp "$t" "$work/before.sqlite"
fact "without stdout --json is no success" limited "" "6" "$t" "--json >&-"
fact "a file that may not grow ends with 6" limited "ulimit -f 8;" 6 "$t"
fact "few descriptors end with 6, or do" limited "ulimit -n 8;" "0 6" "$t"
fact "the copy is as it was" bash -c "[ -e '$t' ] && sqlite3 '$t' 'SELECT count(*) FROM people' | grep -qx 300"
fact "and nothing is left" nothing_beside "$t"
for n in 4 6 10 12 16 20; do
    fact "$n descriptors: the documented status, or a copy" limited "ulimit -n $n;" "0 6" "$work/limits/$n.sqlite"
    fact "$n descriptors: nothing is left" nothing_beside "$work/limits/$n.sqlite"
done
for kb in 40000 80000 160000; do
    fact "memory for $kb KB: a status that is no bug" limited "ulimit -v $kb;" "0 6 127" "$work/limits/m.sqlite"
    fact "memory for $kb KB: nothing is left" nothing_beside "$work/limits/m.sqlite"
done

{ echo 'version: 1'; echo 'columns:'; echo '  "*":'; for i in $(seq 200000); do echo "    col_$i: text"; done; } >"$work/long.yaml"
fact "rules of 200,000 lines are read in a second or so" within 3 status "0 2 3" "$DECANT" check -c "$work/long.yaml" "$people_src"
mkfifo "$work/pipe.yaml"
{ head -c 3000 /dev/urandom; printf '\0hushhush: of no concern\n\0'; } >"$work/binary.yaml"
printf 'root:hushhush:19000:0:99999:7:::\nother: [hushhush\n' >"$work/shadow"
for include in pipe.yaml /dev/zero binary.yaml shadow .; do
    printf 'version: 1\ninclude: [%s]\ncolumns: {"*": {a: text}}\n' "$include" >"$work/including.yaml"
    fact "an include of $include is refused" status 2 timeout 5 "$DECANT" check -c "$work/including.yaml" "$people_src"
    fact "and nothing in it is quoted" silent hushhush
done
for file_ in pipe.yaml binary.yaml /dev/zero; do
    fact "so is $file_ as rules" status "2 3" timeout 5 "$DECANT" check -c "$(cd "$work" && realpath -s "$file_")" "$people_src"
    fact "and nothing of it is quoted, either" silent hushhush
done

# ---- D. nothing is lost
db shrinks <<'Q'
CREATE TABLE a (id int PRIMARY KEY, v text);
CREATE TABLE b (id int PRIMARY KEY, v text);
INSERT INTO a SELECT g, 'a' FROM generate_series(1, 100) g;
INSERT INTO b SELECT g, 'b' FROM generate_series(1, 100) g;
Q
for target in "$file" "$copy"; do
    whole "$target" >/dev/null
done
on source shrinks "DELETE FROM a WHERE id > 60"
for target in "$file" "$copy"; do
    fact "a table that lost some rows is copied: ${target%%:*}" whole "$target"
done
on source shrinks "DELETE FROM a WHERE id > 20"
for target in "$file" "$copy"; do
    ends=3 fact "one that lost more than half is refused: ${target%%:*}" whole "$target"
    fact "with its name and numbers: ${target%%:*}" says 'a.*(20.*60|60.*20)'
done
on source shrinks "TRUNCATE a, b"
for target in "$file" "$copy"; do
    ends=3 fact "an empty source is refused: ${target%%:*}" whole "$target"
done
fact "and the copy is as it was" same rows 160 "$(asks "SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)")"
fact "in PostgreSQL, too" same rows 160 "$(asks_pg "SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM b)")"
ends="0 3" fact "without a copy before it there is nothing to lose" whole "$work/shrinks.first.sqlite"
on source shrinks "DROP TABLE a, b"
ends=3 fact "a source without tables is refused" whole "$file"
on source shrinks "CREATE TABLE a (id int PRIMARY KEY, v text)"
for target in "$file" "$copy"; do
    fact "--allow-shrink takes it: ${target%%:*}" whole "$target" --allow-shrink
done

nowhere="postgresql:///x?host=$work/nowhere"
src=$nowhere
mkdir -p "$work/folder"
for target in - "$work/folder" "$work/x.gz" "$work/x.sqlite.gz" "$work/x.dump" "$work/x.csv" "$work/x.sql.xz"; do
    ends="2 3" fact "'${target#"$work/"}' as a target is refused before anything is connected" whole "$target"
done
src=$people_src
mkdir -p "$work/linked"
whole "$work/linked/real.sqlite" -t notes --drop-dangling-keys >/dev/null
ln -s real.sqlite "$work/linked/link.sqlite"
ends="0 3" fact "a target that is a link is replaced or refused" whole "$work/linked/link.sqlite"
fact "and what it leads to is never stale" bash -c "grep -qE 'link' '$work/log' && cmp '$work/linked/link.sqlite' '$work/linked/real.sqlite' ||
    [ \$(sqlite3 -readonly '$work/linked/real.sqlite' 'SELECT count(*) FROM people') = 300 ]"
ln -s nowhere.sqlite "$work/linked/broken.sqlite"
ends="0 3" fact "a link to nothing is followed or refused" whole "$work/linked/broken.sqlite"

umask 022
whole "$work/private.sqlite" >/dev/null
fact "a copy that nobody masked is its owner's alone" same mode 600 "$(stat -c %a "$work/private.sqlite")"
if command -v git >/dev/null; then
    git init -q "$work/tree"
    ends=3 fact "and refused in a git work tree" whole "$work/tree/copy.sqlite"
    fact "with the reason" says 'git|work tree'
    fact "nothing is there" test ! -e "$work/tree/copy.sqlite"
    rules=$people_rules
    fact "a masked one is not" masked "$work/tree/masked.sqlite"
    echo '*.sqlite*' >"$work/tree/.gitignore"
    fact "where git ignores it it is taken" whole "$work/tree/copy.sqlite"
else
    skip "copies in a git work tree" "no git"
fi

# ---- E. nothing of the source leaks
db places <<'Q'
CREATE TABLE person (id int PRIMARY KEY, email text UNIQUE);
INSERT INTO person SELECT g, 'ada' || g || '@zz-kundenpost.org' FROM generate_series(100, 199) g;
CREATE TABLE base (id int PRIMARY KEY, n int);
CREATE TABLE other (id int PRIMARY KEY, msg int);
CREATE RULE place_rule AS ON INSERT TO base WHERE new.n = 99 DO ALSO INSERT INTO other VALUES (1, length('ada101@zz-kundenpost.org'));
CREATE STATISTICS place_statistics ON (n || 'ada102@zz-kundenpost.org'), id FROM base;
CREATE AGGREGATE place_aggregate(text) (SFUNC = textcat, STYPE = text, INITCOND = 'ada103@zz-kundenpost.org');
CREATE FUNCTION place_default(a text DEFAULT 'ada104@zz-kundenpost.org') RETURNS text LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION place_setting() RETURNS int LANGUAGE sql SET application_name = 'ada105@zz-kundenpost.org' AS 'SELECT 1';
CREATE FUNCTION place_trigger_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER place_trigger BEFORE INSERT ON base FOR EACH ROW EXECUTE FUNCTION place_trigger_function('ada106@zz-kundenpost.org');
CREATE TABLE "ada107@zz-kundenpost.org" (id int PRIMARY KEY);
CREATE TABLE place_column (id int PRIMARY KEY, "ada108@zz-kundenpost.org" int);
CREATE INDEX "ada109@zz-kundenpost.org" ON base (n);
ALTER TABLE base ADD CONSTRAINT "ada110@zz-kundenpost.org" CHECK (n > 0);
CREATE SEQUENCE "ada111@zz-kundenpost.org";
CREATE COLLATION "ada112@zz-kundenpost.org" FROM "C";
CREATE TYPE place_attribute AS ("ada113@zz-kundenpost.org" int);
CREATE TEXT SEARCH CONFIGURATION "ada114@zz-kundenpost.org" (COPY = simple);
CREATE TYPE place_label AS ENUM ('ada115@zz-kundenpost.org');
CREATE DOMAIN place_domain AS text DEFAULT 'ada116@zz-kundenpost.org';
CREATE VIEW place_view AS SELECT 'ada117@zz-kundenpost.org'::text AS v;
CREATE VIEW place_view_column AS SELECT 1 AS "ada118@zz-kundenpost.org";
CREATE MATERIALIZED VIEW place_matview AS SELECT 'ada119@zz-kundenpost.org'::text AS v;
CREATE PROCEDURE place_procedure() LANGUAGE sql AS $$SELECT 'ada120@zz-kundenpost.org'$$;
CREATE SCHEMA "ada121@zz-kundenpost.org";
CREATE POLICY place_policy ON base FOR INSERT WITH CHECK ('ada122@zz-kundenpost.org' <> '');
CREATE TABLE place_bounds (k text NOT NULL, n int) PARTITION BY RANGE (k);
CREATE TABLE place_bounds_1 PARTITION OF place_bounds FOR VALUES FROM ('ada123@zz-kundenpost.org') TO ('ada124@zz-kundenpost.org');
CREATE TABLE place_predicate (id int PRIMARY KEY, a text);
CREATE INDEX ON place_predicate (id) WHERE a <> 'ada125@zz-kundenpost.org';
CREATE TABLE place_generated (id int PRIMARY KEY, g text GENERATED ALWAYS AS ('ada126@zz-kundenpost.org') STORED);
CREATE TABLE place_of_default (id int PRIMARY KEY, a text DEFAULT 'ada127@zz-kundenpost.org');
CREATE TEXT SEARCH DICTIONARY place_dictionary (TEMPLATE = pg_catalog.synonym, SYNONYMS = 'synonym_sample');
ALTER TEXT SEARCH DICTIONARY place_dictionary RENAME TO "ada128@zz-kundenpost.org";
Q
rules <<'Y'
version: 1
sample: {rate: 100%}
columns:
  public.person: {email: email}
  public.place_bounds: {k: keep}
  public.place_predicate: {a: keep}
  public.place_generated: {g: keep}
  public.place_of_default: {a: keep}
Y
ends=4 fact "originals in the schema of a PostgreSQL copy are a leak" masked "$copy"
ends=4 fact "and in that of a SQLite copy" masked "$file"
# one place at a time: the rest is dropped from a copy of the database
lands() { # PLACE TARGETS SQL: the place alone makes it a leak
    on source postgres "CREATE DATABASE place" 
    psql -X -q -v ON_ERROR_STOP=1 -h "$work/source" -U tester -d place -c "CREATE TABLE person (id int PRIMARY KEY, email text UNIQUE)" \
        -c "INSERT INTO person SELECT g, 'ada' || g || '@zz-kundenpost.org' FROM generate_series(100, 199) g" -c "CREATE TABLE base (id int PRIMARY KEY, n int)" -c "$3" >"$work/load.log" 2>&1 ||
        { sed 's/^/# /' "$work/load.log"; return 1; }
    local target bad=0
    printf 'version: 1\nsample: {rate: 100%%}\ndefaults: {unclassified: "null"}\ncolumns:\n  public.person: {email: email}\n' >"$rules"
    [[ $3 != *PARTITION* ]] || echo '  public.t: {k: keep}' >>"$rules"
    src=$(url source place)
    for target in $2; do
        case $target in sqlite) to=$work/place.sqlite ;; *) to=$(url target place) ;; esac
        ends=4 masked "$to" || bad=1
        says 'schema|place|name' >/dev/null || { echo "# $target: no place is named"; bad=1; }
    done
    on source postgres "DROP DATABASE place"
    return $bad
}
who="ada131@zz-kundenpost.org"
while IFS='|' read -r place targets sql; do
    fact "an original is found in $place" lands "$place" "$targets" "${sql//WHO/$who}"
done <<'L'
an action of a rule|pg|CREATE RULE r AS ON INSERT TO base WHERE new.n = 99 DO ALSO UPDATE base SET n = length('WHO') WHERE id = 0
an expression of statistics|pg|CREATE STATISTICS s ON (n || 'WHO'), id FROM base
the INITCOND of an aggregate|pg|CREATE AGGREGATE g(text) (SFUNC = textcat, STYPE = text, INITCOND = 'WHO')
a function's default|pg|CREATE FUNCTION f(a text DEFAULT 'WHO') RETURNS text LANGUAGE sql AS 'SELECT $1'
a function's SET|pg|CREATE FUNCTION f() RETURNS int LANGUAGE sql SET application_name = 'WHO' AS 'SELECT 1'
the name of a table|pg sqlite|CREATE TABLE "WHO" (id int PRIMARY KEY)
the name of a column|pg sqlite|CREATE TABLE t (id int PRIMARY KEY, "WHO" int)
the name of a constraint|pg sqlite|ALTER TABLE base ADD CONSTRAINT "WHO" CHECK (n > 0)
the name of an index|pg sqlite|CREATE INDEX "WHO" ON base (n)
the name of a sequence|pg|CREATE SEQUENCE "WHO"
the name of a collation|pg|CREATE COLLATION "WHO" FROM "C"
an attribute of a composite type|pg|CREATE TYPE t AS ("WHO" int)
the name of a text search configuration|pg|CREATE TEXT SEARCH CONFIGURATION "WHO" (COPY = simple)
a label of an enum|pg|CREATE TYPE e AS ENUM ('WHO')
a default|pg sqlite|CREATE TABLE t (id int PRIMARY KEY, a text DEFAULT 'WHO')
a check|pg sqlite|CREATE TABLE t (id int PRIMARY KEY, a text CHECK (a <> 'WHO'))
an index predicate|pg sqlite|CREATE TABLE t (id int PRIMARY KEY, a text); CREATE INDEX ON t (id) WHERE a <> 'WHO'
a column of a view|pg|CREATE VIEW v AS SELECT 1 AS "WHO"
a trigger's argument|pg|CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; CREATE TRIGGER t BEFORE INSERT ON base FOR EACH ROW EXECUTE FUNCTION f('WHO')
a policy|pg|CREATE POLICY p ON base FOR INSERT WITH CHECK ('WHO' <> '')
a partition's bound|pg|CREATE TABLE t (k text NOT NULL) PARTITION BY RANGE (k); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('WHO') TO ('b')
L

db words <<'Q'
CREATE TABLE person (id int PRIMARY KEY, name text, card bigint);
INSERT INTO person SELECT g, 'Mirabelle' || chr(97 + g % 26) || ' Tannenwald' || chr(97 + g / 26), 73010000000 + g * 7919 FROM generate_series(1, 200) g;
CREATE TABLE kept (id int PRIMARY KEY, v text, raw bytea, number bigint);
Q
leaks() { # WHAT, SQL that puts it there
    on source words "TRUNCATE kept" "$1"
    ends=4 masked "$work/words.sqlite" --allow-shrink
}
rules <<'Y'
version: 1
sample: {rate: 100%}
columns:
  public.person: {name: full_name, card: {use: int}}
  public.kept: {v: keep, raw: keep, number: keep}
Y
on source words "INSERT INTO kept VALUES (1, 'nobody', '\\x00ff', 7)"
fact "without any original nothing is found" masked "$work/words.sqlite"
pair="Mirabelleb' || %s || 'Tannenwalda"
for space in "' '" 'chr(9)' 'chr(10)' 'chr(160)' "'  '" 'chr(8195)'; do
    fact "two words of a name count with $space between them" leaks "INSERT INTO kept VALUES (1, 'seen: ${pair/\%s/$space} came')"
done
fact "bytea that is text is searched" leaks "INSERT INTO kept VALUES (1, NULL, convert_to('about Mirabelleb Tannenwalda', 'UTF8'))"
fact "whole numbers are searched for originals" leaks "INSERT INTO kept SELECT g, NULL, NULL, 73010000000 + g * 7919 FROM generate_series(1, 60) g"
fact "and for cards" leaks "INSERT INTO kept SELECT g, NULL, NULL, 4539578763621486 FROM generate_series(1, 3) g"

db phones <<'Q'
CREATE TABLE grouped (id int PRIMARY KEY, phone text);
INSERT INTO grouped SELECT g, '+91 98' || lpad((g * 7919 % 1000)::text, 3, '0') || ' ' || lpad((g * 104729 % 100000)::text, 5, '0') FROM generate_series(1, 100) g;
INSERT INTO grouped SELECT 100 + g, '+70 202 ' || lpad((g * 104729 % 10000000)::text, 7, '0') FROM generate_series(1, 200) g;
INSERT INTO grouped SELECT 300 + g, '+86138' || lpad((g * 104729 % 100000000)::text, 8, '0') FROM generate_series(1, 100) g;
CREATE TABLE single (id int PRIMARY KEY, phone text UNIQUE);
INSERT INTO single SELECT g, '+49 151 ' || (10000000 + g * 7919) FROM generate_series(1, 1200) g;
CREATE TABLE reserved (id int PRIMARY KEY, phone text, email text, ip text);
INSERT INTO reserved SELECT g, '(202) 555-01' || lpad((g % 100)::text, 2, '0'), 'user' || g || '@example.com', '192.0.2.' || g % 250 FROM generate_series(1, 300) g;
CREATE TABLE constant (id int PRIMARY KEY, email text, phone text);
INSERT INTO constant SELECT g, 'person' || g || '@kundenpost.org', '+49 151 2000' || 1000 + g FROM generate_series(1, 100) g;
Q
while read -r table columns; do
    printf 'version: 1\npacks: [pii@1]\nsample: {rate: 100%%}\ncolumns:\n  public.%s: %s\n' "$table" "$columns" >"$rules"
    fact "fakes, and what the rules give, raise no alarm: $table" masked "$work/phones_$table.sqlite" -t "$table"
done <<'L'
grouped {phone: phone}
single {phone: phone}
reserved {phone: phone, email: email, ip: ip}
constant {email: {use: set, value: support@ourcompany.com}, phone: {use: set, value: "+49 30 901820"}}
L
rules <<'Y'
version: 1
sample: {rate: 100%}
columns:
  public.grouped: {phone: phone}
  public.single: {phone: phone}
  public.reserved: {phone: phone, email: email, ip: ip}
  public.constant: {email: email, phone: phone}
Y
if masked "$copy"; then
    "$DECANT" key new "$work/another.key" >/dev/null 2>&1
    fact "a masked copy is a source under another key" status 0 "$DECANT" pull -c "$rules" --key-file "$work/another.key" --to "$work/second.sqlite" "$copy"
else
    fact "a masked copy is a source under another key" false
fi

db few <<'Q'
CREATE TABLE visits (id bigint PRIMARY KEY, reason text, ends_on date, born date, code text);
INSERT INTO visits SELECT g, (ARRAY['checkup', 'HIV test', 'abortion', 'flu'])[1 + g % 4], CASE WHEN g % 3 = 0 THEN '2024-01-01'::date + g % 300 ELSE '9999-12-31' END,
    CASE WHEN g % 10 = 0 THEN '1970-01-01'::date ELSE '1950-01-01'::date + g * 3 END, 'C' || g % 7 FROM generate_series(1, 1500) g;
ANALYZE;
Q
fact "init drafts rules for few values" drafted
fact "it takes no mask by shape" bash -c "! grep -E 'reason.*(by_shape|pattern|digits)' '$rules'"
fact "a pull with them" masked "$file"
"$DECANT" explain public.visits.reason -c "$rules" "$src" >"$work/log" 2>&1
shapes() { # what a reader guesses by length and frequency
    asks "SELECT count(*) FROM (SELECT reason FROM visits GROUP BY reason) WHERE length(reason) IN (7, 8, 3) AND reason NOT IN ('checkup', 'HIV test', 'abortion', 'flu')"
}
fact "the fakes do not give the values back by their shape" bash -c "[ '$(shapes)' -lt 4 ]"
printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.visits: {reason: by_shape, code: by_shape, ends_on: date_shift, born: date_shift}}\n' >"$rules"
status "0 3" "$DECANT" check -c "$rules" "$src"
fact "check lists by_shape over few values" says 'few-values'
fact "date_shift runs" masked "$file"
fact "it leaves values alone that many rows share" same rows "1000|150" "$(asks "SELECT sum(ends_on = '9999-12-31'), sum(born = '1970-01-01') FROM visits")"
fact "it moves the others" same kept 0 "$(asks "SELECT count(*) FROM visits WHERE born <> '1970-01-01' AND born = date('1950-01-01', '+' || (id * 3) || ' days')")"
status 0 "$DECANT" explain public.visits.born -c "$rules" "$src"
fact "explain says how many bits it hides" says '[0-9] bits?'

db scrubbed <<'Q'
CREATE TABLE letters (id int PRIMARY KEY, body text);
INSERT INTO letters SELECT g, 'dear doctor, my knee hurts since day ' || g || ', yours sincerely' FROM generate_series(1, 2000) g;
CREATE TABLE small (id int PRIMARY KEY, n int);
INSERT INTO small SELECT g, g % 3 FROM generate_series(1, 2000) g;
Q
printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.letters: {body: {use: text, mode: scrub}}}\n' >"$rules"
ends=4 fact "scrub that finds nothing in most rows is E501" masked "$file"
fact "by its code" says E501
printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.letters: {body: text}, public.small: {n: {use: noise, percent: 1}}}\n' >"$rules"
"$DECANT" check -c "$rules" "$src" >"$work/log" 2>&1 || printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.letters: {body: text}, public.small: {n: noise}}\n' >"$rules"
noisy() { masked "$file" >/dev/null && [ "$(asks "SELECT count(*) * 10 > (SELECT count(*) FROM small) FROM small WHERE n <> id % 3")" = 1 ] || { ends=4 masked "$file" && says E501; }; }
fact "noise that changes no small number is E501, too" noisy

# ---- F. one connection
on source postgres "CREATE ROLE alone LOGIN CONNECTION LIMIT 1"
on source people "GRANT SELECT ON ALL TABLES IN SCHEMA public TO alone"
src="postgresql:///people?host=$work/source&user=alone" rules=$people_rules
fact "a role with one connection copies to SQLite" masked "$work/alone.sqlite"
ends="0 3" fact "and to PostgreSQL, or is told why not" whole "$(url target alone)"
fact "-j 0 is one connection" status 0 "$DECANT" pull -j 0 --no-mask --to "$work/alone.sqlite" "$people_src"

# ---- G. growth and names
tables() { # DATABASE, N
    on source postgres "CREATE DATABASE $1"
    on source "$1" "DO \$\$BEGIN FOR i IN 1..$2 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, email text, a int, d text, f timestamptz)', i);
        EXECUTE format('CREATE INDEX ON t%s (a)', i); EXECUTE format('INSERT INTO t%s SELECT g, ''u'' || g || ''@corp.test'', g, ''x'', now() FROM generate_series(1, 10) g', i); END LOOP; END\$\$"
}
seconds() { # COMMAND...: of its user's time
    local t TIMEFORMAT=%U
    t=$({ time "$@" >/dev/null 2>&1; } 2>&1)
    echo "$t"
}
tables few_tables 150
tables many_tables 600
for how in "--no-mask" "masked"; do
    times=
    for size in few many; do
        if [ "$how" = masked ]; then
            "$DECANT" init -c "$work/size_$size.yaml" --key-file "$key" --rate 50% "$(url source ${size}_tables)" >/dev/null 2>&1
            times="$times $(seconds "$DECANT" pull -q -c "$work/size_$size.yaml" --key-file "$key" --to "$work/size_$size.sqlite" "$(url source ${size}_tables)")"
        else
            times="$times $(seconds "$DECANT" pull -q --no-mask --to "$work/size_$size.sqlite" "$(url source ${size}_tables)")"
        fi
    done
    grows() { awk -v t="$times" 'BEGIN { split(t, x, " "); if (x[2] > 7 * x[1] + 0.3) { print "# user seconds for 150 and 600 tables:" t; exit 1 } }'; }
    fact "four times the tables take four times as long: $how" grows
done
on source postgres "ALTER SYSTEM SET log_statement = 'all'" "ALTER SYSTEM SET log_min_messages = 'log'" "SELECT pg_reload_conf()" >/dev/null
sleep 0.2
sent() { # COMMAND...: how many statements it sends
    local from
    from=$(stat -c %s "$work/source/log")
    "$@" >"$work/log" 2>&1
    tail -c +$((from + 1)) "$work/source/log" | grep -cE 'LOG:  (statement|execute)'
}
n=$(sent "$DECANT" check -c "$work/size_few.yaml" "$(url source few_tables)")
fact "check sends at most two statements a table ($n of 150)" test "$n" -gt 3 -a "$n" -le 330
n=$(sent "$DECANT" pull -q --no-mask --to "$work/few_one.sqlite" -t t7 "$(url source few_tables)")
fact "-t of one table asks for little ($n)" test "$n" -gt 3 -a "$n" -le 80
db wide <<'Q'
DO $$DECLARE s text := 'CREATE TABLE wide (id int PRIMARY KEY'; v text := ''; BEGIN
    FOR i IN 1..12 LOOP s := s || format(', n%s numeric', i); v := v || format(', CASE WHEN g = 5000 - %s THEN 12345678901234567890.123456789::numeric ELSE g END', i); END LOOP;
    EXECUTE s || ')'; EXECUTE 'INSERT INTO wide SELECT g' || v || ' FROM generate_series(1, 5000) g'; END$$;
Q
sent "$DECANT" pull --no-mask --to "$file" "$src" >/dev/null
readings=$(grep -cE 'COPY .*"wide"' <<<"$(tail -n 400 "$work/source/log")")
fact "a table is read at most twice, whatever its columns hold ($readings)" test "$readings" -ge 1 -a "$readings" -le 2
on source postgres "ALTER SYSTEM RESET log_statement" "ALTER SYSTEM RESET log_min_messages" "SELECT pg_reload_conf()" >/dev/null
fact "--rows above a million" status "0 3" "$DECANT" plan --rows 3000000 -c "$people_rules" --key-file "$key" "$people_src"

export DECANT work key
name=names
while read -r line; do
    case $line in
    "ok - "*) fact "${line#ok - }" true ;;
    "not ok - "*) fact "${line#not ok - }" false ;;
    *) echo "$line" ;;
    esac
done < <(/usr/bin/python3 tests/e2e/names.py "$(url source postgres)" "$(url target postgres)")

# ---- whatever the schema
name=masks
for what in "checks 1 15" "columns 500"; do
    while read -r line; do
        case $line in
        "ok - "*) fact "${line#ok - }" true ;;
        "not ok - "*) fact "${line#not ok - }" false ;;
        *) echo "$line" ;;
        esac
    done < <(/usr/bin/python3 tests/e2e/masks.py "$(url source postgres)" "$(url target postgres)" $what)
done

# ---- H. what users of such tools reported
db reported <<'Q'
CREATE TABLE snap (id int PRIMARY KEY, item int, loc text);
CREATE UNIQUE INDEX snap_partial ON snap (loc, item) NULLS NOT DISTINCT WHERE item > 5;
INSERT INTO snap VALUES (1, 1, NULL), (2, 1, NULL), (3, 9, NULL);
CREATE TABLE folded (id int PRIMARY KEY, a text);
CREATE UNIQUE INDEX folded_a ON folded (lower(a)) NULLS NOT DISTINCT;
INSERT INTO folded VALUES (1, NULL), (2, 'x');
CREATE TABLE defaults (id int PRIMARY KEY, a int[] DEFAULT '{1,2}', b bytea DEFAULT '\x0102', c bit(3) DEFAULT B'101', d interval DEFAULT '1 day', e timestamp DEFAULT 'infinity', f text[] DEFAULT '{}');
INSERT INTO defaults VALUES (1);
Q
fact "partial indexes with NULLS NOT DISTINCT are copied" whole "$file"
fact "the index stays unique" silent 'not-unique.*snap|snap_partial'
fact "with its predicate: what production takes is taken" bash -c "cp '$file' '$work/w.sqlite'; sqlite3 '$work/w.sqlite' 'INSERT INTO snap VALUES (7, 1, NULL)'"
fact "and what it refuses is refused" bash -c "! sqlite3 '$work/w.sqlite' 'INSERT INTO snap VALUES (8, 9, NULL)' 2>/dev/null"
fact "over an expression NULLs are equal, too, or that is listed" bash -c "! sqlite3 '$work/w.sqlite' 'INSERT INTO folded VALUES (9, NULL)' 2>/dev/null || grep -q folded_a '$work/log'"
fact "constant defaults are kept" bash -c "sqlite3 '$work/w.sqlite' 'INSERT INTO defaults (id) VALUES (2)'"
for column in a b c d e f; do
    fact "that of $column is as the row that production made" same default 1 "$(lite "$work/w.sqlite" "SELECT count(DISTINCT hex($column)) FROM defaults WHERE $column IS NOT NULL HAVING count(*) = 2")"
done

db settings <<'Q'
CREATE SCHEMA app;
CREATE TABLE app.t (id int PRIMARY KEY);
INSERT INTO app.t VALUES (1);
DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = app, public', current_database());
    EXECUTE format('ALTER DATABASE %I SET timezone = ''America/New_York''', current_database());
    EXECUTE format('ALTER DATABASE %I SET myapp.tenant = ''7''', current_database());
    EXECUTE format('ALTER DATABASE %I SET myapp.jwt_secret = ''kept at home''', current_database()); END$$;
CREATE PUBLICATION told FOR TABLE app.t;
Q
fact "a database with settings" whole "$copy"
fact "publications are told" says 'told|publication'
for setting in "search_path app, public" "timezone America/New_York" "myapp.tenant 7"; do
    fact "the copy has ${setting%% *}, or it is told" bash -c "[ '$(asks_pg "SHOW ${setting%% *}")' = '${setting#* }' ] || grep -qi '${setting%% *}' '$work/log'"
done
fact "what is named like a secret is not on the copy" same setting '' "$(asks_pg "SELECT current_setting('myapp.jwt_secret', true)")"
fact "and is told, without its value" bash -c "grep -q 'myapp.jwt_secret' '$work/log' && ! grep -q 'kept at home' '$work/log'"
# its owner may have put anything into the value
on source settings "DO \$\$BEGIN PERFORM set_config('search_path', 'app;create/**/role/**/of_a_setting', false); EXECUTE format('ALTER DATABASE %I SET search_path FROM CURRENT', current_database()); END\$\$"
for pull in first second; do # the second carries over what the copy has
    fact "a setting that looks like a statement: the $pull pull" whole "$copy"
    fact "is a value on the copy" same setting '"app;create/**/role/**/of_a_setting"' "$(asks_pg "SHOW search_path")"
    fact "and was not run there" same roles 0 "$(asks_pg "SELECT count(*) FROM pg_roles WHERE rolname = 'of_a_setting'")"
    on source settings 'DO $$BEGIN EXECUTE format($q$ALTER DATABASE %I RESET search_path$q$, current_database()); END$$'
done

# a partition on another server is none of ours: no statement may go there, for it cannot be reached
db away <<'Q'
CREATE EXTENSION postgres_fdw;
CREATE SERVER nowhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '/nonexistent');
CREATE USER MAPPING FOR PUBLIC SERVER nowhere;
CREATE TABLE visits (id int, born date, who text, pad text) PARTITION BY RANGE (id);
CREATE TABLE visits_near PARTITION OF visits FOR VALUES FROM (0) TO (100000);
CREATE FOREIGN TABLE visits_far PARTITION OF visits FOR VALUES FROM (100000) TO (200000) SERVER nowhere;
INSERT INTO visits SELECT g, date '1990-01-01' + CASE WHEN g % 3 = 0 THEN 0 ELSE g % 20 END, 'Ada Lovelace ' || g, repeat('x', 950)
    FROM generate_series(1, 70000) g;
ANALYZE visits_near;
UPDATE pg_class SET reltuples = 70000 WHERE relname = 'visits';
Q
fact "init looks at what is here of a table that is partly elsewhere" drafted
fact "and sees its values" bash -c "! grep -qE 'who: *keep' '$rules'"
for command in check "plan --exact --key-file $key" "explain public.visits"; do
    fact "nor does ${command%% *} go there" status 0 "$DECANT" $command -c "$rules" "$src"
done
for target in "$file" "$copy"; do
    fact "nor a masked pull: ${target%%:*}" masked "$target"
    fact "nor verify" status 0 "$DECANT" verify --source "$src" -c "$rules" --key-file "$key" "$target"
done
printf 'version: 1\nsample: {rate: 50%%}\ncolumns: {public.visits: {born: date_shift, who: text, id: keep, pad: keep}}\n' >"$rules"
fact "nor the search for dates that many rows share, or edge rows" masked "$file"
fact "its rows are there" bash -c "[ $(asks "SELECT count(*) FROM visits") -gt 30000 ]"

on target postgres "CREATE ROLE dev LOGIN CREATEDB"
db forced <<'Q'
CREATE TABLE doc (id int PRIMARY KEY, org int, body text);
INSERT INTO doc SELECT g, 1 + g % 20, 'x' || g FROM generate_series(1, 400) g;
ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
ALTER TABLE doc FORCE ROW LEVEL SECURITY;
CREATE POLICY of_org ON doc USING (org = current_setting('app.org', true)::int);
Q
dev="postgresql:///forced?host=$work/target&user=dev"
fact "forced row security does not hide rows from the checks of an ordinary owner" whole "$dev"
fact "-1 rows are never printed" silent '-1 rows'
fact "it is forced in the copy" same forced t "$(asks_pg "SELECT relforcerowsecurity FROM pg_class WHERE relname = 'doc'")"
fact "the rows are there" same rows 400 "$(asks_pg "SELECT count(*) FROM doc")"
status "0 3 5" "$DECANT" verify "$dev"
fact "verify by that owner says that row security hides rows" says 'row security'
fact "and never -1" silent '(^|[^0-9a-z])-1( |$)'

db lookups <<'Q'
CREATE TABLE zz_words (id bigserial PRIMARY KEY, val text NOT NULL UNIQUE);
INSERT INTO zz_words (val) SELECT 'v' || g FROM generate_series(1, 50) g;
CREATE FUNCTION is_word(p text) RETURNS boolean LANGUAGE sql STABLE AS $$SELECT EXISTS (SELECT 1 FROM public.zz_words WHERE val = p)$$;
CREATE TABLE aa_data (id bigserial PRIMARY KEY, val text NOT NULL, CONSTRAINT known CHECK (is_word(val)));
INSERT INTO aa_data (val) SELECT 'v' || 1 + g % 50 FROM generate_series(1, 2000) g;
Q
fact "a check that reads another table" whole "$copy"
fact "its function runs with a superuser's rights: that is told" says 'code-as-superuser'
fact "is there, with the rows" same rows "2000|1" "$(asks_pg "SELECT (SELECT count(*) FROM aa_data), (SELECT count(*) FROM pg_constraint WHERE conname = 'known')")"
printf 'version: 1\nsample: {rate: 20%%, whole: [], tables: {public.zz_words: {where: "id > 25"}}}\ncolumns: {public.zz_words: {val: keep}, public.aa_data: {val: keep}}\n' >"$rules"
fact "where a sample breaks it" masked "$copy"
fact "it is NOT VALID" same validated f "$(asks_pg "SELECT convalidated FROM pg_constraint WHERE conname = 'known'")"
fact "and listed" says 'known'
fact "an ordinary role makes a copy of it, too" whole "postgresql:///lookups_of_dev?host=$work/target&user=dev"
fact "and no superuser is told of" silent 'code-as-superuser'

db nested <<'Q'
CREATE FUNCTION fine(p text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RETURN p <> ''; END$$;
CREATE DOMAIN word AS text CONSTRAINT is_fine CHECK (fine(VALUE));
CREATE DOMAIN short AS word DEFAULT 'ab' CHECK (length(VALUE) < 9);
CREATE TABLE lists (id int PRIMARY KEY, words word[], w word, s short NOT NULL);
INSERT INTO lists VALUES (1, '{a,b}', 'x', 'y');
CREATE TABLE "Twin" (id int PRIMARY KEY, "Name" text, "NAME" text);
CREATE TABLE twin (id int PRIMARY KEY, v text);
INSERT INTO "Twin" SELECT g, 'first text ' || g, 'other text ' || g FROM generate_series(1, 30) g;
INSERT INTO twin SELECT g, 'third text ' || g FROM generate_series(1, 30) g;
CREATE TABLE amounts (id int PRIMARY KEY, n numeric, f float8);
INSERT INTO amounts VALUES (1, 'Infinity', 'Infinity'), (2, 5000000, 5000000), (3, 2, 2), (4, 'NaN', '-Infinity'), (5, 1, '-0');
Q
fact "a domain inside other types, whose check calls a function" whole "$copy"
fact "its check is there" same checks "t" "$(asks_pg "SELECT convalidated FROM pg_constraint WHERE conname = 'is_fine'")"
fact "and in SQLite" whole "$file"
fact "a domain's default is a default there" bash -c "sqlite3 '$file' 'INSERT INTO lists (id) VALUES (2)' && [ \"\$(sqlite3 '$file' 'SELECT s FROM lists WHERE id = 2')\" = ab ]"
fact "minus zero is told" says 'minus-zero'
fact "names that differ in case alone are drafted" drafted
fact "and masked" masked "$file" --allow-shrink
printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.Twin: {Name: text, NAME: text}, public.twin: {v: text}, public.lists: {"words, w, s": keep}, public.amounts: {"n, f": {use: top_code, at: 3}}}\n' >"$rules"
fact "top_code lets nothing endless through" masked "$file" --allow-shrink
fact "in any row" same above 0 "$(asks "SELECT count(*) FROM amounts WHERE n > 3 OR f > 3 OR n = 'NaN'")"

db lives <<'Q'
CREATE TABLE lives (id int PRIMARY KEY, born date, died timestamp, seen date, CONSTRAINT in_turn CHECK (died IS NULL OR born <= died),
    CONSTRAINT seen_alive CHECK (seen IS NULL OR died IS NULL OR seen <= died));
INSERT INTO lives SELECT g, CASE WHEN g % 5 > 0 THEN '1950-01-01'::date + g END, CASE WHEN g % 3 = 0 THEN '2001-01-01'::timestamp + g * interval '1 day' END,
    CASE WHEN g % 4 = 0 THEN '1999-01-01'::date + g END FROM generate_series(1, 300) g;
Q
printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.lives: {born: birth_date, died: date_shift, seen: date_shift}}\n' >"$rules"
fact "checks of dates, some of them NULL, are tried" status "0 3" "$DECANT" check -c "$rules" "$src"
printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.lives: {"born, died, seen": date_shift}}\n' >"$rules"
fact "and hold where one entity's dates move together" masked "$copy"
rm -f "$rules"
fact "init tries them, too" drafted

db collations <<'Q'
CREATE COLLATION fold (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE brands (name text COLLATE fold PRIMARY KEY, n int);
INSERT INTO brands SELECT 'Brand' || g, g FROM generate_series(1, 50) g;
CREATE TABLE models (id int PRIMARY KEY, brand text COLLATE fold REFERENCES brands);
INSERT INTO models SELECT g, CASE WHEN g % 2 = 0 THEN 'brand' ELSE 'BRAND' END || 1 + g % 50 FROM generate_series(1, 200) g;
Q
printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.brands: {name: keep}, public.models: {brand: keep}}\n' >"$rules"
for target in "$file" "$copy"; do
    fact "a nondeterministic collation at 100 %: ${target%%:*}" masked "$target"
done
masked "$file" >/dev/null
fact "its loss is listed for SQLite" says 'collation|nocase'
printf 'version: 1\nsample: {rate: 30%%, whole: [public.brands, public.models]}\ncolumns: {public.brands: {name: keep}, public.models: {brand: keep}}\n' >"$rules"
fact "whole tables with it need no hash" masked "$file"
fact "what the rules made whole is no news" silent 'whole-for-its-key'
db collations_large <<'Q'
CREATE COLLATION fold (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE brands (name text COLLATE fold PRIMARY KEY, n int);
INSERT INTO brands SELECT 'Brand' || g, g FROM generate_series(1, 3000) g;
CREATE TABLE models (id int PRIMARY KEY, brand text COLLATE fold REFERENCES brands);
INSERT INTO models SELECT g, 'brand' || g FROM generate_series(1, 3000) g;
Q
printf 'version: 1\nsample: {rate: 30%%, foreign_keys: {public.models.brand: pull}}\ncolumns: {public.brands: {name: keep}, public.models: {brand: keep}}\n' >"$rules"
fact "a sample takes all rows to which such keys point" masked "$file"
fact "and says so" says 'table .whole-for-its-key'
fact "so that no row is without its own" same orphans "3000|0" "$(asks "SELECT (SELECT count(*) FROM brands), (SELECT count(*) FROM models WHERE lower(brand) NOT IN (SELECT lower(name) FROM brands))")"

db folds <<'Q'
CREATE TABLE tags (id int PRIMARY KEY, a text CONSTRAINT low CHECK (a = lower(a)), b text CONSTRAINT short CHECK (length(b) < 9));
CREATE INDEX tags_up ON tags (upper(a));
INSERT INTO tags VALUES (1, 'a', 'B');
Q
fact "a check that folds letters" whole "$file"
for kind in check index; do
    fact "is told of, as $kind" says "$kind .nocase"
done
fact "one that does not is not" silent 'tags.short'

db emptied <<'Q'
CREATE TABLE parents (id int PRIMARY KEY, v text);
CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents, v int);
INSERT INTO parents SELECT g, 'v' FROM generate_series(1, 1200) g;
INSERT INTO children SELECT g, 1 + g % 1200, g FROM generate_series(1, 2400) g;
Q
for policy in "null" require; do
    printf 'version: 1\nsample: {rate: 50%%, schema_only: [public.parents], foreign_keys: {public.children.parent: "%s"}}\ncolumns: {public.parents: {v: keep}}\n' $policy >"$rules"
    fact "a referenced table may come without rows where '$policy' makes the key hold" masked "$work/emptied_$policy.sqlite"
done
fact "rows without a parent are there" bash -c "[ \$(sqlite3 -readonly '$work/emptied_null.sqlite' 'SELECT count(*) > 0 AND count(parent) = 0 FROM children') = 1 ]"

db conditions <<'Q'
CREATE TABLE app_user (id int PRIMARY KEY, name text);
CREATE TABLE membership (id int PRIMARY KEY, user_id int REFERENCES app_user, active bool);
INSERT INTO app_user SELECT g, 'Realname' || g || ' Surname' || g FROM generate_series(1, 2000) g;
INSERT INTO membership SELECT g, 2001 - g, g % 10 = 0 FROM generate_series(1, 2000) g;
CREATE TABLE staff (id int PRIMARY KEY, person_id int);
INSERT INTO staff VALUES (7, 7), (8, 3);
Q
conditioned() { # WHERE, WHEN
    printf 'version: 1\nsample:\n  rate: 100%%\n  whole: []\n' >"$rules"
    [ -z "$1" ] || printf '  tables: {public.app_user: {where: "%s"}}\n  foreign_keys: {public.membership.user_id: require}\n' "$1" >>"$rules"
    if [ -n "$2" ]; then printf 'columns: {public.app_user: {name: [{when: "%s", use: keep}, full_name]}}\n' "$2"; else printf 'columns: {public.app_user: {name: full_name}}\n'; fi >>"$rules"
}
conditioned "exists (select 1 from membership m where m.user_id = app_user.id and m.active)" ""
fact "a where names its row by the table's name" masked "$file"
fact "and means it" same rows 200 "$(asks "SELECT count(*) FROM app_user")"
conditioned "exists (select 1 from public.membership m where m.user_id = public.app_user.id and m.active)" ""
fact "or with its schema" masked "$file"
conditioned "exists (select 1 from membership m where m.user_id = id and m.active)" ""
"$DECANT" check -c "$rules" "$src" >"$work/log" 2>&1
checked=$?
fact "a name that an inner table takes is refused or warned of" bash -c "[ $checked != 0 ] || grep -qiE \"inner|captur|ambig|membership|'id'\" '$work/log'"
conditioned "" "exists (select 1 from staff s where s.person_id = app_user.id)"
fact "a when names its row by the table's name" masked "$file" --allow-shrink
fact "and keeps whom it says" same kept 2 "$(asks "SELECT count(*) FROM app_user WHERE name LIKE 'Realname%'")"
conditioned "" "exists (select 1 from public.staff s where s.person_id = public.app_user.id)"
fact "or with its schema" masked "$file" --allow-shrink
conditioned "" "exists (select 1 from public.staff s where s.person_id = id)"
ends="2 3" fact "a name that an inner table takes is refused in a when" masked "$work/captured.sqlite"
fact "and nothing is there" test ! -e "$work/captured.sqlite"
fact "check refuses it, too" status "2 3" "$DECANT" check -c "$rules" "$src"

# an inner alias called like the table; the end of a condition in a comment; columns that are not there
Q_NAMES="exists (select 1 from membership app_user where app_user.user_id = public.app_user.id and app_user.active)"
conditioned "" "$Q_NAMES"
ends=2 fact "a when in which the table's name has two meanings is refused" masked "$work/twice.sqlite"
conditioned "$Q_NAMES" ""
ends=2 fact "and so is a where" masked "$work/twice.sqlite"
conditioned "exists (select 1 from membership m where m.user_id = public.app_user.id and m.active) -- the active ones" ""
fact "a where may end in a comment" masked "$file" --allow-shrink
fact "and names its row by schema and table" same rows 200 "$(asks "SELECT count(*) FROM app_user")"
conditioned "no_such_column = 1" ""
fact "check finds a where that the source does not accept" status 2 "$DECANT" check -c "$rules" "$src"
fact "and says where it is" says 'conditions.yaml:[0-9]+'

db generated <<'Q'
CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, email_key text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE);
CREATE TABLE logins (id int PRIMARY KEY, email_key text REFERENCES users (email_key));
INSERT INTO users SELECT g, 'Person' || g || '@Kundenpost.org' FROM generate_series(1, 100) g;
INSERT INTO logins SELECT g, 'person' || 1 + g % 100 || '@kundenpost.org' FROM generate_series(1, 200) g;
Q
fact "init drafts rules for a key to a computed column" drafted
fact "check finds nothing" status 0 "$DECANT" check -c "$rules" "$src"
for target in "$file" "$copy"; do
    fact "it is copied: ${target%%:*}" masked "$target"
done
fact "and leads to its row" same found 200 "$(asks_pg "SELECT count(*) FROM logins JOIN users USING (email_key)")"

db orphans <<'Q'
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int PRIMARY KEY, pid int CONSTRAINT to_parent REFERENCES parent ON DELETE CASCADE);
INSERT INTO parent SELECT generate_series(1, 100);
SET session_replication_role = replica;
INSERT INTO child SELECT g, g FROM generate_series(1, 110) g;
Q
fact "a key that the source violates does not stop a copy" whole "$copy"
fact "it is NOT VALID, with its action" same key "f|c" "$(asks_pg "SELECT convalidated, confdeltype FROM pg_constraint WHERE conname = 'to_parent'")"
fact "it is told" says 'to_parent'
fact "once" same times 1 "$(grep -c to_parent "$work/log")"

cluster_make tight "max_locks_per_transaction=10" "max_connections=15" "autovacuum=off"
on tight postgres "CREATE DATABASE many"
on tight many "SELECT format('CREATE TABLE m_%s (id int PRIMARY KEY, t text);', i) FROM generate_series(1, 300) i" | psql -X -q -h "$work/tight" -U tester -d many >"$work/load.log" 2>&1
src=$(url tight many)
ends="3 6" fact "too few locks are seen before the run" within 2 whole "$work/tight.sqlite"
fact "before the first one is taken" says "need a lock each"
fact "and the setting is named" says 'max_locks_per_transaction'
fact "nothing is left" nothing_beside "$work/tight.sqlite"
cluster_stop tight

printf '[prod]\nhost=%s\nuser=tester\n' "$work/source" >"$work/services"
printf '[local]\nhost=%s\nuser=tester\n' "$work/target" >>"$work/services"
export PGSERVICEFILE=$work/services
src="service=prod dbname=people"
fact "a target that a service file names is local" whole "service=local dbname=by_service"
unset PGSERVICEFILE
src=$people_src

db blanks <<'Q'
CREATE TABLE u (id int PRIMARY KEY, token text NOT NULL DEFAULT '', pw text NOT NULL DEFAULT '', mail text NOT NULL DEFAULT '', nick text, body text, phone text, doc text, code text, name text, ip text, url text);
INSERT INTO u SELECT g, '', '', '', '', '', '', '', '', '', '', '' FROM generate_series(1, 5) g;
INSERT INTO u SELECT g, 'tok-abc-' || g * 7919, '$2a$10$' || substr(md5(g::text) || md5('z' || g), 1, 53), 'x.y' || g || '@real-host.com', 'nick' || g, 'some words of text ' || g, '+49 151 ' || 20000000 + g,
    '{"a": "b"}', 'C-' || 1000 + g, 'Ada Vogt' || g, '10.0.0.' || g % 250, 'https://a.test/' || g FROM generate_series(6, 400) g;
Q
rules <<'Y'
version: 1
sample: {rate: 100%}
columns:
  public.u: {token: secret, pw: password_hash, mail: email, nick: username, body: text, phone: phone, doc: json, code: by_shape, name: full_name, ip: ip, url: url}
Y
fact "masks over empty texts" masked "$file"
for column in token pw mail nick body phone doc code name ip url; do
    fact "an empty text of $column stays empty" same empty 5 "$(asks "SELECT count(*) FROM u WHERE id <= 5 AND $column = ''")"
done
fact "a fake bcrypt hash has the exact form" same form 0 "$(asks "SELECT count(*) FROM u WHERE id > 5 AND NOT (length(pw) = 60 AND pw GLOB '\$2[abxy]\$[0-9][0-9]\$*' AND substr(pw, 8) NOT GLOB '*[^./A-Za-z0-9]*')")"

# an extension of ours is there for as long as it takes
extensions=$(ls -d /usr/share/postgresql/*/extension 2>/dev/null | sort -V | tail -n 1)
if [ -w "${extensions:-/nowhere}" ]; then
    printf "default_version = '1'\n" >"$extensions/decant_keeps.control"
    cat >"$extensions/decant_keeps--1.sql" <<'Q'
CREATE TABLE keeps_setting (name text PRIMARY KEY, value text, standard bool NOT NULL DEFAULT false, about regclass);
INSERT INTO keeps_setting VALUES ('built in', '1', true, NULL);
SELECT pg_extension_config_dump('keeps_setting', 'WHERE NOT standard');
CREATE TABLE keeps_none (id int);
SELECT pg_extension_config_dump('keeps_none', '');
Q
    db keeps <<'Q'
CREATE EXTENSION decant_keeps;
CREATE TABLE t (id int PRIMARY KEY, v text);
INSERT INTO t VALUES (1, 'x');
INSERT INTO keeps_setting VALUES ('mine', E'a\tb\n\\x', false, 't'), ('null', NULL, false, NULL);
Q
    fact "rows that users added to an extension's table are copied" whole "$copy"
    fact "as they are" same rows "built in|1||t
mine|a	b
\\x|t|f
null|||f" "$(asks_pg "SELECT name, value, about, standard FROM keeps_setting ORDER BY 1")"
    fact "and not told" silent 'extension-data'
    printf 'version: 1\nsample: {rate: 100%%}\ncolumns: {public.t: {v: text}}\n' >"$rules"
    fact "where columns are masked" masked "$copy"
    fact "they are told" says 'keeps_setting .2.'
    fact "and not copied" same rows 1 "$(asks_pg "SELECT count(*) FROM keeps_setting")"
    fact "nor a table without any" silent 'keeps_none'
    rm -f "$extensions"/decant_keeps*
else
    skip "rows of extensions" "the folder of extensions is not writable"
fi

db hashes <<'Q'
CREATE TABLE h (id int PRIMARY KEY, password_hash text, md5_sum text, sha text);
INSERT INTO h SELECT g, '$2b$12$' || substr(md5(g::text) || md5('q' || g), 1, 53), md5(g::text), encode(sha256(g::text::bytea), 'hex') FROM generate_series(1, 300) g;
CREATE TABLE undecided (id int PRIMARY KEY, email text UNIQUE, note text NOT NULL, code varchar(6) CHECK (code ~ '^[A-Z]{2}[0-9]{4}$'), short varchar(3) UNIQUE, tags text[] NOT NULL, doc jsonb NOT NULL, at inet);
INSERT INTO undecided SELECT g, 'e' || g || '@kundenpost.org', 'a note ' || g, 'AB' || 1000 + g, lpad(g::text, 3, '0'), '{a,b}', '{"k": "v"}', '10.0.0.1' FROM generate_series(1, 500) g;
Q
fact "init drafts rules for hashes" drafted
fact "and they are copied" masked "$file"
fact "hashes keep their exact form" same form "0|0|0" "$(asks "SELECT sum(NOT (length(password_hash) = 60 AND password_hash GLOB '\$2b\$12\$*' AND substr(password_hash, 8) NOT GLOB '*[^./A-Za-z0-9]*')), sum(length(md5_sum) <> 32 OR md5_sum GLOB '*[^0-9a-f]*'), sum(length(sha) <> 64 OR sha GLOB '*[^0-9a-f]*') FROM h")"
printf 'version: 1\nsample: {rate: 100%%}\ncolumns:\n  public.h: {password_hash: password_hash, md5_sum: by_shape, sha: by_shape}\n' >"$rules"
"$DECANT" check -c "$rules" "$src" >"$work/log" 2>&1
fact "E301 lists what is undecided" says 'E301'
{ cat "$rules"; echo '  public.undecided:'; sed -n "/under 'columns'/,\$p" "$work/log" | grep -E '^ +[a-z_]+: ' | sed -E 's/^ */    /' | sort -u; } >"$work/accepted.yaml"
cp "$work/accepted.yaml" "$rules"
fact "its proposals are accepted by the proofs" status 0 "$DECANT" check -c "$rules" "$src"
fact "and publish" masked "$copy"
