# SPDX-License-Identifier: PostgreSQL
"""Random schemas, copied whole and amplified: the server accepts every key, unique index and check again, all are there, and
every table has so many times its rows, or is named with a reason. Prints a fact for each schema."""
import os
import random
import subprocess
import sys

import psycopg2

from property import Table, admin, decant, fill, make, run, work

EXTRAS = ['CHECK (a >= 0)', 'CHECK (a < 50000)', 'UNIQUE (b, u)', 'UNIQUE (payload, a)', "CHECK (u <> '')", 'w uuid UNIQUE DEFAULT gen_random_uuid()',
          'n numeric(8,2) DEFAULT 1.5', 'at timestamptz DEFAULT now()', 's smallint UNIQUE', 'g int GENERATED ALWAYS AS (b * 2) STORED',
          'i bigint GENERATED ALWAYS AS IDENTITY', 'EXCLUDE USING btree (a WITH =)', 'j int DEFAULT 7', 'k text DEFAULT 1', '"root, n" text', 'root int']
OBJECTS = """SELECT (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND convalidated),
    (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace AND indisvalid)"""


def ask(address, sql):
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def counts(address, tables):
    return [ask(address, f'SELECT count(*) FROM {t.name}')[0][0] for t in tables]


def build(seed):
    rng = random.Random(seed)
    tables = make(rng)
    with admin.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE q{seed}')
    with psycopg2.connect(f'host={work}/source user=tester dbname=q{seed}') as db, db.cursor() as cursor:
        for t in tables:
            extras = [] if t.partitioned else rng.sample(EXTRAS, rng.randint(0, 3))
            head, tail = t.ddl().split('PRIMARY KEY', 1)
            cursor.execute(head + ''.join(e + ', ' for e in extras if ' ' in e and not e.startswith('UNIQUE') or e.startswith('UNIQUE')) +
                           'PRIMARY KEY' + tail)
        fill(cursor, tables, rng)
    return tables


def one(seed, factor):
    tables = build(seed)
    source, url = f'host={work}/source user=tester dbname=q{seed}', f'postgresql:///q{seed}?host={work}/source&user=tester'
    server = subprocess.run([decant, 'server', 'url', 'amplified'], capture_output=True, text=True, check=True).stdout.strip()
    wrong = []
    status, _, err = run('pull', '-q', '--no-mask', '--overwrite', '--allow-shrink', '--to', 'local:whole', url)
    if not status:
        status, _, err = run('amplify', '--overwrite', '--factor', str(factor), 'local:whole', '--to', 'local:amplified')
    if status:
        wrong.append(f'status {status}: {err.strip()[-600:]}')
    else:
        if ask(source, OBJECTS) != ask(server, OBJECTS):
            wrong.append(f'constraints and indexes {ask(source, OBJECTS)} became {ask(server, OBJECTS)}')
        for t, before, after in zip(tables, counts(source, tables), counts(server, tables)):
            is_named = f'public.{t.name}: ' in err
            if after != before * factor and not (is_named and after == before):
                wrong.append(f'{t.name}: {before} rows became {after}{", named" if is_named else ""}')
    print("# named:", *[line.strip() for line in err.splitlines() if line.startswith("    public.")][:4]) if not status and "not-amplified" in err else None
    for text in wrong[:6]:
        print('#', text.replace('\n', '\n# '))
    with admin.cursor() as cursor:
        cursor.execute(f'DROP DATABASE q{seed} WITH (FORCE)')
    return not wrong


first, last = (int(x) for x in os.environ.get('SEEDS', '1-20').split('-'))
failed = False
for seed in range(first, last + 1):
    factor = [1, 2, 7, 100][seed % 4]
    ok = one(seed, factor)
    failed |= not ok
    print(f"{'ok' if ok else 'not ok'} - random schema {seed} is amplified by {factor}", flush=True)
sys.exit(failed)
