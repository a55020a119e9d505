-- SPDX-License-Identifier: PostgreSQL
-- What a copy is compared with: rows by formulas that SQLite can compute, too; and columns of which ANALYZE keeps odd texts.
CREATE TABLE places (id integer PRIMARY KEY, size integer);
INSERT INTO places SELECT i, i % 17 FROM generate_series(1, 240) i;

CREATE TABLE people (id integer PRIMARY KEY, kind text NOT NULL, amount integer, born date, note text NOT NULL);
INSERT INTO people
SELECT i, CASE WHEN i * 7919 % 10 < 5 THEN 'basic' WHEN i * 7919 % 10 < 8 THEN 'plus' ELSE 'gold' END,
       CASE WHEN i * 31 % 5 > 0 THEN i * 7919 % 1009 END, date '1950-01-01' + i * 97 % 18000, 'note ' || i * 77777 % 100000
FROM generate_series(1, 400) i;

CREATE TABLE visits (
    id integer PRIMARY KEY,
    person_id integer NOT NULL REFERENCES people,
    place_id integer NOT NULL REFERENCES places,
    score integer NOT NULL
);
INSERT INTO visits
SELECT i, 1 + (i * i * 31 + i * 7) % 400, 1 + i * 59 % 240, ((1 + (i * i * 31 + i * 7) % 400) * 7919 % 1009) + i % 50
FROM generate_series(1, 800) i;

CREATE SCHEMA stats;
CREATE TABLE stats.odd (
    id integer PRIMARY KEY,
    "Quo""ted" text,
    yes boolean,
    at timestamptz,
    ratio double precision,
    price numeric,
    nothing text,
    half integer,
    few text[]
);
INSERT INTO stats.odd
SELECT i, CASE i % 4 WHEN 0 THEN 'a "b", {c}' WHEN 1 THEN 'back\slash' WHEN 2 THEN '' ELSE 'NULL' END, i % 4 = 0,
       CASE i % 2 WHEN 0 THEN timestamptz '0044-03-15 12:00:00+00 BC' ELSE timestamptz '2024-05-01 10:00:00+02' END,
       CASE i % 4 WHEN 0 THEN 'NaN' WHEN 1 THEN 'Infinity' ELSE 0.5 END, i * 1.5, NULL, CASE WHEN i % 2 = 0 THEN i % 3 END,
       ARRAY['x', 'y,z']
FROM generate_series(1, 240) i;
CREATE TABLE stats.empty (id integer, note text);
CREATE TABLE stats.parts (id integer, region text) PARTITION BY LIST (region);
CREATE TABLE stats.parts_a PARTITION OF stats.parts FOR VALUES IN ('a');
CREATE TABLE stats.parts_rest PARTITION OF stats.parts DEFAULT;
INSERT INTO stats.parts SELECT i, (ARRAY['a', 'b', 'b'])[1 + i % 3] FROM generate_series(1, 300) i;
