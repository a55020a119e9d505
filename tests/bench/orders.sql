-- SPDX-License-Identifier: PostgreSQL
-- One wide table of :rows rows, 11 columns, about 230 bytes each in COPY BINARY.
CREATE TABLE big_orders (
    id bigint PRIMARY KEY,
    customer_id integer NOT NULL,
    name varchar(40) NOT NULL,
    email varchar(60) NOT NULL,
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    total numeric(12, 2) NOT NULL,
    is_gift boolean NOT NULL,
    attributes jsonb NOT NULL,
    note text,
    coupon text
);
INSERT INTO big_orders
SELECT i, i * 7919 % 500000, 'Customer ' || i * 31 % 800000, 'user' || i % 900000 || '@example.com',
       timestamptz '2020-01-01 UTC' + i::float8 * interval '17 seconds',
       CASE WHEN i % 10 > 0 THEN timestamptz '2020-01-01 UTC' + i::float8 * interval '18 seconds' END,
       i * 37 % 1000000 / 100.0, i % 20 = 0,
       jsonb_build_object('channel', i % 5, 'tags', jsonb_build_array(i % 7, 'x' || i % 11)),
       CASE WHEN i % 4 > 0 THEN 'left at the door of number ' || i % 300 || ', call '
            || md5(i::text) || ' when the driver is near' END,
       CASE WHEN i % 9 = 0 THEN 'SAVE' || i % 100 END
FROM generate_series(1, :rows::bigint) i;
VACUUM (FREEZE, ANALYZE) big_orders;
