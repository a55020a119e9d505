-- SPDX-License-Identifier: PostgreSQL
-- Who follows whom: partitions, keys of several columns, links, trees, circles, and a default that cannot be evaluated.
CREATE SCHEMA crm;
CREATE TABLE crm.regions (code char(2) PRIMARY KEY, label text NOT NULL);
INSERT INTO crm.regions VALUES ('EU', 'Europe'), ('US', 'America');
CREATE TABLE crm.accounts (
    region char(2) REFERENCES crm.regions,
    no integer,
    parent integer,
    email text NOT NULL,
    rank integer DEFAULT ('first'::text)::integer,
    score integer DEFAULT 3,
    PRIMARY KEY (region, no),
    FOREIGN KEY (region, parent) REFERENCES crm.accounts
);
INSERT INTO crm.accounts (region, no, parent, email, rank)
SELECT (ARRAY['EU', 'US'])[1 + i % 2], i, CASE WHEN i > 10 THEN i - 10 END, format('a%s@example.com', i), i
FROM generate_series(1, 1200) i;

CREATE TABLE crm.visits (
    id bigint NOT NULL,
    at date NOT NULL,
    region char(2) NOT NULL,
    account integer NOT NULL,
    PRIMARY KEY (id, at),
    FOREIGN KEY (region, account) REFERENCES crm.accounts ON DELETE CASCADE
) PARTITION BY RANGE (at);
CREATE TABLE crm.visits_old PARTITION OF crm.visits FOR VALUES FROM ('2020-01-01') TO ('2024-01-01');
CREATE TABLE crm.visits_new (account integer NOT NULL, region char(2) NOT NULL, at date NOT NULL, id bigint NOT NULL,
                             agent integer);
ALTER TABLE crm.visits ADD COLUMN agent integer;
ALTER TABLE crm.visits ATTACH PARTITION crm.visits_new FOR VALUES FROM ('2024-01-01') TO ('2030-01-01');
INSERT INTO crm.visits (id, at, region, account)
SELECT i, date '2023-06-01' + i % 700, (ARRAY['EU', 'US'])[1 + (1 + i % 1200) % 2], 1 + i % 1200 FROM generate_series(1, 1500) i;
CREATE TABLE crm.agents (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO crm.agents SELECT i, 'Agent ' || i FROM generate_series(1, 5) i;
ALTER TABLE crm.visits_old ADD FOREIGN KEY (agent) REFERENCES crm.agents;

CREATE TABLE crm.tags (id integer PRIMARY KEY, label text NOT NULL);
INSERT INTO crm.tags SELECT i, 'tag ' || i FROM generate_series(1, 1100) i;
CREATE TABLE crm.tagged (
    region char(2), account integer, tag integer REFERENCES crm.tags, since date,
    PRIMARY KEY (region, account, tag),
    FOREIGN KEY (region, account) REFERENCES crm.accounts ON DELETE CASCADE
);
INSERT INTO crm.tagged SELECT (ARRAY['EU', 'US'])[1 + i % 2], i, 1 + i % 1100, date '2024-01-01' FROM generate_series(1, 1150) i;

CREATE TABLE crm."Odd.Name" (id integer PRIMARY KEY, "of a" integer);
ALTER TABLE crm."Odd.Name" ADD FOREIGN KEY ("of a") REFERENCES crm.tags NOT VALID;
