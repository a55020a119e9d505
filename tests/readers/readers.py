# SPDX-License-Identifier: PostgreSQL
# SQLAlchemy 2, Peewee and DuckDB, each on its profile; TAP on stdout.
import datetime
import decimal
import sys
import uuid

import duckdb
import peewee
import sqlalchemy as sa

work = sys.argv[1]
whole, fraction = datetime.datetime(2024, 5, 1, 10), datetime.datetime(2024, 5, 1, 10, 0, 0, 123000)


def fact(name, ok, detail=''):
    if not ok:
        print('#', detail)
    print(f"{'ok' if ok else 'not ok'} - {name}")


engine = sa.create_engine(f'sqlite:///{work}/readers.sqlalchemy.sqlite')
rows = sa.Table('readers_rows', sa.MetaData(), sa.Column('id', sa.BigInteger, primary_key=True), sa.Column('at', sa.DateTime),
                sa.Column('zoned', sa.DateTime), sa.Column('day', sa.Date), sa.Column('wakes', sa.Time), sa.Column('key', sa.Uuid()),
                sa.Column('amount', sa.Numeric(10, 2)), sa.Column('yes', sa.Boolean), sa.Column('tags', sa.JSON))
with engine.begin() as db:
    for what, condition, wanted in [
            ('a whole second', rows.c.at == whole, [1]), ('a fraction', rows.c.zoned == fraction, [2]), ('from a second on', rows.c.at >= whole, [1, 2, 3]),
            ('a date', rows.c.day == datetime.date(2024, 2, 29), [2]), ('a time', rows.c.wakes == datetime.time(7, 30), [1]),
            ('a uuid', rows.c.key == uuid.UUID(int=0xab), [1]), ('a decimal', rows.c.amount == decimal.Decimal('10.10'), [2]),
            ('a flag', rows.c.yes.is_(True), [1]), ('a list', rows.c.tags == ['red', 'blue'], [1])]:
        got = [r[0] for r in db.execute(sa.select(rows.c.id).where(condition).order_by(rows.c.id))]
        fact(f'SQLAlchemy 2 finds {what}', got == wanted, got)
tables, engine = sa.MetaData(), sa.create_engine(f'sqlite:///{work}/shop.sqlalchemy.sqlite')
tables.reflect(engine)
with engine.connect() as db:
    fact('SQLAlchemy 2 reads every table of the shop', all(db.execute(sa.select(t)).all() is not None for t in tables.sorted_tables) and len(tables.tables) > 10)

database = peewee.SqliteDatabase(f'{work}/readers.default.sqlite')


class Row(peewee.Model):
    id = peewee.BigIntegerField(primary_key=True)
    at, zoned, day, wakes = peewee.DateTimeField(), peewee.DateTimeField(), peewee.DateField(), peewee.TimeField()
    amount, ratio, yes = peewee.DecimalField(10, 2), peewee.FloatField(), peewee.BooleanField()

    class Meta:
        database, table_name = database, 'readers_rows'


for what, condition, wanted in [
        ('a whole second', Row.at == whole, [1]), ('a fraction', Row.zoned == fraction, [2]), ('from a second on', Row.at >= whole, [1, 2, 3]),
        ('a date', Row.day == datetime.date(2024, 2, 29), [2]), ('a time', Row.wakes == datetime.time(7, 30), [1]),
        ('a decimal', Row.amount == decimal.Decimal('10.10'), [2]), ('a flag', Row.yes == True, [1])]:  # noqa: E712
    got = [r.id for r in Row.select(Row.id).where(condition).order_by(Row.id)]
    fact(f'Peewee finds {what}, default profile', got == wanted, got)

try:
    db = duckdb.connect()
    db.execute('INSTALL sqlite')
    db.execute('LOAD sqlite')
except Exception as problem:
    print(f'ok - DuckDB reads its profile # SKIP its extension cannot be had: {str(problem)[:90]}')
    sys.exit()
db.execute(f"ATTACH '{work}/readers.duckdb.sqlite' AS r (TYPE sqlite)")
for what, condition, wanted in [('a whole second', "at = TIMESTAMP '2024-05-01 10:00:00'", [1]), ('a date', "day = DATE '2024-02-29'", [2]),
                                ('a time', "wakes = '07:30:00'", [1]), ('a uuid', "key = '00000000-0000-0000-0000-0000000000ab'", [1]), ('a decimal', 'amount = 10.10', [2])]:
    got = [r[0] for r in db.execute(f'SELECT id FROM r.readers_rows WHERE {condition} ORDER BY id').fetchall()]
    fact(f'DuckDB finds {what}', got == wanted, got)
db.execute(f"ATTACH '{work}/shop.duckdb.sqlite' AS s (TYPE sqlite)")
names = [r[0] for r in db.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 's'").fetchall()]
fact('DuckDB reads every table of the shop', all(db.execute(f'SELECT * FROM s."{n}"').fetchall() is not None for n in names) and len(names) > 10)
