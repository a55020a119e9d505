#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Four metrics of SDMetrics, by their definitions, of a SQLite copy and of a naive sample of 5 % of every table.

usage: sdmetrics.py SOURCE_URI COPY.sqlite
Needs python3-psycopg2. For tables of the schema public with a column "id", and foreign keys of one column.

    KSComplement                1 - KS distance, mean over numeric columns
    TVComplement                1 - half the differences of shares, mean over columns of at most 50 values
    CardinalityShapeSimilarity  1 - KS distance of children per parent (zeros too), mean over foreign keys
    ReferentialIntegrity        share of references that resolve, mean over foreign keys
"""
import bisect, collections, random, sqlite3, sys
import psycopg2

FEW, SHARE = 1000, 0.05
source = psycopg2.connect(sys.argv[1]).cursor()
copy = sqlite3.connect(f'file:{sys.argv[2]}?mode=ro', uri=True).cursor()


def rows(cursor, sql):
    cursor.execute(sql)
    return cursor.fetchall()


keys = rows(source, """SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1 ORDER BY 1, 2""")
columns = collections.defaultdict(list)
for table, column in rows(source, """SELECT a.attrelid::regclass::text, attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    AND atttypid IN ('int'::regtype, 'bigint'::regtype, 'float8'::regtype, 'numeric'::regtype) ORDER BY 1, attnum"""):
    columns[table].append(column)
foreign = {(child, fk) for child, fk, _ in keys}


def load(cursor):
    return {t: [dict(zip(c, r)) for r in rows(cursor, f'SELECT {", ".join(c)} FROM {t}')] for t, c in columns.items()}


def ks(a, b):
    a, b = sorted(a), sorted(b)
    return max(abs(bisect.bisect_right(a, x) / len(a) - bisect.bisect_right(b, x) / len(b)) for x in set(a) | set(b)) if a and b else 1


def tv(a, b):
    p, q = collections.Counter(a), collections.Counter(b)
    return sum(abs(p[v] / len(a) - q[v] / max(1, len(b))) for v in set(p) | set(q)) / 2


def score(real, other):
    shapes, values, cardinality, resolved = [], [], [], []
    for t, data in real.items():
        for c in columns[t]:
            if len(data) <= FEW or c == 'id' or (t, c) in foreign:
                continue
            a, b = ([float(r[c]) for r in side if r[c] is not None] for side in (data, other[t]))
            few = len(set(a)) <= 50
            (values if few else shapes).append(1 - (tv if few else ks)(a, b))
    for child, fk, parent in keys:
        counts = []
        for db in (real, other):
            n = collections.Counter(r[fk] for r in db[child])
            counts.append([n[r['id']] for r in db[parent]])
        cardinality.append(1 - ks(*counts))
        ids = {r['id'] for r in other[parent]}
        used = [r[fk] for r in other[child] if r[fk] is not None]
        resolved.append(sum(v in ids for v in used) / max(1, len(used)))
    return [sum(x) / max(1, len(x)) for x in (shapes, values, cardinality, resolved)]


real = load(source)
random.seed(1)
naive = {t: data if len(data) <= FEW else [r for r in data if random.random() < SHARE] for t, data in real.items()}
print(f"{'':12}{'KSComplement':>14}{'TVComplement':>14}{'Cardinality':>14}{'Referential':>14}")
for name, other in (('this copy', load(copy)), ('naive, 5 %', naive)):
    print(f'{name:12}' + ''.join(f'{x:14.4f}' for x in score(real, other)))
