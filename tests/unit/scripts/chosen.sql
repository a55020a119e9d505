-- SPDX-License-Identifier: PostgreSQL
-- Who follows whom: customers with orders and lines, what they like, and tables of odd identity.
CREATE TYPE state AS ENUM ('new', 'paid', 'lost');

CREATE TABLE countries (code char(2) PRIMARY KEY, name text);
INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France'), ('IS', NULL);

CREATE TABLE customers (
    id integer PRIMARY KEY,
    country char(2) REFERENCES countries,
    tier text,              -- 'rare' of 6 rows, 'single' of one
    born date,
    spent numeric,
    score double precision, -- NaN and infinities
    note text
);
INSERT INTO customers
SELECT i, CASE WHEN i % 8 <> 1 THEN (ARRAY['DE', 'FR'])[1 + i % 3 % 2] END,
       CASE WHEN i = 50 THEN 'single' WHEN i % 16 = 3 THEN 'rare' ELSE 'basic' END,
       CASE WHEN i = 61 THEN '-infinity' WHEN i = 62 THEN '0044-03-15 BC' WHEN i % 5 > 0 THEN date '1960-01-01' + i * 131 END,
       CASE WHEN i = 31 THEN 'NaN' ELSE i * 1.5 END,
       CASE WHEN i = 7 THEN 'NaN' WHEN i = 8 THEN 'Infinity' WHEN i = 9 THEN '-Infinity' ELSE i / 4.0 END,
       CASE WHEN i % 12 = 1 THEN repeat('x', i) END
FROM generate_series(1, 90) i;

CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE,
    state state NOT NULL,
    total integer NOT NULL
);
CREATE INDEX ON orders (customer_id);
INSERT INTO orders SELECT i + (1::bigint << 33), 1 + (i * i) % 80, (enum_range(NULL::state))[1 + (i % 7 = 0)::int], i FROM generate_series(1, 110) i;
UPDATE orders SET state = 'lost' WHERE total IN (11, 22, 33, 44, 55, 66);

CREATE TABLE products (sku text PRIMARY KEY, title text);
INSERT INTO products SELECT format('SKU-%s', i), CASE WHEN i % 3 > 0 THEN 'Thing' END FROM generate_series(1, 40) i;

CREATE TABLE order_lines (
    order_id bigint REFERENCES orders ON DELETE CASCADE,
    line smallint,
    sku text NOT NULL REFERENCES products,
    PRIMARY KEY (order_id, line)
);
INSERT INTO order_lines SELECT (1::bigint << 33) + 1 + i % 70, i / 70, format('SKU-%s', 1 + i % 40) FROM generate_series(0, 89) i;

CREATE TABLE reviews (
    id integer PRIMARY KEY,
    customer_id integer REFERENCES customers,
    sku text REFERENCES products,
    stars smallint
);
INSERT INTO reviews SELECT i, CASE WHEN i % 6 > 0 THEN 1 + i % 45 END, CASE WHEN i % 10 > 0 THEN format('SKU-%s', 1 + (i * i) % 20) END, i % 6
FROM generate_series(1, 70) i;

CREATE TABLE favourites ( -- nothing but who likes what
    customer_id integer REFERENCES customers,
    sku text REFERENCES products,
    PRIMARY KEY (customer_id, sku)
);
INSERT INTO favourites SELECT i, format('SKU-%s', 1 + i % 13) FROM generate_series(1, 50) i;

CREATE TABLE devices (id uuid PRIMARY KEY, name text);
INSERT INTO devices SELECT md5(i::text)::uuid, 'd' || i FROM generate_series(1, 50) i;

CREATE TABLE log (customer_id integer REFERENCES customers, what text); -- no key, and rows that are alike
INSERT INTO log SELECT CASE WHEN i % 4 > 0 THEN 1 + i % 8 END, 'w' || i % 3 FROM generate_series(1, 48) i;

CREATE TABLE nothing (id integer PRIMARY KEY, customer_id integer REFERENCES customers);
