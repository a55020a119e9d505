-- SPDX-License-Identifier: PostgreSQL
-- Nine statements that fail, one after the other; none of them hides what the next fails for.
ALTER TABLE p ALTER COLUMN v SET NOT NULL;
ALTER TABLE p ADD CONSTRAINT p_code UNIQUE (code);
BEGIN;
ALTER TABLE p ALTER COLUMN n TYPE int USING n::int;
ALTER TABLE c ADD CONSTRAINT c_p FOREIGN KEY (p) REFERENCES p(id);
ALTER TABLE p ADD COLUMN z int NOT NULL;
UPDATE p SET z = 1;
ALTER TABLE p ADD CONSTRAINT v_small CHECK (v < 50);
COMMIT;
CREATE UNIQUE INDEX CONCURRENTLY p_v ON p ((v % 97));
INSERT INTO c VALUES (1, 1);
COPY c FROM stdin;
201	1
\.
ALTER TABLE nope ADD x int;
BEGIN;
RELEASE SAVEPOINT nobody_made_it;
SELECT 1;
COMMIT;
