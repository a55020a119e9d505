#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Migrations, and the findings that each must have, and no other: rehearse_findings.py DECANT ADDRESS FOLDER"""
import json
import subprocess
import sys

decant, address, work = sys.argv[1:4]
SAFE = "SET lock_timeout = '1s';\n"
CASES = {
    'CREATE TABLE k (id int PRIMARY KEY);': set(),
    SAFE + 'ALTER TABLE t ADD COLUMN k int;': set(),
    'ALTER TABLE t ADD COLUMN k int;': {'! no-lock-timeout public.t'},
    SAFE + 'ALTER TABLE t ALTER COLUMN kept TYPE bigint;': {'. table-rewritten public.t'},
    SAFE + 'DROP VIEW v; ALTER TABLE t ALTER COLUMN email TYPE text COLLATE "C";': {'. index-rebuilt public.t_email', '. scanned-under-lock public.t'},
    SAFE + 'CREATE INDEX ON t (kept);': {'. scanned-under-lock public.t'},
    'CREATE INDEX CONCURRENTLY ON t (kept);': set(),
    SAFE + 'ALTER TABLE t ALTER COLUMN kept SET NOT NULL;': {'. scanned-under-lock public.t'},
    SAFE + 'ALTER TABLE t ALTER COLUMN note SET NOT NULL;': {'! statement-failed public.t'},
    SAFE + 'ALTER TABLE t ADD CONSTRAINT k FOREIGN KEY (kept) REFERENCES parent NOT VALID;':
        {'! key-without-index public.t', '. constraint-not-validated public.t'},
    'DELETE FROM t WHERE id <= 10;': {'! rows-lost public.t'},
    SAFE + 'TRUNCATE t;': {'! rows-lost public.t'},
    SAFE + 'ALTER TABLE t DROP COLUMN note;': {'! values-lost public.t'},
    SAFE + 'ALTER TABLE t DROP COLUMN note; ALTER TABLE t ADD COLUMN note text;': {'! values-lost public.t'},
    SAFE + 'ALTER TABLE t RENAME TO tt; ALTER TABLE tt RENAME COLUMN note TO n;': set(),
    SAFE + 'DROP TABLE t CASCADE;': {'! rows-lost public.t'},
    'UPDATE t SET note = NULL WHERE id <= 50;': {'! values-lost public.t'},
    'CREATE UNIQUE INDEX CONCURRENTLY k ON t (p);': {'! statement-failed public.t', '! invalid-index public.k'},
    SAFE + 'BEGIN; ALTER TABLE t ADD COLUMN k int; SELECT pg_sleep(0.7); COMMIT;': {'! held-too-long public.t'},
}
bad = 0
for text, wanted in CASES.items():
    with open(f'{work}/case.sql', 'w', encoding='utf-8') as file:
        file.write(text)
    run = subprocess.run([decant, 'rehearse', '--on', address, '--format', 'json', '--sql', f'{work}/case.sql'], capture_output=True, text=True)
    if not run.stdout.startswith('{'):
        print(f'# {text}: {run.stderr}')
        bad += 1
        continue
    report = json.loads(run.stdout)
    found = {f"{'!' if f['open'] else '.'} {f['code']} {f.get('relation', '')}".strip() for f in report['findings']}
    status = 5 if any(f.startswith('!') for f in wanted) else 0
    if found != wanted or run.returncode != status:
        print(f'# {text}: found {sorted(found)}, wanted {sorted(wanted)}, status {run.returncode}')
        bad += 1
sys.exit(bad > 0)
