-- SPDX-License-Identifier: PostgreSQL
-- A source whose schema a PostgreSQL copy takes over, and databases that are in the way of copies.
CREATE TABLE parents (id serial PRIMARY KEY, label text UNIQUE);
CREATE TABLE children (id serial PRIMARY KEY, parent integer REFERENCES parents, amount integer);
CREATE TABLE "Odd ""Name" ("a.b" integer);
CREATE TABLE "left out" (a integer);
CREATE TABLE other (id integer PRIMARY KEY, more integer REFERENCES parents);
CREATE FUNCTION is_known(integer) RETURNS boolean LANGUAGE sql STABLE AS
    'SELECT EXISTS (SELECT 1 FROM public.parents WHERE id = $1)';
ALTER TABLE children ADD CONSTRAINT children_known CHECK (is_known(parent));
CREATE SEQUENCE alone;
CREATE PUBLICATION everything;
INSERT INTO parents (label) VALUES ('a'), ('b');
INSERT INTO children (parent) VALUES (1);
ALTER DATABASE restore SET "app.tenant" = 'x; RESET ALL';
ALTER DATABASE restore SET "app.jwt_secret" = 'y';
ALTER DATABASE restore SET work_mem = '8MB';
ALTER DATABASE restore SET bytea_output = 'escape';
CREATE ROLE reader;
ALTER ROLE reader IN DATABASE restore SET intervalstyle = 'iso_8601';
CREATE DATABASE theirs;
CREATE DATABASE nothing;
CREATE DATABASE ours;
ALTER DATABASE ours SET decant.run = '20250101000000x000000';
ALTER DATABASE ours SET work_mem = '9MB';
COMMENT ON DATABASE ours IS 'for the tests';
ALTER DATABASE ours CONNECTION LIMIT 17;
GRANT CONNECT ON DATABASE ours TO reader WITH GRANT OPTION;
CREATE DATABASE marked;
COMMENT ON DATABASE marked IS 'of the tests [decant 20250101000000xabcdef]';
CREATE DATABASE ours__decant_20250101000000x00000a;
CREATE DATABASE ours__decant_notes;
CREATE DATABASE ours__prev_20240101000000x00000a;
CREATE DATABASE ours__prev_20230101000000x00000a;
\connect theirs
CREATE TABLE a (b integer);
\connect ours
CREATE TABLE gone (a integer);
GRANT SELECT ON gone TO reader;
GRANT USAGE ON SCHEMA public TO reader;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;
