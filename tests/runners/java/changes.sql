--liquibase formatted sql
--changeset decant:1
CREATE TABLE notes (id serial PRIMARY KEY, body text);
INSERT INTO notes (body) SELECT 'b' || g FROM generate_series(1, 50) g;
--changeset decant:2
ALTER TABLE t ALTER COLUMN kept TYPE bigint;
--changeset decant:3 runInTransaction:false
CREATE INDEX CONCURRENTLY t_kept ON t (kept);
