-- SPDX-License-Identifier: PostgreSQL
-- A finished PostgreSQL copy that is read once more: rows, parents, and every text of its schema.
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('label of Ann', 'other');
CREATE TABLE parents (id integer PRIMARY KEY, "Odd ""Name" text);
CREATE TABLE children (id integer, parent integer, note text DEFAULT 'default of Ann');
CREATE TABLE app.events (id integer, day date) PARTITION BY RANGE (day);
CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE app.events_2 PARTITION OF app.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE heirs () INHERITS (children);
CREATE TABLE bookings (room integer, during daterange);
CREATE TABLE stays (room integer, during daterange);
CREATE TABLE seats (line integer, place integer);
INSERT INTO seats VALUES (1, 1), (1, 2);
CREATE TABLE tickets (line integer, place integer);
INSERT INTO tickets VALUES (1, 1), (1, NULL), (NULL, 2), (9, 9), (NULL, NULL);
ALTER TABLE children ADD CONSTRAINT checked CHECK (note <> 'check of Ann');
COMMENT ON TABLE children IS 'comment on Ann';
CREATE VIEW seen AS SELECT 'view of Ann'::text AS word;
CREATE FUNCTION told() RETURNS text LANGUAGE sql AS $$SELECT 'function of Ann'$$;
ALTER DATABASE load SET "app.name" = 'setting of Ann';
INSERT INTO parents VALUES (1, 'a'), (2, NULL);
INSERT INTO children VALUES (1, 1, 'x'), (2, 7, NULL), (3, NULL, ''), (4, 2, E'tab\tand "quotes"');
INSERT INTO heirs VALUES (9, 9, 'of an heir');
INSERT INTO app.events VALUES (1, '2024-05-01'), (2, '2025-05-01');
INSERT INTO bookings VALUES (1, '[2024-01-01,2024-01-10)'), (1, '[2024-01-10,2024-01-20)');
INSERT INTO stays VALUES (1, '[2024-01-05,2024-01-15)'), (1, '[2024-01-15,2024-01-25)'),
    (2, '[2024-01-05,2024-01-06)'), (NULL, '[2024-01-05,2024-01-06)');
