# SPDX-License-Identifier: PostgreSQL
# What SQLAlchemy makes of its profile; TAP on stdout.
import datetime
import decimal
import sys
import uuid
import warnings

import sqlalchemy as sa

warnings.filterwarnings('ignore')


def fact(name, ok, detail=''):
    if not ok:
        print('#', detail)
    print(f"{'ok' if ok else 'not ok'} - SQLAlchemy: {name}")


class Hex(sa.types.TypeDecorator):  # as sqlalchemy.Uuid() of 2.0 binds it; 1.4 has none
    impl = sa.CHAR(32)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value.hex

    def process_result_value(self, value, dialect):
        return uuid.UUID(value)


engine = sa.create_engine('sqlite:///' + sys.argv[1])
rows = sa.Table('readers_rows', sa.MetaData(), sa.Column('id', sa.BigInteger, primary_key=True), sa.Column('name', sa.String),
                sa.Column('at', sa.DateTime), sa.Column('zoned', sa.DateTime), sa.Column('day', sa.Date), sa.Column('wakes', sa.Time),
                sa.Column('key', Hex), sa.Column('amount', sa.Numeric(10, 2)), sa.Column('ratio', sa.Float), sa.Column('yes', sa.Boolean),
                sa.Column('tags', sa.JSON), sa.Column('doc', sa.JSON))
whole = datetime.datetime(2024, 5, 1, 10)
fraction = datetime.datetime(2024, 5, 1, 10, 0, 0, 123000)
SEARCHES = {
    'a timestamp of a whole second': (rows.c.at == whole, [1]), 'one with a fraction': (rows.c.at == fraction, [2]),
    'one with a zone': (rows.c.zoned == whole, [1]), 'timestamps from a second on': (rows.c.at >= whole, [1, 2, 3]),
    'timestamps up to a second': (rows.c.at <= whole, [1]), 'a date': (rows.c.day == datetime.date(2024, 2, 29), [2]),
    'dates before one': (rows.c.day < datetime.date(2000, 1, 1), [1]), 'a time': (rows.c.wakes == datetime.time(7, 30), [1]),
    'a uuid': (rows.c.key == uuid.UUID(int=0xab), [1]), 'a decimal': (rows.c.amount == decimal.Decimal('10.10'), [2]),
    'decimals above one': (rows.c.amount > decimal.Decimal('10.05'), [1, 2]), 'a double': (rows.c.ratio == 0.5, [2]),
    'a flag': (rows.c.yes.is_(True), [1]), 'a list': (rows.c.tags == ['red', 'blue'], [1]),
}
with engine.begin() as db:
    for what, (condition, wanted) in SEARCHES.items():
        got = [r[0] for r in db.execute(sa.select(rows.c.id).where(condition).order_by(rows.c.id))]
        fact(f'finds {what}', got == wanted, f'{got}, wanted {wanted}')
    first = db.execute(sa.select(rows).where(rows.c.id == 2)).one()
    fact('reads each type', (first.at, first.day, first.wakes, first.key, first.amount, first.yes, first.tags, first.doc) ==
         (fraction, datetime.date(2024, 2, 29), datetime.time(23, 59, 59), uuid.UUID(int=0xac), decimal.Decimal('10.10'), False, [], {}), first)
    db.execute(rows.insert().values(id=9, name='new', at=whole, zoned=whole, day=whole.date(), wakes=whole.time(), key=uuid.UUID(int=9),
                                    amount=decimal.Decimal('1.25'), ratio=1.5, yes=True, tags=['n'], doc={'n': 1}))
    fact('inserts a row, and finds it', db.execute(sa.select(rows.c.name).where(rows.c.key == uuid.UUID(int=9))).scalar() == 'new')
for path, name in (sys.argv[2], 'shop'), (sys.argv[3], 'odd, its odd values NULL'):
    trouble, engine = [], sa.create_engine('sqlite:///' + path)
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as db:
        for table in tables.sorted_tables:
            try:
                db.execute(sa.select(table)).all()
            except Exception as problem:
                trouble.append(f'{table.name}: {problem}')
    fact(f'reads every table of {name}', not trouble and len(tables.tables) > 10, trouble[:5])
