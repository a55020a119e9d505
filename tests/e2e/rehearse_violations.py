#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Seeded violations of ten classes, and how many rows each must find: rehearse_violations.py DECANT ADDRESS FOLDER"""
import json
import subprocess
import sys

decant, address, work = sys.argv[1:4]
CASES = [
    ('ALTER TABLE rows ALTER COLUMN later SET NOT NULL;', 7),
    ('ALTER TABLE rows ADD PRIMARY KEY (later);', None),
    ('ALTER TABLE rows ADD COLUMN k int NOT NULL;', 100),
    ('ALTER TABLE rows ADD CONSTRAINT k CHECK (later > 10);', 3),
    ('ALTER TABLE rows ADD CONSTRAINT k CHECK (later > 10) NOT VALID; ALTER TABLE rows VALIDATE CONSTRAINT k;', 3),
    ('ALTER TABLE rows ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES parent;', 8),
    ('ALTER TABLE rows ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES parent MATCH FULL;', 10),
    ('ALTER TABLE rows ADD CONSTRAINT k FOREIGN KEY (a, b) REFERENCES parent NOT VALID; ALTER TABLE rows VALIDATE CONSTRAINT k;', 8),
    ('CREATE UNIQUE INDEX ON rows (email);', 6),
    ('CREATE UNIQUE INDEX CONCURRENTLY k ON rows (email);', 6),
    ('CREATE UNIQUE INDEX k ON rows (lower(email), (id > 50)) WHERE id < 99;', 0),
    ('CREATE UNIQUE INDEX k ON rows ((email || later)) ;', 0),
    ('CREATE UNIQUE INDEX k ON rows (word);', 98 + 2),
    ('ALTER TABLE rows ADD CONSTRAINT k UNIQUE (email);', 6),
    ('ALTER TABLE rows ADD UNIQUE (later, word);', 0),
    ('CREATE UNIQUE INDEX k ON rows (later) NULLS NOT DISTINCT;', 7),
    ('ALTER TABLE rows ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (later);', 7),
    ('ALTER TABLE rows ADD CONSTRAINT k EXCLUDE USING gist (room WITH =, span WITH &&);', 3),
    ('ALTER TABLE rows ADD CONSTRAINT k EXCLUDE USING gist (room WITH =, span WITH &&) WHERE (id > 40);', 2),
    ('ALTER TABLE rows ALTER COLUMN n TYPE int;', 3),
    ('ALTER TABLE rows ALTER COLUMN word TYPE varchar(5);', 2),
    ('ALTER TABLE rows ALTER word SET DATA TYPE varchar(5);', 2),
    ('ALTER TABLE rows ALTER COLUMN day TYPE date USING day::date;', 1),
    ('ALTER TABLE rows ALTER COLUMN word TYPE int USING word::int;', 100),
    ('ALTER TABLE rows ALTER COLUMN n TYPE int USING (rows.n / (id - 3))::int;', 3),
    ('ALTER DOMAIN score ADD CONSTRAINT k CHECK (VALUE >= 0);', 4),
    ('ALTER DOMAIN score ADD CHECK (VALUE IN (5, 6));', 4),
    ('BEGIN; UPDATE rows SET later = NULL WHERE id = 50; ALTER TABLE rows RENAME COLUMN later TO l8; ALTER TABLE rows ALTER COLUMN l8 SET NOT NULL; COMMIT;', 8),
    ('CREATE SCHEMA s; CREATE TABLE s."Odd "" t" AS SELECT id, n AS "A b" FROM rows; ALTER TABLE s."Odd "" t" ALTER COLUMN "A b" TYPE int;', 3),
    ('INSERT INTO rows (id) VALUES (1);', -1),
    ('ALTER TABLE rows ADD COLUMN k int DEFAULT 5 CHECK (k > 7);', -1),
]
bad = 0
for text, wanted in CASES:
    with open(f'{work}/case.sql', 'w', encoding='utf-8') as file:
        file.write(text)
    run = subprocess.run([decant, 'rehearse', '--on', address, '--format', 'json', '--sql', f'{work}/case.sql'], capture_output=True, text=True)
    if not run.stdout.startswith('{'):
        print(f'# {text}: {run.stderr}')
        bad += 1
        continue
    report = json.loads(run.stdout)
    if 'NULLS NOT DISTINCT' in text and any(s.get('error', {}).get('sqlstate') == '42601' for s in report['statements']):
        continue  # releases before 15
    found = [v.get('rows', -1) for v in report['violations']]
    if found != ([wanted] if wanted not in (0, None) else []) and wanted is not None:
        print(f"# {text}: found {report['violations']}, wanted {wanted}; {[s.get('error') for s in report['statements'] if 'error' in s]}")
        bad += 1
sys.exit(bad > 0)
