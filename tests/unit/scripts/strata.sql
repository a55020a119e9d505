-- SPDX-License-Identifier: PostgreSQL
-- Shops of very different size, by keys that only the client hashes: with any key the same is asked.
CREATE TABLE shops (code text PRIMARY KEY, country text, size integer NOT NULL);
INSERT INTO shops SELECT format('S%s', to_char(i, 'FM00')), CASE WHEN i = 60 THEN 'IS' WHEN i % 6 = 0 THEN NULL WHEN i % 3 = 1 THEN 'DE' ELSE 'FR' END, i
FROM generate_series(1, 60) i;

CREATE TABLE sales (
    shop text NOT NULL REFERENCES shops ON DELETE CASCADE,
    no integer,
    amount integer NOT NULL,
    PRIMARY KEY (shop, no)
);
INSERT INTO sales SELECT s.code, n, 1 + (s.size * n) % 10
FROM shops s, generate_series(1, CASE s.size WHEN 1 THEN 60 WHEN 2 THEN 30 ELSE s.size % 3 END) n;

CREATE TABLE parts (
    shop text,
    sale integer,
    no integer,
    PRIMARY KEY (shop, sale, no),
    FOREIGN KEY (shop, sale) REFERENCES sales ON DELETE CASCADE
);
INSERT INTO parts SELECT s.shop, s.no, n FROM sales s, generate_series(1, CASE WHEN s.shop = 'S04' THEN 40 ELSE s.no % 2 END) n;

CREATE TABLE scores (id text PRIMARY KEY, shop text REFERENCES shops);
INSERT INTO scores SELECT 'x' || i, CASE WHEN i % 3 > 0 THEN format('S%s', to_char(1 + i % 50, 'FM00')) END FROM generate_series(1, 60) i;

CREATE TABLE clerks (id text PRIMARY KEY, name text NOT NULL);
INSERT INTO clerks SELECT 'c' || i, 'n' || i FROM generate_series(1, 40) i;

CREATE TABLE shifts ( -- of a shop and of a clerk
    shop text NOT NULL REFERENCES shops ON DELETE CASCADE,
    clerk text REFERENCES clerks,
    day integer,
    PRIMARY KEY (shop, day)
);
INSERT INTO shifts SELECT s.code, CASE WHEN (s.size + d) % 5 > 0 THEN 'c' || 1 + (s.size * d) % 40 END, d FROM shops s, generate_series(1, 2) d;
