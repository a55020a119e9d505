# SPDX-License-Identifier: PostgreSQL
"""Random schemas (trees, cycles, diamonds, composite and nullable keys, keys to unique columns, partitions), random rows,
random rates, caps, edge rows and rows asked for. The copy is read back, and every promise of a sample is checked by brute force
over both sides: closed; no row altered; all owned children of a sampled row are there unless it is capped, and then its
probability is the promised one; no row without a reason; a required parent is there; rare values and asked rows are there."""
import os, random, sqlite3, subprocess, sys
import psycopg2

work, decant = os.environ['work'], os.environ['DECANT']
admin = psycopg2.connect(f'host={work}/source user=tester dbname=postgres')
admin.autocommit = True


class Table:
    def __init__(self, name, rng):
        self.name, self.keys = name, []      # keys: (columns, parent, parent columns, nullable)
        self.composite = rng.random() < .25  # the primary key is (a, b)
        self.partitioned = rng.random() < .2
        self.key = ['a', 'b'] if self.composite else ['a']

    def ddl(self):
        columns = ['a int NOT NULL', 'b int NOT NULL', 'u text NOT NULL', 'payload text']
        for i, (own, parent, theirs, nullable) in enumerate(self.keys):
            for mine, other in zip(own, theirs):
                kind = 'text' if other == 'u' else 'bigint' if i % 2 else 'int'
                columns.append(f'{mine} {kind}' + ('' if nullable else ' NOT NULL'))
        columns.append(f"PRIMARY KEY ({', '.join(self.key)})")
        if not self.partitioned:
            columns.append('UNIQUE (u)')
        sql = f"CREATE TABLE {self.name} ({', '.join(columns)})"
        if self.partitioned:
            sql += f" PARTITION BY HASH (a)"
            for r in range(3):
                sql += f"; CREATE TABLE {self.name}_{r} PARTITION OF {self.name} FOR VALUES WITH (MODULUS 3, REMAINDER {r})"
        return sql


def make(rng):
    tables = [Table(f't{i}', rng) for i in range(rng.randint(3, 6))]
    for i, t in enumerate(tables):
        for n in range(rng.randint(0 if i == 0 else 1, 3)):
            # mostly to earlier tables; now and then to itself, or a cycle
            parent = rng.choice(tables[:i + 1]) if rng.random() < .8 else rng.choice(tables)
            theirs = ['u'] if not parent.partitioned and rng.random() < .2 else parent.key
            nullable = rng.random() < .4 or tables.index(parent) >= i
            t.keys.append(([f'f{n}_{c}' for c in theirs], parent, theirs, nullable))
    return tables


def fill(cursor, tables, rng):
    rows = {t.name: [] for t in tables}
    for t in tables:
        for a in range(rng.randint(5, 120)):
            rows[t.name].append({'a': a, 'b': a % 3, 'u': f'{t.name}-{a}', 'payload': rng.choice(['x', 'y', None])})
    for t in tables:
        for row in rows[t.name]:
            for own, parent, theirs, nullable in t.keys:
                target = None if nullable and rng.random() < .3 else rng.choice(rows[parent.name])
                for mine, other in zip(own, theirs):
                    row[mine] = None if target is None else target[other]
    for t in tables:
        names = list(rows[t.name][0])
        cursor.executemany(f"INSERT INTO {t.name} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
                           [[r[n] for n in names] for r in rows[t.name]])
    for t in tables:
        for i, (own, parent, theirs, nullable) in enumerate(t.keys):
            cursor.execute(f"ALTER TABLE {t.name} ADD CONSTRAINT {t.name}_k{i} FOREIGN KEY ({', '.join(own)}) "
                           f"REFERENCES {parent.name} ({', '.join(theirs)})")
            if rng.random() < .6:
                cursor.execute(f"CREATE INDEX ON {t.name} ({', '.join(own)})")
    cursor.execute('ANALYZE')
    return rows


def run(*args):
    p = subprocess.run([decant, *args], capture_output=True, text=True)
    return p.returncode, p.stdout, p.stderr


def policies(text):
    """'t1.f0_a' -> policy, from the plan's second table."""
    found, keys = {}, False
    for line in text.splitlines():
        if line.startswith('foreign key'):
            keys = True
        elif keys and line.startswith('public.'):
            name, rest = line[:48].strip(), line[48:].split()
            found[name.removeprefix('public.')] = rest[0]
    return found


def find_whales(tables, rows, owned, cap, rate):
    """(table, identity) -> probability, of rows that own more than cap * rate of some table."""
    whales = {}
    if cap == 0 or rate == 1:
        return whales
    identity = lambda t, r: tuple(r[c] for c in t.key)
    by_key = {n: {tuple(r[c] for c in theirs): r for r in rows[p.name]} for n, (_, p, theirs) in owned.items()}
    for t in tables:
        counts = {}
        for r in rows[t.name]:
            below = t
            while below.name in owned:
                own, parent, _ = owned[below.name]
                r = by_key[below.name].get(tuple(r[c] for c in own))
                if r is None:
                    break
                below = parent
                counts[below.name, identity(below, r)] = counts.get((below.name, identity(below, r)), 0) + 1
        limit, n = int(cap * rate * len(rows[t.name])), len(rows[t.name])
        for k, s in counts.items():
            if s > limit:
                whales[k] = max(whales.get(k, 0), min(1, s / (cap * n)))
    return {k: p for k, p in whales.items() if p > rate}


def check(tables, rows, copy, origins, policy, cap, rate, edges, asked):
    """What is wrong with a copy: a list of texts."""
    wrong = []
    identity = lambda t, r: tuple(r[c] for c in t.key)
    source = {t.name: {identity(t, r): r for r in rows[t.name]} for t in tables}
    kept = {t.name: {identity(t, r): r for r in copy[t.name]} for t in tables}
    entry = lambda t, i: origins.get((t.name, ','.join(map(str, i))), ('sample', rate))
    origin = lambda t, i: entry(t, i)[0]
    referred, owned = set(), {}
    for t in tables:
        for i, r in kept[t.name].items():
            if source[t.name].get(i) != r:
                wrong.append(f'{t.name} {i} was altered')
        for own, parent, theirs, nullable in t.keys:
            name = f"{t.name}.{', '.join(own)}"
            by_key = {tuple(r[c] for c in theirs): i for i, r in kept[parent.name].items()}
            for i, r in kept[t.name].items():
                key = tuple(r[c] for c in own)
                if None in key:
                    continue
                if key not in by_key:
                    wrong.append(f'{t.name} {i} has no parent by {name}')
                else:
                    referred.add((parent.name, by_key[key]))
            if policy.get(name) == 'owner':
                owned[t.name] = (own, parent, theirs)
    whales = find_whales(tables, rows, owned, cap, rate)
    thinned = {t.name for t in tables if any(policy.get(f"{t.name}.{', '.join(k[0])}") == 'require' for k in t.keys)}
    for t in tables:
        for i in kept[t.name]:
            if origin(t, i) == 'sample' and t.name not in thinned:
                p = whales.get((t.name, i), rate)
                if abs(entry(t, i)[1] - p) > 1e-6:
                    wrong.append(f'{t.name} {i} has probability {entry(t, i)[1]}, not {p}')
        states = {tuple(r[c] is None for c in sorted(r)) for r in source[t.name].values()}
        whole = any(origin(t, i) == 'whole' for i in kept[t.name])
        for value in 'xy' if edges and not whole and t.name not in thinned and len(states) <= 3 else ():
            there = sum(r['payload'] == value for r in kept[t.name].values())
            wanted = sum(r['payload'] == value for r in source[t.name].values())
            if wanted >= 5 and there < 2:
                wrong.append(f'{t.name} has {there} of {wanted} rows with {value}')
    if asked is not None and (asked,) in source['t0']:
        if (asked,) not in kept['t0']:
            wrong.append(f't0 {asked} was asked for')
        for n, (own, parent, theirs) in owned.items():
            if parent.name == 't0' and (asked,) in kept['t0']:
                key = tuple(kept['t0'][asked,][c] for c in theirs)
                for i, r in source[n].items():
                    if tuple(r[c] for c in own) == key and i not in kept[n]:
                        wrong.append(f'{n} {i} belongs to a row that was asked for')
    for t in tables:
        if t.name not in owned:
            continue
        own, parent, theirs = owned[t.name]
        parents = {tuple(r[c] for c in theirs): origin(parent, i) for i, r in kept[parent.name].items()}
        heavy = {tuple(r[c] for c in theirs) for i, r in kept[parent.name].items() if (parent.name, i) in whales}
        required = [(k[0], k[1], k[2]) for k in t.keys if policy.get(f"{t.name}.{', '.join(k[0])}") == 'require']
        for i, r in source[t.name].items():
            key = tuple(r[c] for c in own)
            if parents.get(key) == 'sample' and key not in heavy and i not in kept[t.name]:
                gone = any(None not in tuple(r[c] for c in o) and
                           tuple(r[c] for c in o) not in {tuple(x[c] for c in th) for x in kept[p.name].values()}
                           for o, p, th in required)
                if not gone:
                    wrong.append(f'{t.name} {i} is missing, its owner is sampled')
            if i in kept[t.name] and origin(t, i) == 'sample' and None not in key and parents.get(key) != 'sample':
                wrong.append(f'{t.name} {i} is called sampled, its owner is {parents.get(key)}')
            if i in kept[t.name] and origin(t, i) == 'completed' and key not in parents:
                wrong.append(f'{t.name} {i} completes a parent that is not there')
    for t in tables:
        for i in kept[t.name]:
            if origin(t, i) == 'pulled' and (t.name, i) not in referred:
                wrong.append(f'{t.name} {i} was pulled for nobody')
            if origin(t, i) == 'whole' and len(kept[t.name]) != len(source[t.name]):
                wrong.append(f'{t.name} is not whole')
    return wrong


def one(seed):
    rng = random.Random(seed)
    tables = make(rng)
    name = f'p{seed}'
    with admin.cursor() as c:
        c.execute(f'CREATE DATABASE {name}')
    db = psycopg2.connect(f'host={work}/source user=tester dbname={name}')
    cursor = db.cursor()
    for t in tables:
        cursor.execute(t.ddl())
    rows = fill(cursor, tables, rng)
    db.commit()
    db.close()
    url = f'postgresql:///{name}?host={work}/source&user=tester'
    rate = rng.choice([1, 5, 20, 50, 100])
    # tables of this size would be whole by themselves: every one is named
    roots = ', '.join(f'public.{t.name}: {{}}' for t in tables if all(k[1] is t for k in t.keys) or rng.random() < .3)
    owners = []
    for t in tables:
        choices = [i for i, k in enumerate(t.keys) if tables.index(k[1]) < tables.index(t)]
        if f'public.{t.name}:' not in roots and choices:
            owners.append(f'public.{t.name}:{t.name}_k{rng.choice(choices)}: owner')
    cap = rng.choice([0, 5, 20])
    edges = rng.random() < .3
    asked = rng.randint(0, 120) if not tables[0].composite and rng.random() < .3 else None
    with open(f'{work}/rules.yaml', 'w') as f:
        f.write(f"sample:\n  rate: {rate}%\n  seed: s{seed}\n  cap: {f'{cap}%' if cap else 'none'}\n  roots: {{{roots}}}\n")
        if edges:
            f.write('  edges: {per_value: 2, null_patterns: 0}\n')
        if asked is not None:
            f.write(f'  also: {{public.t0: "a = {asked}"}}\n')
        f.write('  foreign_keys:\n' if owners else '')
        f.writelines(f'    {o}\n' for o in owners)
    target = f'{work}/p.sqlite'
    status, text, err = run('plan', '-c', f'{work}/rules.yaml', url)
    if status == 0:
        status, _, err = run('pull', '-q', '--no-mask', '-c', f'{work}/rules.yaml', '--key-file', f'{work}/key',
                             '--origins', f'{work}/origins', '--to', target, url)
    wrong = [f'status {status}: {err.strip()}'] if status else []
    if not status:
        origins = {}
        for line in open(f'{work}/origins'):
            table, key, origin, p = line.rstrip('\n').split('\t')
            origins[table.removeprefix('public.'), key] = origin, float(p)
        lite = sqlite3.connect(target)
        lite.row_factory = sqlite3.Row
        copy = {t.name: [dict(r) for r in lite.execute(f'SELECT * FROM {t.name}')] for t in tables}
        lite.close()
        wrong = check(tables, rows, copy, origins, policies(text), cap / 100, rate / 100, edges, asked)
    for w in wrong[:5]:
        print('#', w)
    if wrong:
        print('#', open(f'{work}/rules.yaml').read().replace('\n', '\n# '))
    with admin.cursor() as c:
        c.execute(f'DROP DATABASE {name} WITH (FORCE)')
    return not wrong


if __name__ == '__main__':
    for seed in range(1, int(os.environ['SCHEMAS']) + 1):
        print(('ok' if one(seed) else 'not ok') + f' - random schema {seed} is sampled as promised', flush=True)
