ALTER TABLE t ALTER COLUMN kept TYPE bigint;
UPDATE t SET note = 'x' WHERE id % 7 = 0;
