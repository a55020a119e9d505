# SPDX-License-Identifier: PostgreSQL
"""How far a sample of the market is from its source, beside the noise of an ideal sample of the same size: fan-outs by
Kolmogorov-Smirnov, whose 95 % floor is 1.36 sqrt((1 - p) / n); totals by the weights of --origins; rare states; and what
plan predicted."""
import glob, json, math, os, sqlite3, subprocess
import psycopg2

work, source, decant = os.environ['work'], os.environ['source'], os.environ['DECANT']
db = psycopg2.connect(source)
P = .10


def fact(name, ok, *more):
    if not ok:
        print('#', *more)
    print(('ok' if ok else 'not ok') + ' - ' + name, flush=True)


def rows(connection, sql):
    c = connection.cursor()
    c.execute(sql)
    return c.fetchall()


def pull(seed, *options):
    rules = open(f'{work}/market.yaml').read().replace('seed: v1', f'seed: {seed}')
    open(f'{work}/rules.yaml', 'w').write(rules)
    common = ['-c', f'{work}/rules.yaml', *options]
    p = subprocess.run([decant, 'pull', '-q', '--no-mask', *common, '--key-file', f'{work}/key', '--origins', f'{work}/origins',
                        '--to', f'{work}/market.sqlite', source], capture_output=True, text=True)
    if p.returncode:
        print('#', p.stderr)
    plan = subprocess.run([decant, 'plan', '--json', *common, source], capture_output=True, text=True)
    weight = {}
    for line in open(f'{work}/origins'):
        table, key, origin, p = line.rstrip('\n').split('\t')
        weight[table.removeprefix('public.'), key] = (1 / float(p) if float(p) else 0), origin
    return sqlite3.connect(f'{work}/market.sqlite'), weight, {t['name']: t for t in json.loads(plan.stdout)['tables']}


def ks(a, b):
    values, d = sorted(set(a) | set(b)), 0
    ca, cb = {}, {}
    for x in a: ca[x] = ca.get(x, 0) + 1
    for x in b: cb[x] = cb.get(x, 0) + 1
    fa = fb = 0
    for v in values:
        fa += ca.get(v, 0) / len(a)
        fb += cb.get(v, 0) / len(b)
        d = max(d, abs(fa - fb))
    return d


def fanout(connection, parent, child, fk, ids=None):
    n = dict(rows(connection, f'SELECT {fk}, count(*) FROM {child} GROUP BY {fk}'))
    return [n.get(i, 0) for (i,) in rows(connection, f'SELECT id FROM {parent}') if ids is None or i in ids]


def told(parent_key):
    manifest = max(glob.glob(f'{work}/market.sqlite.*.decant'), key=os.path.getmtime)
    return rows(sqlite3.connect(manifest), f"SELECT distance FROM measures WHERE kind = 'fan-out' AND name = '{parent_key}'")[0][0]


worst, totals, missing, predicted, apart = {}, {}, [], [], []
for seed in ('v1', 'v2', 'v3', 'v4', 'v5'):
    copy, weight, plan = pull(seed)
    w = lambda t, i: weight.get((t, str(i)), (1 / P, 'sample'))
    for parent, child, fk in (('customers', 'orders', 'customer_id'), ('orders', 'items', 'order_id'), ('customers', 'reviews', 'customer_id')):
        sampled = {i for (i,) in rows(copy, f'SELECT id FROM {parent}') if w(parent, i)[1] == 'sample' and w(parent, i)[0] == 1 / P}
        true, seen = fanout(db, parent, child, fk), fanout(copy, parent, child, fk, sampled)
        floor = 1.36 * math.sqrt((1 - P) / len(seen))
        worst.setdefault(f'{parent} to {child}', []).append(ks(true, seen) / floor)
        apart.append(abs(ks(true, seen) - told(f'public.{child}.{child}_{fk}_fkey')))
    for name, table, column in (('customers', 'customers', '1'), ('orders', 'orders', '1'), ('the sum of amounts', 'orders', 'amount'),
                                ('items', 'items', 'qty'), ('ratings', 'reviews', 'rating')):
        true = float(rows(db, f'SELECT sum({column}) FROM {table}')[0][0])
        seen = sum(w(table, i)[0] * float(x) for i, x in rows(copy, f'SELECT id, {column} FROM {table}'))
        totals.setdefault(name, []).append(seen / true)
    for table, column in (('orders', 'status'), ('customers', 'segment')):
        there = {x for (x,) in rows(copy, f'SELECT DISTINCT {column} FROM {table}')}
        missing += [x for (x,) in rows(db, f'SELECT {column} FROM {table} GROUP BY 1 HAVING count(*) >= 5') if x not in there]
    orphans = rows(copy, 'PRAGMA foreign_key_check')
    origins = {}
    for (table, _), (_, origin) in weight.items():
        origins[table, origin] = origins.get((table, origin), 0) + 1
    for table in ('products', 'customers'):
        p, got = plan[f'public.{table}']['expected_pulled'], origins.get((table, 'pulled'), 0)
        predicted.append((table, p, got))
    fact(f'seed {seed}: no orphans', not orphans, orphans[:3])
for name, excess in worst.items():
    excess.sort()
    fact(f'fan-out of {name}: within the noise of an ideal sample', excess[-2] <= 1 and excess[-1] <= 2, excess)
for name, ratio in totals.items():
    fact(f'weights give the total of {name}', abs(sum(ratio) / len(ratio) - 1) < .06 and all(.8 < x < 1.25 for x in ratio), ratio)
fact('the manifest has the same distances', max(apart) < 1e-9, apart)
fact('every rare state is there', not missing, missing)
fact('as many parents are pulled as plan predicts', all(abs(p - got) <= max(.05 * p, 3 * math.sqrt(max(p, 1))) for _, p, got in predicted), predicted)

# the naive way to take a tenth of every table is told apart
c = db.cursor()
c.execute("SELECT customer_id, count(*) FROM orders WHERE hashint8extended(id, 1) & 1023 < 102 GROUP BY 1")
naive = dict(c.fetchall())
ids = [i for (i,) in rows(db, 'SELECT id FROM customers') if i % 10 == 3]
excess = ks(fanout(db, 'customers', 'orders', 'customer_id'), [naive.get(i, 0) for i in ids]) / (1.36 * math.sqrt((1 - P) / len(ids)))
fact('a tenth of every table by itself is no sample', excess > 4, excess)
