-- SPDX-License-Identifier: PostgreSQL

CREATE DOMAIN score AS int;
CREATE TABLE parent (a int, b int, PRIMARY KEY (a, b));
INSERT INTO parent SELECT g, g FROM generate_series(1, 90) g;
CREATE TABLE rows (id int PRIMARY KEY, a int, b int, email text, room int4range, span int4range, n bigint, word text, day text, points score, later int);
INSERT INTO rows SELECT g, g, g, 'u' || g % 97, int4range(g, g + 1), int4range(g, g + 1), g, 'word', '2020-01-01', 5, g FROM generate_series(1, 100) g;
UPDATE rows SET a = NULL WHERE id IN (95, 96);
UPDATE rows SET later = NULL WHERE id <= 7;
UPDATE rows SET n = 99999999999 WHERE id IN (3, 4, 5);
UPDATE rows SET word = 'far too long' WHERE id IN (8, 9);
UPDATE rows SET day = 'no day' WHERE id = 12;
UPDATE rows SET points = -1 WHERE id IN (20, 21, 22, 23);
UPDATE rows SET room = '[7,8)', span = '[500,510)' WHERE id IN (40, 41, 42);
