-- SPDX-License-Identifier: PostgreSQL
-- People, what they wrote, and where their addresses stand a second time: for masks and the search for originals.
CREATE TYPE state AS ENUM ('new', 'active', 'closed');
CREATE TABLE accounts (
    id integer PRIMARY KEY,
    email text NOT NULL UNIQUE,
    name text,
    phone varchar(40),
    born date,
    state state NOT NULL,
    status text NOT NULL CHECK (length(status) < 20),
    token text UNIQUE,
    settings jsonb,
    aliases text[]
);
INSERT INTO accounts SELECT i, format('quentin%s.vandermeer%s@vandermeer-works.de', i, i * 31), format('Quentin%s Vandermeer%s', i, i * 31),
    CASE WHEN i % 4 > 0 THEN '+49 30 ' || 5550000 + i * 37 END, date '1950-01-01' + i * 131, (enum_range(NULL::state))[1 + i % 3],
    (ARRAY['gold', 'silver'])[1 + i % 2], md5('token' || i), jsonb_build_object('mail', format('second%s@vandermeer-works.de', i * 17), 'theme', 'dark'),
    CASE WHEN i % 3 > 0 THEN ARRAY[format('alias%s.of.quentin', i), ''] END
FROM generate_series(1, 40) i;
UPDATE accounts SET name = '' WHERE id = 7;
CREATE TABLE logins (id bigint PRIMARY KEY, email text REFERENCES accounts (email), at timestamptz NOT NULL, ok boolean);
INSERT INTO logins SELECT i, email, timestamptz '2024-01-01 00:00+00' + i * interval '7 hours', i % 5 > 0
FROM generate_series(1, 50) i LEFT JOIN accounts ON accounts.id = i % 41;
CREATE TABLE messages (id integer PRIMARY KEY, account integer REFERENCES accounts, subject text, body text);
INSERT INTO messages SELECT i, 1 + i % 40, 'Regarding your order', format('Dear Quentin%s Vandermeer%s, please call us back about parcel %s.', 1 + i % 40, (1 + i % 40) * 31, i)
FROM generate_series(1, 30) i;
CREATE TABLE pages (id integer PRIMARY KEY, slug text NOT NULL, body text);
INSERT INTO pages VALUES (1, 'about', 'We make things.'), (2, 'contact', 'Write to quentin5.vandermeer155@vandermeer-works.de, please.'), (3, 'empty', NULL);
CREATE TABLE kinds (code text PRIMARY KEY, label text);
INSERT INTO kinds VALUES ('a', 'First'), ('b', 'Second');
