-- SPDX-License-Identifier: PostgreSQL
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN plain AS text;
CREATE DOMAIN loose AS int;
CREATE TABLE p (id int PRIMARY KEY, name text);
INSERT INTO p SELECT g, 'p' || g FROM generate_series(1, 50) g;
CREATE TABLE t (id int PRIMARY KEY, p int CONSTRAINT t_p REFERENCES p, r int, email varchar(20), amount numeric(10, 2), at timestamp(3),
    tz timestamptz, note text, flag boolean, doc json, mood mood, x int, y int CONSTRAINT y_there CHECK (y IS NOT NULL), net cidr);
INSERT INTO t SELECT g, 1 + g % 50, 1 + g % 50, 'u' || g, g, timestamp '2020-01-01' + g * interval '1 hour', now(), 'n' || g, true, '{}', 'ok', g, g, '10.0.0.0/8'
    FROM generate_series(1, 500) g;
ALTER TABLE t ADD CONSTRAINT x_later CHECK (x > 0) NOT VALID;
ALTER TABLE t ADD CONSTRAINT r_later FOREIGN KEY (r) REFERENCES p NOT VALID;
CREATE INDEX t_email ON t (email);
CREATE INDEX t_amount ON t (amount);
CREATE INDEX t_at ON t (at);
CREATE INDEX t_note ON t (note);
CREATE UNIQUE INDEX t_ready ON t (x);
CREATE TABLE c (id int PRIMARY KEY, t int CONSTRAINT c_t REFERENCES t);
INSERT INTO c SELECT g, g FROM generate_series(1, 100) g;
CREATE TABLE dt (v positive, w plain, z loose);
INSERT INTO dt SELECT g, 'x', g FROM generate_series(1, 100) g;
CREATE TABLE q (id int, d int) PARTITION BY RANGE (d);
CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (100);
CREATE TABLE qd PARTITION OF q DEFAULT;
INSERT INTO q SELECT g, g FROM generate_series(0, 99) g;
INSERT INTO q SELECT g, g FROM generate_series(500, 599) g;
CREATE TABLE n (id int, d int);
INSERT INTO n SELECT g, g FROM generate_series(200, 250) g;
CREATE TABLE proven (id int, d int, CHECK (d IS NOT NULL AND d >= 300 AND d < 400));
INSERT INTO proven SELECT g, g FROM generate_series(300, 350) g;
CREATE TABLE o (id int, d int);
CREATE VIEW v AS SELECT id, p FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT id, p FROM t;
CREATE UNIQUE INDEX mv_id ON mv (id);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER ready BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nothing();
