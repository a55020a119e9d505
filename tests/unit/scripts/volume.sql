-- SPDX-License-Identifier: PostgreSQL
-- A table that production has more of, one that it does not have, and a partitioned one.
CREATE TABLE orders (id int PRIMARY KEY, status text, note text);
INSERT INTO orders SELECT g, CASE g % 3 WHEN 0 THEN 'open' ELSE 'done' END, repeat('x', 40) FROM generate_series(1, 1000) g;
CREATE INDEX of_the_copy ON orders (status);
CREATE TABLE "Orders" (id int);
CREATE TABLE alone (id int) WITH (autovacuum_enabled = off);
CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ON parts (at);
CREATE MATERIALIZED VIEW sums AS SELECT status, count(*) FROM orders GROUP BY 1;
CREATE VIEW seen AS SELECT * FROM orders;
