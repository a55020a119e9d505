-- SPDX-License-Identifier: PostgreSQL
-- For init and pull: columns whose checks, indexes, domains and partitions refuse what their names suggest.
CREATE DOMAIN posint AS integer CHECK (VALUE > 0);
CREATE DOMAIN code AS text CHECK (VALUE ~ '^[A-Z]{2}-[0-9]{4}$');
CREATE TABLE people (
    id bigint PRIMARY KEY,
    email text NOT NULL CHECK (email ~ '@' AND email = lower(email)),
    short_mail varchar(14),
    state text NOT NULL CHECK (state IN ('open', 'shut')),
    kind text CHECK (kind = ANY (ARRAY['a', 'b'])),
    ref code UNIQUE,
    zip text CHECK (length(zip) = 5),
    age posint,
    born date CHECK (born < '2020-01-01'),
    started date, ended date, CHECK (started <= ended),
    name text UNIQUE CHECK (name <> ''));
CREATE UNIQUE INDEX ON people (lower(email));
INSERT INTO people SELECT i, 'user' || i || '@corp.test', 'u' || i || '@x.test', (ARRAY['open','shut'])[1 + i % 2], (ARRAY['a','b'])[1 + i % 2],
    'AB-' || lpad(i::text, 4, '0'), lpad((i * 37)::text, 5, '0'), 1 + i % 80, date '1950-01-01' + i * 200, date '2020-01-01' + i, date '2020-01-05' + i * 2,
    'Person Number ' || i FROM generate_series(1, 60) i;
CREATE TABLE visits (id bigint, at date NOT NULL, who text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
INSERT INTO visits SELECT i, date '2024-01-01' + i % 59, 'Ann Baker ' || i FROM generate_series(1, 70) i;
