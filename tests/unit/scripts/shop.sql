-- SPDX-License-Identifier: PostgreSQL
-- A small shop: what most tables of most databases look like.
CREATE TYPE order_state AS ENUM ('new', 'paid', 'sent', 'returned');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);

CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL);
INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France'), ('US', 'United States');

CREATE TABLE customers (
    id serial PRIMARY KEY,
    email text NOT NULL UNIQUE,
    full_name varchar(60),
    country char(2) REFERENCES countries,
    referrer integer REFERENCES customers DEFERRABLE,
    born date,
    balance numeric(12,2) NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    CHECK (born > '1900-01-01')
);
INSERT INTO customers (email, full_name, country, referrer, born, balance, created_at)
SELECT format('customer%s@shop.example', i), CASE WHEN i % 7 > 0 THEN format('Person %s', i) END,
       (ARRAY['DE', 'FR', 'US'])[1 + i % 3], CASE WHEN i % 10 = 0 THEN i / 2 END,
       date '1950-01-01' + i * 97, (i * 37 % 1000) / 8.0, timestamptz '2024-01-01 00:00+00' + i * interval '5 hours'
FROM generate_series(1, 120) i;

CREATE TABLE products (
    sku text PRIMARY KEY,
    title text NOT NULL,
    price numeric(10,2) NOT NULL CHECK (price >= 0),
    attributes jsonb,
    search tsvector
);
INSERT INTO products SELECT format('SKU-%s', i), format('Thing number %s', i), i * 1.25, jsonb_build_object('size', i % 5)
FROM generate_series(1, 30) i;

CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers ON DELETE CASCADE,
    state order_state NOT NULL DEFAULT 'new',
    placed_at timestamptz NOT NULL,
    note text,
    total numeric(12,2)
);
CREATE INDEX ON orders (customer_id);
CREATE INDEX orders_open ON orders (placed_at) WHERE state = 'new';
INSERT INTO orders (customer_id, state, placed_at, note, total)
SELECT 1 + (i * i) % 120, (enum_range(NULL::order_state))[1 + i % 4], timestamptz '2024-06-01 00:00+00' + i * interval '1 hour',
       CASE WHEN i % 5 = 0 THEN 'call customer' || i || '@shop.example' END, i * 3.5
FROM generate_series(1, 240) i;

CREATE TABLE order_lines (
    order_id bigint REFERENCES orders ON DELETE CASCADE,
    line smallint,
    sku text NOT NULL REFERENCES products,
    quantity positive NOT NULL,
    PRIMARY KEY (order_id, line)
);
INSERT INTO order_lines SELECT 1 + i % 240, i / 240, format('SKU-%s', 1 + i % 30), 1 + i % 4 FROM generate_series(0, 599) i;

CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, what text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_2023 PARTITION OF events FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
INSERT INTO events SELECT i, date '2023-06-01' + i, 'event ' || i % 3 FROM generate_series(1, 300) i;

CREATE VIEW open_orders AS SELECT * FROM orders WHERE state = 'new';
