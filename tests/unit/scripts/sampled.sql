-- SPDX-License-Identifier: PostgreSQL
-- Customers with all that they own, what they share, whales and orphans: for samples by every policy.
CREATE TABLE countries (code char(2) PRIMARY KEY, name text);
INSERT INTO countries SELECT chr(65 + i) || 'X', 'Country ' || i FROM generate_series(0, 7) i;
CREATE TABLE customers (
    id integer PRIMARY KEY,
    name text,
    plan text NOT NULL,
    country char(2) REFERENCES countries,
    referrer integer REFERENCES customers,
    credit numeric(10,2)
);
INSERT INTO customers SELECT i, 'Customer ' || i, CASE WHEN i % 20 = 0 THEN 'rare' ELSE (ARRAY['free', 'paid'])[1 + i % 2] END,
    chr(65 + i % 8) || 'X', CASE WHEN i % 6 = 0 THEN i / 3 END, (i * 37 % 1000) / 4.0 FROM generate_series(1, 120) i;
CREATE TABLE products (sku text PRIMARY KEY, price integer NOT NULL);
INSERT INTO products SELECT 'P-' || i, i * 3 FROM generate_series(1, 40) i;
CREATE TABLE orders (id integer PRIMARY KEY, customer integer NOT NULL REFERENCES customers ON DELETE CASCADE, placed date, total integer);
INSERT INTO orders SELECT i, CASE WHEN i > 160 THEN 9 ELSE 1 + i * 7 % 120 END, date '2024-01-01' + i % 90, i % 100 FROM generate_series(1, 220) i;
CREATE TABLE lines (order_id integer REFERENCES orders ON DELETE CASCADE, no smallint, sku text REFERENCES products, PRIMARY KEY (order_id, no));
INSERT INTO lines SELECT 1 + i % 220, i / 220, 'P-' || 1 + i % 40 FROM generate_series(0, 159) i;
CREATE TABLE reviews (id integer PRIMARY KEY, customer integer REFERENCES customers, sku text, stars smallint);
INSERT INTO reviews SELECT i, 1 + i * 7 % 120, 'P-' || 1 + i % 40, i % 6 FROM generate_series(1, 80) i;
CREATE TABLE agents (id integer PRIMARY KEY, team text);
INSERT INTO agents SELECT i, 'team ' || i % 3 FROM generate_series(1, 30) i;
CREATE TABLE calls (id integer PRIMARY KEY, customer integer REFERENCES customers, agent integer REFERENCES agents);
INSERT INTO calls SELECT i, 1 + i * 11 % 120, 1 + i * i % 30 FROM generate_series(1, 90) i;
CREATE TABLE visits (customer integer REFERENCES customers, at timestamp, page text);
INSERT INTO visits SELECT 1 + i * 13 % 120, timestamp '2024-01-01' + i * interval '1 hour', 'page ' || i % 4 FROM generate_series(1, 50) i;
CREATE TABLE refunds (id integer PRIMARY KEY, order_id integer, amount integer);
INSERT INTO refunds SELECT i, CASE WHEN i % 4 = 0 THEN 10000 + i ELSE i * 7 END, i FROM generate_series(1, 30) i;
ALTER TABLE refunds ADD CONSTRAINT refunds_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders NOT VALID;
CREATE TABLE audit (id integer PRIMARY KEY, what text);
INSERT INTO audit SELECT i, 'change ' || i FROM generate_series(1, 20) i;
-- It is a copy itself, as its mark says.
COMMENT ON DATABASE sampled IS 'staging [decant 20200101000000x00abcd]';
