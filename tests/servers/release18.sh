#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What only releases from 18 on can say: constraints that rows may break, temporal keys, virtual columns.
#   release18.sh MAJOR
. "$(dirname "$0")/lib.sh"
major=$1
if [ -z "$(bin_of "$major")" ]; then
    skip "$major: its own constraints" "no server of this release is there"
    exit 0
fi
server "$major" source
server "$major" target
v=$(version_of source)

# made NAME: a database of the SQL on stdin
made() {
    cat >"$work/$1.sql"
    load source "$1" "$work/$1.sql" -v ON_ERROR_STOP=1 && return 0
    sed 's/^/# /' "$work/load.log"
    echo "not ok - $v: the database $1 is made"
    return 1
}
# all four copies: NAME.sqlite, NAME.part.sqlite, and databases NAME and NAME_part
copies() {
    local name=$1 from
    from=$(url source "$name")
    tried "$v: $name, whole, to SQLite" whole "$work/$name.sqlite" "$from" && cp "$work/said" "$work/$name.said" &&
        fact "$v: $name, whole, SQLite: verify" verify "$work/$name.sqlite" &&
        fact "$v: $name, whole, SQLite: a writable integrity_check is clean" sound "$work/$name.sqlite"
    tried "$v: $name, whole, to PostgreSQL" whole "$(url target "$name")" "$from" &&
        fact "$v: $name, whole, PostgreSQL: verify" verify "$(url target "$name")"
    tried "$v: $name: init" init "$work/$name.yaml" "$from" || return
    tried "$v: $name, 20 %, to SQLite" masked "$work/$name.part.sqlite" "$from" "$work/$name.yaml" &&
        fact "$v: $name, 20 %, SQLite: verify" verify "$work/$name.part.sqlite" &&
        fact "$v: $name, 20 %, SQLite: a writable integrity_check is clean" sound "$work/$name.part.sqlite"
    tried "$v: $name, 20 %, to PostgreSQL" masked "$(url target "${name}_part")" "$from" "$work/$name.yaml" &&
        fact "$v: $name, 20 %, PostgreSQL: verify" verify "$(url target "${name}_part")"
}
has() { [ -e "$work/$1" ]; }

# ---- NOT NULL that is not validated: attnotnull is true, and NULLs are there
made gaps <<'S'
CREATE TABLE visit (id int PRIMARY KEY, room int, floor int NOT NULL);
INSERT INTO visit SELECT g, CASE WHEN g % 5 > 0 THEN g END, g % 4 FROM generate_series(1, 5000) g;
ALTER TABLE visit ADD CONSTRAINT room_known NOT NULL room NOT VALID;
CREATE TABLE log (id int, who int, at date NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE log_a PARTITION OF log FOR VALUES FROM (0) TO (100);
CREATE TABLE log_b PARTITION OF log FOR VALUES FROM (100) TO (1000);
INSERT INTO log SELECT g, nullif(g % 7, 0), '2024-01-01' FROM generate_series(1, 200) g;
ALTER TABLE log ADD CONSTRAINT who_known NOT NULL who NOT VALID;
ANALYZE;
S
copies gaps
if has gaps.sqlite; then
    fact "$v: NULLs under NOT NULL NOT VALID arrive in SQLite" lite_is "$work/gaps.sqlite" "SELECT (SELECT count(*) FROM visit WHERE room IS NULL), (SELECT count(*) FROM log WHERE who IS NULL)" "1000|28"
    fact "$v: the other column is not nullable" lite_is "$work/gaps.sqlite" 'SELECT name, "notnull" FROM pragma_table_info('"'visit'"') ORDER BY name' "$(printf 'floor|1\nid|0\nroom|0')"
    fact "$v: NOT NULL NOT VALID is listed" listed gaps not-null-not-valid public.visit.room
fi
if there gaps; then
    fact "$v: NULLs under NOT NULL NOT VALID arrive in PostgreSQL" is target gaps "SELECT count(*) FILTER (WHERE room IS NULL), count(*) FROM visit" "1000|5000"
    fact "$v: and it is not validated there" is target gaps "SELECT convalidated FROM pg_constraint WHERE conname = 'room_known'" f
fi

# ---- NOT ENFORCED: checks and keys that rows break
made lax <<'S'
CREATE TABLE owner (id int PRIMARY KEY);
INSERT INTO owner SELECT generate_series(1, 2000);
CREATE TABLE pet (id int PRIMARY KEY, age int CONSTRAINT age_real CHECK (age >= 0) NOT ENFORCED, legs int CHECK (legs >= 0),
    owner int CONSTRAINT has_owner REFERENCES owner NOT ENFORCED);
INSERT INTO pet SELECT g, CASE WHEN g % 10 = 0 THEN -g ELSE g END, 4, CASE WHEN g % 8 = 0 THEN 10000 + g ELSE 1 + g % 2000 END FROM generate_series(1, 6000) g;
CREATE TABLE tidy (id int PRIMARY KEY, n int CONSTRAINT tidy_n CHECK (n > 0) NOT ENFORCED, owner int CONSTRAINT tidy_owner REFERENCES owner NOT ENFORCED);
INSERT INTO tidy SELECT g, g, 1 + g % 50 FROM generate_series(1, 2000) g;
ANALYZE;
S
copies lax
if has lax.sqlite; then
    fact "$v: rows that break NOT ENFORCED arrive in SQLite" lite_is "$work/lax.sqlite" "SELECT count(*), sum(age < 0), sum(owner > 10000) FROM pet" "6000|600|750"
    cp "$work/lax.sqlite" "$work/lax.rw.sqlite"
    fact "$v: such a row can be written in SQLite" same "UPDATE" "" "$(sqlite3 "$work/lax.rw.sqlite" 'PRAGMA foreign_keys = 1; UPDATE pet SET legs = 3 WHERE age < 0; INSERT INTO tidy VALUES (50000, -1, 77777)' 2>&1)"
    fact "$v: an enforced check stands beside it" same "UPDATE fails" 1 "$(sqlite3 "$work/lax.rw.sqlite" 'UPDATE pet SET legs = -1' 2>&1 | grep -c 'CHECK constraint failed')"
    for name in pet.age_real pet.has_owner tidy.tidy_n tidy.tidy_owner; do fact "$v: NOT ENFORCED '$name' is listed" listed lax not-enforced public.$name; done
fi
for d in lax lax_part; do
    there $d && fact "$v: $d: NOT ENFORCED stays so in PostgreSQL" is target $d \
        "SELECT string_agg(conname || ' ' || conenforced, ', ' ORDER BY conname) FROM pg_constraint WHERE conname IN ('age_real', 'has_owner', 'tidy_n', 'tidy_owner')" \
        "age_real false, has_owner false, tidy_n false, tidy_owner false"
done
there lax && fact "$v: rows that break NOT ENFORCED arrive in PostgreSQL" is target lax "SELECT count(*), sum((age < 0)::int), sum((owner > 10000)::int) FROM pet" "6000|600|750"

# ---- temporal keys: several parents cover one child together
made eras <<'S'
CREATE EXTENSION btree_gist;
CREATE TABLE tariff (code int, valid daterange, price int, PRIMARY KEY (code, valid WITHOUT OVERLAPS));
INSERT INTO tariff SELECT g / 3, daterange('2020-01-01'::date + 100 * (g % 3), '2020-01-01'::date + 100 * (g % 3 + 1)), g FROM generate_series(3, 3002) g;
CREATE TABLE contract (id int PRIMARY KEY, code int, during daterange, CONSTRAINT at_tariff FOREIGN KEY (code, PERIOD during) REFERENCES tariff (code, PERIOD valid));
INSERT INTO contract SELECT g, 1 + g % 997, daterange('2020-02-01'::date + g % 20, '2020-02-01'::date + g % 20 + 50 + 80 * (g % 3)) FROM generate_series(1, 6000) g;
INSERT INTO contract VALUES (10001, NULL, '[2020-01-01,2030-01-01)'), (10002, 5, NULL);
ANALYZE;
S
copies eras
covered="SELECT count(*) FROM contract c WHERE c.code IS NOT NULL AND c.during IS NOT NULL AND NOT c.during <@ coalesce((SELECT range_agg(t.valid) FROM tariff t WHERE t.code = c.code AND t.valid && c.during), '{}'::datemultirange)"
for d in eras eras_part; do
    if there $d; then
        fact "$v: $d: every child is covered" is target $d "$covered" 0
        fact "$v: $d: the PERIOD key holds" is target $d "SELECT conperiod, convalidated FROM pg_constraint WHERE conname = 'at_tariff'" "t|t"
        fact "$v: $d: WITHOUT OVERLAPS holds" is target $d "SELECT conperiod FROM pg_constraint WHERE conrelid = 'tariff'::regclass AND contype = 'p'" t
    fi
done
there eras && fact "$v: eras: all rows" is target eras "SELECT (SELECT count(*) FROM tariff), (SELECT count(*) FROM contract)" "3000|6002"
has eras.sqlite && fact "$v: eras: all rows in SQLite" lite_is "$work/eras.sqlite" "SELECT (SELECT count(*) FROM tariff), (SELECT count(*) FROM contract)" "3000|6002"
has eras.sqlite && fact "$v: the PERIOD key is listed for SQLite" listed eras period public.contract.at_tariff
if has eras.part.sqlite; then # of a sample: each child with all tariffs that its time overlaps, counted in the source
    on source postgres "CREATE DATABASE eras_back TEMPLATE eras" >/dev/null
    on source eras_back "ALTER TABLE contract DROP CONSTRAINT at_tariff" "DELETE FROM contract" "DELETE FROM tariff" >/dev/null
    sqlite3 -readonly -separator $'\t' -nullvalue '\N' "$work/eras.part.sqlite" "SELECT code, valid, price FROM tariff" |
        psql -X -q -h "$work/source" -U tester -d eras_back -c "COPY tariff FROM STDIN"
    sqlite3 -readonly -separator $'\t' -nullvalue '\N' "$work/eras.part.sqlite" "SELECT id, code, during FROM contract" |
        psql -X -q -h "$work/source" -U tester -d eras_back -c "COPY contract FROM STDIN"
    fact "$v: eras, 20 %, SQLite: every child is covered" is source eras_back "$covered" 0
    fact "$v: eras, 20 %, SQLite: there are children" is source eras_back "SELECT count(*) BETWEEN 500 AND 3000 FROM contract" t
fi

# ---- generated columns that are not stored
made maths <<'S'
CREATE TABLE person (id int PRIMARY KEY, email text NOT NULL, born date, n int NOT NULL,
    email_low text GENERATED ALWAYS AS (lower(email)) VIRTUAL, twice int GENERATED ALWAYS AS (n * 2) VIRTUAL, thrice int GENERATED ALWAYS AS (n * 3) STORED,
    CONSTRAINT twice_even CHECK (twice % 2 = 0));
INSERT INTO person (id, email, born, n) SELECT g, 'Some.Body' || g || '@Corp' || g % 9 || '.net', '1950-01-01'::date + g, g FROM generate_series(1, 5000) g;
CREATE TABLE card (id int PRIMARY KEY, person int NOT NULL REFERENCES person, nr text DEFAULT 'x');
INSERT INTO card SELECT g, 1 + g % 5000 FROM generate_series(1, 9000) g;
ANALYZE;
S
copies maths
has maths.sqlite && fact "$v: values of VIRTUAL columns are in SQLite" lite_is "$work/maths.sqlite" "SELECT email_low, twice, thrice FROM person WHERE id = 7" "some.body7@corp7.net|14|21"
for d in maths maths_part; do
    if there $d; then
        fact "$v: $d: VIRTUAL stays so in PostgreSQL" is target $d "SELECT string_agg(attname || ' ' || attgenerated::text, ', ' ORDER BY attname) FROM pg_attribute WHERE attrelid = 'person'::regclass AND attgenerated <> ''" "email_low v, thrice s, twice v"
        fact "$v: $d: it is computed from the copy's own values" is target $d "SELECT count(*) FROM person WHERE email_low IS DISTINCT FROM lower(email) OR twice <> 2 * n" 0
    fi
done
there maths_part && fact "$v: maths, 20 %: no address of the source" is target maths_part "SELECT count(*) FROM person WHERE email ILIKE '%@corp%' OR email_low LIKE '%@corp%'" 0
has maths.part.sqlite && fact "$v: maths, 20 %, SQLite: no address of the source" lite_is "$work/maths.part.sqlite" "SELECT count(*) FROM person WHERE email LIKE '%@corp%' OR email_low LIKE '%@corp%'" 0

# ---- what releases from 2026-11-12 write among a column's options, and no release takes by DDL
made stamped <<'S'
CREATE TABLE stamp (id int PRIMARY KEY, name text, kind text);
INSERT INTO stamp SELECT g, 'n' || g, 'k' || g % 3 FROM generate_series(1, 3000) g;
ALTER TABLE stamp ALTER COLUMN kind SET (n_distinct = 3);
UPDATE pg_attribute SET attoptions = '{pg_attver=2}' WHERE attrelid = 'stamp'::regclass AND attname = 'name';
UPDATE pg_attribute SET attoptions = attoptions || '{pg_attver=2}' WHERE attrelid = 'stamp'::regclass AND attname = 'kind';
ANALYZE;
S
copies stamped
for d in stamped stamped_part; do
    there $d && fact "$v: $d: n_distinct is carried over, pg_attver is not" is target $d \
        "SELECT string_agg(attname || attoptions::text, ' ') FROM pg_attribute WHERE attrelid = 'stamp'::regclass AND attoptions IS NOT NULL" 'kind{n_distinct=3}'
done
exit 0
