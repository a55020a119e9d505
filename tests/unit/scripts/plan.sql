-- SPDX-License-Identifier: PostgreSQL
-- Defaults of every kind: constants, calls, and what belongs to somebody.
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE DOMAIN feeling AS mood;
CREATE SCHEMA "Odd.Schema";
CREATE TYPE "Odd.Schema"."Type" AS ENUM ('a');

CREATE TABLE constants (
    id integer PRIMARY KEY,
    n integer DEFAULT 12,
    negative bigint DEFAULT -9223372036854775807,
    price numeric(10,2) DEFAULT 1.50,
    not_a_number numeric DEFAULT 'NaN',
    quoted text DEFAULT 'it''s "x", \ and äöü',
    empty varchar(10) DEFAULT '',
    padded char(4) DEFAULT 'ab',
    moment timestamp(3) DEFAULT '2020-01-01 00:00:00.5',
    zoned timestamptz DEFAULT '2020-06-01 12:00:00+02',
    bc date DEFAULT '0044-03-15 BC',
    forever date DEFAULT 'infinity',
    flag boolean DEFAULT true,
    half double precision DEFAULT 0.5,
    minus_zero real DEFAULT '-0',
    raw bytea DEFAULT '\x00ff',
    bits bit(3) DEFAULT B'101',
    "char" "char" DEFAULT 'x',
    "Odd ""Name" uuid DEFAULT '0a0b0c0d-0000-0000-0000-000000000001',
    list integer[] DEFAULT '{1,2,NULL}',
    words text[] DEFAULT ARRAY['a', 'b, c'],
    of_domain positive DEFAULT 7,
    under_domain_check positive DEFAULT -1,
    address inet DEFAULT '10.0.0.1/8',
    pause interval DEFAULT '1 year 2 days'
);
INSERT INTO constants (id, under_domain_check) VALUES (1, 1);

CREATE TABLE others (
    id serial PRIMARY KEY,
    plain integer,
    now timestamptz DEFAULT now(),
    called text DEFAULT lower('X'),
    sum integer DEFAULT 1 + 2,
    own mood DEFAULT 'good',
    own_list mood[] DEFAULT '{good}',
    odd "Odd.Schema"."Type" DEFAULT 'a',
    own_domain feeling DEFAULT 'bad',
    computed integer GENERATED ALWAYS AS (7) STORED,
    collated text DEFAULT ('x' COLLATE "C")
);
INSERT INTO others (plain) VALUES (1);
