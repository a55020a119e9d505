BEGIN;
CREATE TABLE notes (id serial PRIMARY KEY, t bigint REFERENCES t (id), body text);
INSERT INTO notes (t, body) SELECT id, 'n' FROM t WHERE id <= 10;
COMMIT;
CREATE INDEX CONCURRENTLY notes_t ON notes (t);
ALTER TABLE t ALTER COLUMN kept TYPE bigint;
