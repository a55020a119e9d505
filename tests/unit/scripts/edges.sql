-- SPDX-License-Identifier: PostgreSQL
-- Rows of rare states, patterns of NULLs and extreme values.
CREATE TYPE state AS ENUM ('new', 'paid', 'lost');

CREATE TABLE customers (
    id integer PRIMARY KEY,
    tier text,              -- 'rare' of 6 rows, 'single' of one
    born date,
    spent numeric,
    score double precision, -- NaN and infinities
    note text
);
INSERT INTO customers
SELECT i, CASE WHEN i = 50 THEN 'single' WHEN i % 9 = 3 THEN 'rare' ELSE 'basic' END,
       CASE WHEN i = 41 THEN '-infinity' WHEN i = 42 THEN '0044-03-15 BC' WHEN i % 5 > 0 THEN date '1960-01-01' + i * 131 END,
       CASE WHEN i = 31 THEN 'NaN' ELSE i * 1.5 END,
       CASE WHEN i = 7 THEN 'NaN' WHEN i = 8 THEN 'Infinity' WHEN i = 9 THEN '-Infinity' ELSE i / 4.0 END,
       CASE WHEN i % 12 = 1 THEN repeat('x', i) END
FROM generate_series(1, 51) i;

CREATE TABLE orders (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE,
    state state NOT NULL,
    total integer NOT NULL
);
INSERT INTO orders SELECT i, 1 + (i * i) % 40, CASE WHEN i % 10 = 2 THEN 'lost' ELSE 'new' END::state, i FROM generate_series(1, 60) i;

CREATE TABLE products (sku text PRIMARY KEY, title text);
INSERT INTO products SELECT format('SKU-%s', i), CASE WHEN i % 3 > 0 THEN 'Thing' END FROM generate_series(1, 20) i;

CREATE TABLE reviews (
    id integer PRIMARY KEY,
    customer_id integer REFERENCES customers,
    sku text REFERENCES products,
    stars smallint
);
INSERT INTO reviews SELECT i, CASE WHEN i % 6 > 0 THEN 1 + i % 45 END, CASE WHEN i % 4 > 0 THEN format('SKU-%s', 1 + (i * i) % 20) END, i % 6
FROM generate_series(1, 50) i;

CREATE TABLE favourites (customer_id integer REFERENCES customers, sku text REFERENCES products, PRIMARY KEY (customer_id, sku));
INSERT INTO favourites SELECT i, format('SKU-%s', 1 + i % 13) FROM generate_series(1, 20) i;

CREATE TABLE log (customer_id integer REFERENCES customers, what text); -- no key, and rows that are alike
INSERT INTO log SELECT CASE WHEN i % 4 > 0 THEN 1 + i % 8 END, CASE WHEN i % 3 > 0 THEN 'w' END FROM generate_series(1, 30) i;

CREATE TABLE moods (id integer PRIMARY KEY, word text); -- more words than make a list of states
INSERT INTO moods SELECT i, 'word ' || i % 51 FROM generate_series(0, 254) i;

DO $$ -- more columns than one number has bits
BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (id integer PRIMARY KEY, ' || string_agg('c' || i || ' boolean', ', ') || ')' FROM generate_series(1, 65) i);
END $$;
INSERT INTO wide (id, c1, c64) SELECT i, i % 2 = 0, CASE WHEN i > 6 THEN true END FROM generate_series(1, 12) i;
