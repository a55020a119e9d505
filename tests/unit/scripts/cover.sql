-- SPDX-License-Identifier: PostgreSQL
-- Features of every kind, and the ways in which a row may be found.
CREATE TYPE state AS ENUM ('new', 'paid', 'lost', 'never');

CREATE TABLE shops (id integer PRIMARY KEY, name text, boss_id integer REFERENCES shops);
INSERT INTO shops SELECT i, CASE WHEN i = 4 THEN '' WHEN i = 5 THEN U&'Caf\00E9' WHEN i = 6 THEN E'two\nlines' ELSE 'shop ' || i END, nullif(i / 2, 0)
FROM generate_series(1, 40) i;

CREATE TABLE customers (
    id uuid PRIMARY KEY,
    code text UNIQUE NOT NULL,
    shop_id integer NOT NULL REFERENCES shops,
    is_new boolean NOT NULL,
    is_paying boolean NOT NULL,
    is_gone boolean,
    born date,
    spent numeric(9,2),
    CONSTRAINT gone_or_paying CHECK (is_gone IS NULL OR is_paying OR NOT is_gone OR spent / nullif(spent, 0) = 1)
);
INSERT INTO customers
SELECT md5(i::text)::uuid, 'c' || i, 1 + (i * i) % 30, i % 2 = 0, i % 3 = 0, CASE WHEN i % 5 > 0 THEN i = 49 END,
       CASE WHEN i = 11 THEN 'infinity' WHEN i = 12 THEN '0044-03-15 BC' WHEN i = 13 THEN '2000-02-29' WHEN i = 14 THEN '1999-12-31' WHEN i = 15 THEN '2001-01-01' WHEN i = 16 THEN '5000000-02-29'
            WHEN i % 7 > 0 THEN date '1970-03-02' + i * 31 END,
       CASE WHEN i = 20 THEN 0 WHEN i = 21 THEN -5 ELSE i * 1.25 END
FROM generate_series(1, 60) i;

CREATE TABLE orders (shop_id integer REFERENCES shops, number integer, customer_id uuid REFERENCES customers, state state NOT NULL, PRIMARY KEY (shop_id, number));
INSERT INTO orders SELECT 1 + i % 9, i, CASE WHEN i % 4 > 0 THEN md5((1 + i % 25)::text)::uuid END, (CASE WHEN i = 33 THEN 'lost' WHEN i % 2 = 0 THEN 'paid' ELSE 'new' END)::state
FROM generate_series(1, 90) i;

CREATE TABLE lines (shop_id integer, number integer, code text REFERENCES customers (code), amount smallint, FOREIGN KEY (shop_id, number) REFERENCES orders); -- no key
INSERT INTO lines SELECT 1 + i % 9, i, 'c' || (1 + i % 17), i % 3 FROM generate_series(1, 60) i;
INSERT INTO lines SELECT 1 + i % 9, i, NULL, 1 FROM generate_series(1, 8) i, generate_series(1, 3); -- alike

CREATE TABLE notes (id bigint PRIMARY KEY, customer_code text, kind varchar(9)); -- whole, or without rows
INSERT INTO notes SELECT i, 'c' || i, CASE WHEN i < 4 THEN 'rare' ELSE 'usual' END FROM generate_series(1, 30) i;

DO $$ -- more flags than anybody looks at in pairs
BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (id integer PRIMARY KEY, ' || string_agg('c' || i || ' boolean', ', ') || ')' FROM generate_series(1, 30) i);
END $$;
INSERT INTO wide (id, c1, c30) SELECT i, i % 2 = 0, i > 6 FROM generate_series(1, 12) i;
