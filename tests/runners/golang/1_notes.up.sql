CREATE TABLE notes (id serial PRIMARY KEY, body text);
INSERT INTO notes (body) SELECT 'b' || g FROM generate_series(1, 50) g;
SET LOCAL lock_timeout = '1s';
ALTER TABLE t ADD COLUMN flag boolean DEFAULT false;
