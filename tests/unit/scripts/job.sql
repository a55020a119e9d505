-- SPDX-License-Identifier: PostgreSQL
-- Odd names, odd values and every kind of key: what a whole copy, init and check meet.
CREATE SCHEMA "Odd.Shop";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);

CREATE TABLE people (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE,
    full_name text,
    phone varchar(30),
    born date,
    mood mood,
    boss integer REFERENCES people
);
INSERT INTO people SELECT i, format('p%s.secretname%s@firm.test', i, i * 37), format('Pat%s Doe%s', i, i * 7),
    '+49 30 ' || 1000000 + i * 7919, date '1960-01-01' + i * 200, (enum_range(NULL::mood))[1 + i % 3],
    CASE WHEN i > 1 THEN i / 2 END FROM generate_series(1, 40) i;

CREATE TABLE cities (code char(3) PRIMARY KEY, name text NOT NULL DEFAULT 'Nowhere');
INSERT INTO cities VALUES ('BER', 'Berlin'), ('PAR', 'Paris');
CREATE TABLE addresses (
    person integer REFERENCES people ON DELETE CASCADE,
    no smallint,
    street text,
    city char(3) REFERENCES cities,
    PRIMARY KEY (person, no)
);
INSERT INTO addresses SELECT 1 + i % 40, i / 40, format('%s Main Street', i), CASE WHEN i % 4 > 0 THEN 'BER' END
FROM generate_series(0, 59) i;
CREATE TABLE parcels (
    id bigint PRIMARY KEY,
    person integer,
    no smallint,
    weight numeric CHECK (weight >= 0),
    FOREIGN KEY (person, no) REFERENCES addresses
);
INSERT INTO parcels SELECT i, CASE WHEN i % 5 > 0 THEN 1 + i % 40 END, 0, i * 0.125 FROM generate_series(1, 30) i;

CREATE TABLE "Odd.Shop"."Order ""Lines""" ("Select" integer PRIMARY KEY, "a.b" text, "UPPER" text, " blank " numeric);
INSERT INTO "Odd.Shop"."Order ""Lines""" VALUES (1, 'it''s', 'x', 1.50), (2, NULL, '', -0.001);

CREATE TABLE odd_values (id integer PRIMARY KEY, d double precision, n numeric, day date, at timestamptz,
    span interval, raw bytea, words text[], doc jsonb, long text);
INSERT INTO odd_values VALUES
    (1, 'NaN', 'NaN', '-infinity', 'infinity', '1 mon', '\x', '{}', 'null', ''),
    (2, '-infinity', 12345678901234567890.0123456789, '0044-03-15 BC', '20000-01-01 00:00+00', '-1 us', '\x00ff', '{NULL,"a,b"}', '{"k": [1, 2.50]}', repeat('long ', 400)),
    (3, '-0', 0.10, '2024-02-29', '1999-12-31 23:59:59.999999+00', '24:00:00', '\xdeadbeef', '[0:1]={x,y}', '"text"', E'tab\tline\nend'),
    (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE nothing (id integer PRIMARY KEY, what text, broken integer DEFAULT ('abc'::text)::integer);
CREATE TABLE keyless (a integer, b text);
INSERT INTO keyless VALUES (1, 'x'), (1, 'x'), (NULL, NULL);
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;

CREATE TABLE hens (id integer PRIMARY KEY, egg integer);
CREATE TABLE eggs (id integer PRIMARY KEY, hen integer REFERENCES hens DEFERRABLE INITIALLY DEFERRED);
INSERT INTO hens SELECT i, i FROM generate_series(1, 5) i;
INSERT INTO eggs SELECT i, 6 - i FROM generate_series(1, 5) i;
ALTER TABLE hens ADD FOREIGN KEY (egg) REFERENCES eggs;

CREATE TABLE measured (at date NOT NULL, id integer NOT NULL, v real, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE measured_old PARTITION OF measured FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE measured_new PARTITION OF measured FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
INSERT INTO measured SELECT date '2023-12-20' + i, i, i / 4.0 FROM generate_series(1, 25) i;

CREATE EXTENSION file_fdw;
CREATE SERVER far FOREIGN DATA WRAPPER file_fdw;
CREATE TABLE spread (id integer, what text) PARTITION BY LIST (id);
CREATE TABLE spread_near PARTITION OF spread FOR VALUES IN (1);
CREATE FOREIGN TABLE spread_far PARTITION OF spread FOR VALUES IN (2) SERVER far OPTIONS (filename '/dev/null');
INSERT INTO spread_near VALUES (1, 'near');

CREATE TABLE colors (name text COLLATE any_case PRIMARY KEY, n integer);
CREATE TABLE painted (id integer PRIMARY KEY, color text COLLATE any_case REFERENCES colors);
INSERT INTO colors VALUES ('Red', 1), ('blue', 2);
INSERT INTO painted VALUES (1, 'RED'), (2, 'Red'), (3, 'BLUE'), (4, NULL);

CREATE TABLE computed (id integer PRIMARY KEY, a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED);
INSERT INTO computed VALUES (1, 21), (2, NULL);

CREATE TABLE losses (id integer PRIMARY KEY, person integer);
INSERT INTO losses VALUES (1, 1), (2, 999), (3, NULL);
ALTER TABLE losses ADD CONSTRAINT losses_person_fkey FOREIGN KEY (person) REFERENCES people NOT VALID;

-- Checks that no fake of the usual kind satisfies, and a key to a column that is computed.
CREATE TABLE picky (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE CHECK (email LIKE '%@firm.test'),
    phone text CHECK (phone ~ '^[+]49 30 [0-9]{7}$'),
    first_name text NOT NULL CHECK (first_name IN ('Ann', 'Bob', 'Cem')),
    slug text GENERATED ALWAYS AS (lower(first_name) || '-' || id::text) STORED UNIQUE
);
INSERT INTO picky SELECT i, format('picky%s@firm.test', i), '+49 30 ' || 2000000 + i * 31, (ARRAY['Ann', 'Bob', 'Cem'])[1 + i % 3]
FROM generate_series(1, 24) i;
CREATE TABLE picked (id integer PRIMARY KEY, slug text REFERENCES picky (slug));
INSERT INTO picked SELECT id, slug FROM picky;
CREATE TABLE remarks (id integer PRIMARY KEY, subject_type text NOT NULL, subject_id text NOT NULL, body text);
INSERT INTO remarks SELECT i, (ARRAY['people', 'picky'])[1 + i % 2], (1 + i % 24)::text, 'Nothing new on day ' || i FROM generate_series(1, 60) i;

CREATE VIEW happy AS SELECT id, email FROM people WHERE mood = 'happy';
