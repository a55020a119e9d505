-- migrate:up
CREATE TABLE notes (id serial PRIMARY KEY, body text);
INSERT INTO notes (body) SELECT 'b' || g FROM generate_series(1, 50) g;
ALTER TABLE t ADD COLUMN flag boolean DEFAULT false;

-- migrate:down
DROP TABLE notes;
