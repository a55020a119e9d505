#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What decant init writes for small databases is pulled untouched, joins what was joined, and says what
# a person should look at.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/small.sh"
cluster_make source "autovacuum=off"
cluster_make target "autovacuum=off"
key=$work/the.key
"$DECANT" key new "$key" >/dev/null 2>&1

drafted() { # anew, if it was before
    rm -f "$rules"
    status 0 "$DECANT" init -c "$rules" --key-file "$key" --rate 100% "$src"
}
published() { # to both targets, and a check has nothing against it
    drafted && status 0 "$DECANT" check -c "$rules" "$src" && masked "$file" && masked "$copy"
}
both() { # WANTED SQL: the same in both copies
    same sqlite "$1" "$(asks "$2")" && same postgres "$1" "$(psql -X -Atq "$copy" -c "$2")"
}

db joined <<'Q'
CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, phone text UNIQUE, ip inet UNIQUE);
CREATE TABLE orders (id int PRIMARY KEY, contact_email text, contact_phone text, client_ip inet);
CREATE TABLE notes (id int PRIMARY KEY, email varchar(30));
INSERT INTO users SELECT g, 'anna.berg' || g || '@kundenpost.org', '+49 151 ' || (10000000 + g * 7919),
    ('88.' || g % 200 || '.' || g / 200 || '.7')::inet FROM generate_series(1, 1500) g;
INSERT INTO orders SELECT id, email, phone, ip FROM users;
INSERT INTO notes SELECT id, email FROM users;
ANALYZE;
Q
fact "a value has one fake, whether its column is unique and narrow or not" eval 'published &&
    both 1500 "SELECT count(*) FROM users u JOIN orders o USING (id) JOIN notes n USING (id) WHERE u.email = o.contact_email
        AND u.phone = o.contact_phone AND u.ip = o.client_ip AND u.email = n.email"'

db forced <<'Q'
CREATE TABLE dict (val varchar(40) UNIQUE);
CREATE FUNCTION in_dict(t text) RETURNS boolean LANGUAGE plpgsql STABLE AS
    $$ BEGIN RETURN EXISTS (SELECT 1 FROM public.dict WHERE val = t); END $$;
CREATE TABLE used (id int PRIMARY KEY, val varchar(40) CHECK (in_dict(val)), remark text);
CREATE TABLE codes (code text PRIMARY KEY, title text);
CREATE TABLE parted (id int, code text NOT NULL) PARTITION BY RANGE (code);
CREATE TABLE parted_a PARTITION OF parted FOR VALUES FROM ('A') TO ('M');
CREATE TABLE parted_m PARTITION OF parted FOR VALUES FROM ('M') TO ('ZZ');
INSERT INTO dict SELECT 'entry-' || md5(g::text) FROM generate_series(1, 500) g;
INSERT INTO used SELECT g, 'entry-' || md5((g % 500 + 1)::text), 'to be read by ' || g FROM generate_series(1, 900) g;
INSERT INTO codes SELECT chr(65 + g % 25) || 'CODE' || md5(g::text), 'title ' || g FROM generate_series(1, 700) g;
INSERT INTO parted SELECT g, chr(65 + g % 25) || 'CODE' || md5(g::text) FROM generate_series(1, 700) g;
ANALYZE;
Q
fact "what nothing can mask is kept wherever it stands, and a person is asked" eval 'published &&
    has "val: keep +# \\? values of used.val, which nothing can mask" && has "code(, title)?: keep +# \\?" &&
    has "remark: (by_shape|.use: (text|choice))"'

# dates at both ends of what the server has end no trial of the others
db lives <<'Q'
CREATE TABLE lives (id int PRIMARY KEY, dob timestamptz NOT NULL, died timestamptz, CHECK (died >= dob));
INSERT INTO lives SELECT g, timestamptz '1950-01-10' + g * interval '31 days', timestamptz '1950-01-11' + g * interval '31 days' FROM generate_series(1, 400) g;
INSERT INTO lives VALUES (401, '4714-11-24 00:00:00+00 BC', '0044-03-15 BC'), (402, '294276-12-31 23:59:59.999999', 'infinity'), (403, '-infinity', '2001-01-01');
ANALYZE;
Q
fact "masks that would part two dates of a row are not proposed" eval 'published &&
    both 403 "SELECT count(*) FROM lives"'

db plates <<'Q'
CREATE EXTENSION btree_gist;
CREATE TABLE cars (id int PRIMARY KEY, plate varchar(50) UNIQUE);
CREATE TABLE held (plate varchar(50), valid daterange NOT NULL,
    EXCLUDE USING gist (plate WITH =, valid WITH &&) WHERE (plate IS NOT NULL));
INSERT INTO cars SELECT g, 'car.' || md5(g::text) FROM generate_series(1, 800) g;
INSERT INTO held SELECT plate, daterange('2020-01-01', '2021-01-01') FROM cars;
ANALYZE;
Q
fact "an exclusion that only asks whether there is a value takes fakes" eval 'published &&
    both 800 "SELECT count(*) FROM held JOIN cars USING (plate)" && both 0 "SELECT count(*) FROM cars WHERE plate LIKE '\''car.%'\'' AND length(plate) < 6"'

db named <<'Q'
CREATE TABLE kinds (id int PRIMARY KEY, label text, changed_by name DEFAULT CURRENT_USER);
CREATE TABLE things (id int PRIMARY KEY, kind int REFERENCES kinds, remark text);
INSERT INTO kinds SELECT g, 'kind ' || g, 'wheel of ' || md5((g % 4)::text) FROM generate_series(1, 24) g;
INSERT INTO things SELECT g, g % 24 + 1, CASE WHEN g % 9 = 0 THEN 'wheel of ' || md5((g % 4)::text) ELSE 'remark ' || md5(g::text) END
    FROM generate_series(1, 900) g;
ANALYZE;
Q
fact "a column of the type name is not kept where others mask what it has" published

db keyed <<'Q'
CREATE TABLE boxes (id int PRIMARY KEY, meta jsonb);
INSERT INTO boxes SELECT g, jsonb_build_object('ina.kolb' || g || '@kundenpost.org', 1) FROM generate_series(1, 600) g;
ANALYZE;
Q
fact "documents with addresses for keys have their keys masked" eval 'published && has "keys: mask" &&
    both 0 "SELECT count(*) FROM boxes WHERE CAST(meta AS text) LIKE '\''%kundenpost%'\''"'

db words <<'Q'
CREATE DOMAIN state_d AS text CHECK (value IN ('on loan', 'in transit', 'lost'));
CREATE TABLE loans (id int PRIMARY KEY, state state_d, tags text[] CHECK (tags <@ ARRAY['alpha one', 'beta two']),
    s text CHECK (s = 'Open Case' OR s = 'Closed'), g text CHECK (g IS NULL OR g <> '' AND g IN ('new order', 'old order')));
CREATE TABLE visits (id int PRIMARY KEY, diagnosis text);
CREATE TABLE diagnoses (diagnosis text PRIMARY KEY);
INSERT INTO loans SELECT g, (ARRAY['on loan', 'in transit', 'lost'])[g % 3 + 1], ARRAY[(ARRAY['alpha one', 'beta two'])[g % 2 + 1]],
    (ARRAY['Open Case', 'Closed'])[g % 2 + 1], (ARRAY['new order', 'old order'])[g % 2 + 1] FROM generate_series(1, 500) g;
INSERT INTO visits SELECT g, (ARRAY['flu', 'DVT left', 'fracture', 'psoriasis'])[g % 4 + 1] FROM generate_series(1, 400) g;
INSERT INTO diagnoses VALUES ('measles'), ('gout'), ('angina'), ('rickets');
ANALYZE;
Q
fact "a few words that a check allows stay, in every form of the check" eval 'published &&
    same "the words" "Closed,Open Case|in transit,lost,on loan|new order,old order" "$(asks "SELECT
        (SELECT group_concat(s) FROM (SELECT DISTINCT s FROM loans ORDER BY 1)) || '\''|'\'' ||
        (SELECT group_concat(state) FROM (SELECT DISTINCT state FROM loans ORDER BY 1)) || '\''|'\'' ||
        (SELECT group_concat(g) FROM (SELECT DISTINCT g FROM loans ORDER BY 1))")"'
fact "a few words that a name speaks of are drawn anew, and asked about where they must stay apart" eval 'drafted &&
    has "diagnosis: .use: choice, weights: source" && has "diagnosis: by_shape +# \\? few values"'

db bytes <<'Q'
CREATE TABLE creds (id int PRIMARY KEY, credential_id bytea UNIQUE);
CREATE TABLE logins (id int PRIMARY KEY, credential_id bytea);
CREATE TABLE people (id int PRIMARY KEY, geboren text, seen text, hashed_email text);
INSERT INTO creds SELECT g, sha256(g::text::bytea) FROM generate_series(1, 1500) g;
INSERT INTO logins SELECT * FROM creds;
INSERT INTO people SELECT g, to_char(date '1950-01-01' + g * 17, 'DD.MM.YYYY'), to_char(date '2020-01-01' + g, 'MM/DD/YYYY'),
    md5(g::text || 'x') FROM generate_series(1, 700) g;
ANALYZE;
Q
fact "bytes that are unique somewhere are joined by their fakes" eval 'published &&
    both 1500 "SELECT count(*) FROM creds JOIN logins USING (id, credential_id)"'
fact "dates in other forms are dates, and what is hashed stays hexadecimal" eval 'drafted &&
    has "geboren: by_shape +# \\?" && has "seen: keep" && has "hashed_email: .use: token, alphabet: hex"'

db told <<'Q'
CREATE TABLE people (id int PRIMARY KEY, name text, object text);
INSERT INTO people SELECT g, 'Anna Berg' || g, E'---\nname: x' || g || E'\nsize: ' || g FROM generate_series(1, 100) g;
ANALYZE;
Q
rules <<'Q'
columns:
  public.people:
    name: [{when: "people.id > 5", use: keep}, full_name]
    object: {use: json, other: mask}
Q
fact "a mask that a condition keeps from most rows, and one that knows none of its values, are told" eval 'masked "$file" &&
    says "\\[mostly-kept\\]" && says "\\[other-form\\]" && status 0 "$DECANT" report "$file" && says "people.name" && says "people.object"'
rules <<'Q'
columns:
  public.people:
    name: [{when: "people.id > 95", use: keep}, full_name]
    object: text
Q
fact "and others are not" eval 'masked "$file" && silent "mostly-kept|other-form"'

db crowds <<'Q'
CREATE TABLE visits (id int PRIMARY KEY, patient text, seen timestamptz, ward text);
CREATE TABLE votes (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, voter text, ward text, round int);
CREATE TABLE wards (ward text PRIMARY KEY, beds int);
INSERT INTO visits SELECT g, 'Anna Berg' || g, timestamptz '2020-01-01' + g * interval '1 hour', 'w' || g % 3 FROM generate_series(1, 600) g;
INSERT INTO votes SELECT g, 'Anna Berg' || g, CASE WHEN g <= 6 THEN 'x' ELSE 'w' || g % 3 END, CASE g WHEN 1 THEN 9 WHEN 2 THEN 8 WHEN 3 THEN 8 ELSE 1 END FROM generate_series(1, 600) g;
INSERT INTO wards SELECT 'w' || g, g FROM generate_series(1, 30) g;
ANALYZE;
Q
rules <<'Q'
columns:
  public.visits: {patient: full_name, ward: keep}
  public.votes: {voter: full_name, ward: keep}
  public.wards: {ward: keep}
sample:
  rate: 100%
  roots: {public.visits: {}, public.votes: {}}
Q
told() { sqlite3 "$1" "SELECT name, columns, round(alone * 600), round(few * 600) FROM crowds ORDER BY name"; }
fact "rows that kept columns tell from all others are counted, in tables of people alone" eval 'masked "$file" &&
    same "the crowds" "public.visits|2|600.0|600.0
public.votes|2|1.0|6.0" "$(told "$file".*.decant)" && status 0 "$DECANT" report "$file" && says "public.votes +2 +0.2 % +1.0 %"'
fact "kept numbers of a sequence, and exact times, are named" eval 'says "counts the source.s rows +1 +public.votes.id" &&
    says "an exact time +1 +public.visits.seen" && silent "wards.beds"'
sqlite3 "$file".*.decant "DROP TABLE crowds; PRAGMA user_version = 4"
fact "and a manifest of the version before is read, which counted none" eval 'status 0 "$DECANT" report "$file" &&
    says public.votes && silent "tell together" && status 0 "$DECANT" verify "$file"'
sqlite3 "$file".*.decant "PRAGMA user_version = 3"
fact "an older one is refused" eval 'status 5 "$DECANT" report "$file" && says "another version"'

db ids <<'Q'
CREATE TABLE client (id varchar(36) PRIMARY KEY, title text);
CREATE TABLE staff (id uuid PRIMARY KEY, full_name text, boss uuid);
CREATE TABLE work (id int PRIMARY KEY, made_for varchar(36), done_with uuid, serial varchar(36), note text);
INSERT INTO client SELECT md5('c' || g)::uuid::text, 'Title ' || g FROM generate_series(1, 3000) g;
INSERT INTO staff SELECT md5('s' || g)::uuid, 'Anna Berg' || g, CASE WHEN g > 9 THEN md5('s' || g / 9)::uuid END FROM generate_series(1, 2000) g;
INSERT INTO work SELECT g, md5('c' || 1 + g % 3000)::uuid::text, md5('s' || 1 + g * 7 % 2000)::uuid, md5('x' || g)::uuid::text, 'of ' || g FROM generate_series(1, 9000) g;
ANALYZE;
Q
fact "random ids are references to the table that has them, whatever they are called" eval 'published &&
    has "from: public.work.made_for, to: public.client.id" && has "from: public.work.done_with, to: public.staff.id" &&
    has "from: public.staff.boss, to: public.staff.id" && ! grep -q "from: public.work.serial" "$rules" &&
    has "^ +id: uuid +# uuids, as text" && has "serial: uuid +# \\? uuids, as text" &&
    both 9000 "SELECT count(*) FROM work JOIN client ON client.id = made_for JOIN staff ON CAST(staff.id AS text) = CAST(done_with AS text)"'

db many <<'Q'
DO $do$ BEGIN FOR i IN 1..230 LOOP EXECUTE format('CREATE TABLE kind_%s (id uuid PRIMARY KEY)', lpad(i::text, 3, '0')); END LOOP; END $do$;
CREATE TABLE a_log (id int PRIMARY KEY, about uuid);
INSERT INTO kind_230 SELECT md5('k' || g)::uuid FROM generate_series(1, 500) g;
INSERT INTO a_log SELECT g, md5('k' || 1 + g % 500)::uuid FROM generate_series(1, 2000) g;
ANALYZE;
Q
fact "they are found among more tables than one statement looks at" eval 'drafted && has "from: public.a_log.about, to: public.kind_230.id"'

db framework <<'Q'
CREATE TABLE django_migrations (id int PRIMARY KEY, app varchar(255) NOT NULL, name varchar(255) NOT NULL, applied timestamptz NOT NULL);
CREATE TABLE staff (id int PRIMARY KEY, full_name text NOT NULL, nickname text NOT NULL);
CREATE TABLE accounts (id bigint PRIMARY KEY, owner text);
CREATE TABLE audit (id int PRIMARY KEY, record_id text, record_type text, doc jsonb);
INSERT INTO django_migrations SELECT g, 'wheel_42_' || g, 'wheel_0001_' || g, now() FROM generate_series(1, 40) g;
INSERT INTO staff SELECT g, 'Anna Berg', CASE WHEN g < 20 THEN 'wheel_42_' || g ELSE 'nick name ' || md5(g::text) END FROM generate_series(1, 900) g;
INSERT INTO accounts SELECT g * 1000003::bigint, 'Anna Berg' FROM generate_series(1, 600) g;
INSERT INTO audit SELECT row_number() OVER (), id::text, 'Account', jsonb_build_object('ref', id, 'who', 'Anna Berg', 'at', md5(id::text)) FROM accounts;
ANALYZE;
Q
fact "what a framework or a key needs kept is accepted where others mask it, and a person is asked" eval 'published &&
    has "column: public.django_migrations.app, pattern: originals, why: .*staff.nickname.*# \\?" &&
    has "column: public.audit.record_id, pattern: originals" &&
    both 600 "SELECT count(*) FROM audit JOIN accounts ON CAST(accounts.id AS text) = record_id"'
servers_end
