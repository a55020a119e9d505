#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Runs the same random statements in two databases of the shop, DDL among them: volume_statements.py ONE OTHER [N [SEED]].
Whether each succeeds, and every row of every table behind them, must be the same."""
import random
import sys

import psycopg2

TABLES = {  # a column to count by, one to change, and one to group by
    'orders': ('order_id', "note = 'n'", 'status'), 'order_items': ('qty', 'discount = 1', 'product_id'),
    'customers': ('customer_id', "segment = 's'", 'country'), 'shipments': ('shipment_id', 'weight_kg = 1', 'carrier'),
    'sessions': ('started_at', "user_agent = 'u'", 'customer_id'), 'audit_log': ('at', "actor = 'a'", 'table_name'),
    'reviews': ('review_id', 'stars = 1', 'product_id'), 'payments_2023': ('payment_id', 'card_last4 = NULL', 'method'),
}


def statement(rng, n):
    table = rng.choice(list(TABLES))
    key, change, group = TABLES[table]
    part = f"{key}::text ~ '{rng.randint(0, 9)}$'"
    kind = rng.choice(['btree', 'hash', 'brin', 'btree'])
    return rng.choice([
        f'SELECT {group}, count(*) FROM {table} GROUP BY 1 ORDER BY 1',
        f'SELECT count(*) FROM {table} WHERE {part}',
        f'UPDATE {table} SET {change} WHERE {part}',
        f'DELETE FROM ticket_messages WHERE message_id % 50 = {rng.randint(0, 49)}',
        f"INSERT INTO audit_log SELECT at, 'again', table_name, row_key, action, diff, client FROM audit_log a ORDER BY a::text LIMIT {rng.randint(1, 500)}",
        f'CREATE INDEX r{n} ON {table} USING {kind} ({key})',
        f'DROP INDEX IF EXISTS r{rng.randint(0, n)}',
        f'CREATE INDEX CONCURRENTLY c{n} ON {table} ({key})',
        f'REINDEX TABLE {table}',
        f'VACUUM {table}',
        f'VACUUM (FULL) {table}',
        f'ANALYZE {table}',
        f'ALTER TABLE {table} ADD COLUMN x{n} int DEFAULT {n}',
        f'ALTER TABLE audit_log ALTER COLUMN actor TYPE {rng.choice(["text", "varchar(500)"])}',
        f'ALTER TABLE shipments ALTER COLUMN weight_kg TYPE {rng.choice(["numeric", "float8"])}',
        f'CREATE TABLE t{n} AS SELECT * FROM {table} WHERE {part}',
        f'CLUSTER sessions USING sessions_pkey',
        f'TRUNCATE order_coupons',
        f'EXPLAIN SELECT * FROM {table} WHERE {part}',
    ])


def run(cursor, sql):
    try:
        cursor.execute(sql)
        return None if sql.startswith('EXPLAIN') or cursor.description is None else cursor.fetchall()
    except psycopg2.Error as error:
        return error.pgcode


def contents(cursor):
    cursor.execute("SELECT format('%I', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
    found = []
    for (table,) in cursor.fetchall():
        cursor.execute(f"SELECT count(*), sum(('x' || substr(md5((to_jsonb(t) - 'updated_at')::text), 1, 8))::bit(32)::bigint) FROM {table} t")
        found.append((table, cursor.fetchone()))
    return found


def main(one, other, n='200', seed='1'):
    rng = random.Random(int(seed))
    cursors = []
    for address in (one, other):
        connection = psycopg2.connect(address)
        connection.autocommit = True
        cursors.append(connection.cursor())
    failed = differ = 0
    for i in range(int(n)):
        sql = statement(rng, i)
        answers = [run(cursor, sql) for cursor in cursors]
        failed += isinstance(answers[0], str)
        if answers[0] != answers[1]:
            differ += 1
            print(f'# {sql}: {str(answers[0])[:80]} / {str(answers[1])[:80]}')
    for a, b in zip(*map(contents, cursors)):
        if a != b:
            differ += 1
            print(f'# {a} / {b}')
    print(f'{n} statements, {failed} failed, {differ} differ')
    return differ > 0 or failed > int(n) // 4


sys.exit(main(*sys.argv[1:]))
