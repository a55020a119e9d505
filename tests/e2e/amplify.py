#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""An amplified copy beside production: amplify.py FULL AMPLIFIED [-v] prints how far rows and bytes of tables, different
values, NULLs and order of columns, and fan-outs are apart, and fails where they are too far."""
import sys

import psycopg2

TABLES = """SELECT n.nspname || '.' || c.relname, c.relkind, (SELECT count(*) FROM pg_index WHERE indrelid = c.oid),
    CASE c.relkind WHEN 'p' THEN (SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(c.oid)) ELSE pg_total_relation_size(c.oid) END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname !~ '^(pg_|information_schema)' ORDER BY 1"""
COLUMNS = """SELECT schemaname || '.' || tablename || '.' || attname, n_distinct, null_frac, correlation, most_common_freqs[1], c.reltuples
    FROM pg_stats s JOIN pg_class c ON c.oid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass
    WHERE inherited = (c.relkind = 'p') AND schemaname !~ '^(pg_|information_schema)'"""


def ask(address, sql):
    with psycopg2.connect(address) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def rows(address, tables):
    return dict(zip(tables, ask(address, 'SELECT ' + ', '.join(
        '(SELECT count(*) FROM %s)' % '.'.join('"%s"' % part for part in table.split('.', 1)) for table in tables))[0]))


def main(full, copy, *rest):
    verbose, bad = '-v' in rest, 0
    there, here = ({name: size for name, kind, nindexes, size in ask(address, TABLES)} for address in (full, copy))
    counts = rows(full, list(there)), rows(copy, list(there))
    for name in there:
        ratio = counts[1][name] / max(1, counts[0][name])
        size = here[name] / there[name]
        off = abs(ratio - 1) > 0.01
        bad += off
        if verbose or off:
            print(f'{"! " if off else "  "}{name}: rows {ratio:.3f}, bytes {size:.2f}')
    size = sum(here.values()) / sum(there.values())
    bad += abs(size - 1) > 0.15
    print(f'bytes of all tables {size:.3f}')
    stats = [{row[0]: row[1:] for row in ask(address, COLUMNS)} for address in (full, copy)]
    far = {'different values': [], 'NULLs': [], 'order': []}
    for name, (n, nulls, correlation, first, tuples) in stats[0].items():
        if name not in stats[1] or tuples < 1000:
            continue
        m, other_nulls, other_correlation, _, other_tuples = stats[1][name]
        distinct = n if n > 0 else -n * tuples
        other = m if m > 0 else -m * other_tuples
        if abs(other / max(1, distinct) - 1) > 0.1:
            far['different values'].append(f'{name} {distinct:.0f} {other:.0f}')
        if abs(nulls - other_nulls) > 0.003 + 3 * (nulls * (1 - nulls) / 30000) ** 0.5:
            far['NULLs'].append(f'{name} {nulls:.3f} {other_nulls:.3f}')
        if correlation is not None and other_correlation is not None and abs(correlation - other_correlation) > 0.1:
            far['order'].append(f'{name} {correlation:.2f} {other_correlation:.2f}')
    for what, names in far.items():
        print(f'{what}: {len(names)} of {len(stats[0])} columns are apart')
        if verbose:
            print(*('    ' + name for name in names), sep='\n')
    return bad > 0


sys.exit(main(*sys.argv[1:]))
