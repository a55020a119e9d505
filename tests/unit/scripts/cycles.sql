-- SPDX-License-Identifier: PostgreSQL
-- Keys that go in circles, of several columns, of equal but not identical values, and with odd names.
CREATE EXTENSION citext;
CREATE SCHEMA "My.Schema";

CREATE TABLE teams (id integer PRIMARY KEY, lead integer);
CREATE TABLE people (
    id integer PRIMARY KEY,
    team integer REFERENCES teams DEFERRABLE,
    boss integer REFERENCES people
);
INSERT INTO teams SELECT i, CASE WHEN i % 4 > 0 THEN i * 3 END FROM generate_series(1, 12) i;
INSERT INTO people SELECT i, CASE WHEN i % 7 > 0 THEN 1 + i % 12 END, CASE WHEN i > 2 THEN i / 2 END FROM generate_series(1, 60) i;
ALTER TABLE teams ADD FOREIGN KEY (lead) REFERENCES people;

-- a circle of two tables over two columns; one way all or none of them are NULL
CREATE TABLE left_side (a integer, b text, ra integer, rb text, PRIMARY KEY (a, b));
CREATE TABLE right_side (a integer, b text, la integer, lb text, PRIMARY KEY (a, b));
INSERT INTO right_side SELECT i / 5, 'r' || i % 5, CASE WHEN i % 3 > 0 THEN (i + 7) % 40 / 5 END, CASE WHEN i % 4 > 0 THEN 'l' || (i + 7) % 5 END
FROM generate_series(0, 39) i;
INSERT INTO left_side SELECT i / 5, 'l' || i % 5, CASE WHEN i % 2 > 0 THEN (i * 3) % 40 / 5 END, CASE WHEN i % 2 > 0 THEN 'r' || (i * 3) % 5 END
FROM generate_series(0, 39) i;
ALTER TABLE left_side ADD CONSTRAINT full_key FOREIGN KEY (ra, rb) REFERENCES right_side MATCH FULL;
ALTER TABLE right_side ADD CONSTRAINT half_key FOREIGN KEY (la, lb) REFERENCES left_side;

-- partitions as children and as parents
CREATE TABLE visits (id integer, at date, person integer NOT NULL REFERENCES people, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO (MAXVALUE);
INSERT INTO visits SELECT i, CASE i WHEN 5 THEN 'infinity' WHEN 6 THEN '0044-03-15 BC' ELSE date '2023-12-01' + i END, 1 + i * 7 % 60 FROM generate_series(1, 60) i;
CREATE TABLE remarks (no integer PRIMARY KEY, visit integer, visit_at date, FOREIGN KEY (visit, visit_at) REFERENCES visits);
INSERT INTO remarks SELECT i, id, CASE WHEN i % 5 > 0 THEN at END FROM generate_series(1, 40) i JOIN visits ON id = 1 + i * 11 % 60;

-- parents told by another key than their primary one; values that are equal, but not identical
CREATE TABLE tags (id integer PRIMARY KEY, name citext UNIQUE, weight numeric UNIQUE NOT NULL, code char(4) UNIQUE, share double precision UNIQUE);
INSERT INTO tags SELECT i, 'Tag' || i, i, 'c' || i, CASE WHEN i = 1 THEN '-0' WHEN i = 2 THEN 'NaN'::float8 ELSE i END FROM generate_series(1, 30) i;
CREATE TABLE tagged (
    no integer PRIMARY KEY,
    by_name citext REFERENCES tags (name),
    by_weight numeric REFERENCES tags (weight),
    by_number bigint REFERENCES tags (weight),
    by_code varchar(9) REFERENCES tags (code),
    by_share double precision REFERENCES tags (share)
);
INSERT INTO tagged SELECT i, 'TAG' || 1 + i % 30, (1 + i * 7 % 30)::numeric(9, 3), 1 + i * 11 % 30, 'c' || 1 + i * 13 % 30,
       CASE i WHEN 1 THEN 0 WHEN 2 THEN 'NaN'::float8 END FROM generate_series(1, 30) i;

-- names
CREATE TABLE "My.Schema"."Order ""Items""" ("Id" integer PRIMARY KEY, "Person Id" integer REFERENCES people, select_ text);
INSERT INTO "My.Schema"."Order ""Items""" SELECT i, 1 + i * 17 % 60, 'x' FROM generate_series(1, 30) i;

-- rows whose parents are not there
CREATE TABLE loose (id integer PRIMARY KEY, person integer, team integer);
INSERT INTO loose SELECT i, CASE WHEN i % 5 = 0 THEN 1000 + i WHEN i % 2 = 0 THEN i END, CASE WHEN i % 6 = 0 THEN 99 ELSE 1 + i % 12 END FROM generate_series(1, 40) i;
ALTER TABLE loose ADD CONSTRAINT loose_person FOREIGN KEY (person) REFERENCES people NOT VALID;
ALTER TABLE loose ADD CONSTRAINT loose_team FOREIGN KEY (team) REFERENCES teams NOT VALID;

-- no key, and rows that are alike
CREATE TABLE heap (person integer REFERENCES people, word text);
INSERT INTO heap SELECT 1 + i % 20, CASE WHEN i % 3 > 0 THEN 'w' END FROM generate_series(1, 60) i;

-- two keys to one table, and unique ones
CREATE TABLE follows (who integer REFERENCES people, whom integer REFERENCES people, PRIMARY KEY (who, whom), CHECK (who <> whom));
INSERT INTO follows SELECT i, 1 + i * 7 % 60 FROM generate_series(1, 40) i WHERE i <> 1 + i * 7 % 60;
CREATE TABLE seats (id integer PRIMARY KEY, person integer REFERENCES people, spare integer REFERENCES people);
INSERT INTO seats SELECT i, i, i FROM generate_series(1, 12) i;
CREATE UNIQUE INDEX ON seats (person) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX ON seats (spare);
CREATE UNIQUE INDEX ON seats (spare, id);
CREATE TABLE shelves (id integer PRIMARY KEY, helper integer REFERENCES people);
INSERT INTO shelves SELECT i, i FROM generate_series(1, 12) i;
CREATE UNIQUE INDEX ON shelves ((helper + 1));
