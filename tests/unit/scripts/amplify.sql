-- SPDX-License-Identifier: PostgreSQL
-- A sample of a small shop, without keys and indexes that would be in the way of writing: they are in the catalog only.
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL UNIQUE, phone varchar(20) UNIQUE, code uuid UNIQUE,
    referrer int REFERENCES customers, born date, score float8, created timestamptz, closed timestamptz, CHECK (closed >= created));
CREATE TABLE products (id int PRIMARY KEY, sku text NOT NULL UNIQUE, price numeric(8, 2) CHECK (price > 0));
CREATE TABLE orders (id bigint PRIMARY KEY, customer int REFERENCES customers, at timestamptz NOT NULL, note text);
CREATE TABLE items (order_id bigint REFERENCES orders, line int, product int NOT NULL REFERENCES products, qty int,
    twice int GENERATED ALWAYS AS (qty * 2) STORED, PRIMARY KEY (order_id, line));
CREATE TABLE reviews (id int PRIMARY KEY, order_id bigint, line int, raw bytea, FOREIGN KEY (order_id, line) REFERENCES items);
CREATE TABLE days (day date PRIMARY KEY, open boolean);
CREATE TABLE visits (id int, day date REFERENCES days, PRIMARY KEY (id));
CREATE TABLE settings (name text PRIMARY KEY, value text);
CREATE TABLE ranges (id int, during int4range, EXCLUDE USING gist (during WITH &&));
INSERT INTO customers SELECT g, 'c' || g || '@example.com', '+9990000000' || g, md5(g::text)::uuid, CASE WHEN g % 4 = 0 THEN g / 2 END,
    date '1980-01-01' + g * 100, g * 1.5, timestamptz '2024-01-01 00:00:00+00' + g * interval '5 days', NULL FROM generate_series(1, 40) g;
UPDATE customers SET closed = created + interval '1 day' WHERE id % 10 = 0;
INSERT INTO products SELECT g, 'SKU-' || lpad(g::text, 4, '0'), g FROM generate_series(1, 10) g;
INSERT INTO orders SELECT g, CASE WHEN g % 25 = 0 THEN NULL ELSE 1 + g % 30 END, timestamptz '2024-06-01 00:00:00+00' + g * interval '1 hour', 'a note of number ' || g FROM generate_series(1, 100) g;
INSERT INTO items SELECT o, l, 1 + (o * l) % 10, l FROM generate_series(1, 100) o, generate_series(1, 1 + o % 3) l;
INSERT INTO reviews SELECT g, g, 1, decode(md5(g::text), 'hex') FROM generate_series(1, 50) g;
INSERT INTO days SELECT date '2024-01-01' + g, true FROM generate_series(1, 20) g;
INSERT INTO visits SELECT g, date '2024-01-01' + 1 + g % 20 FROM generate_series(1, 60) g;
INSERT INTO settings SELECT 's' || g, 'v' FROM generate_series(1, 5) g;
INSERT INTO ranges SELECT g, int4range(g * 10, g * 10 + 5) FROM generate_series(1, 5) g;
