# SPDX-License-Identifier: PostgreSQL
"""Two properties of rules that init wrote and nobody touched. `checks FIRST COUNT`: over random tables with random CHECKs, what
check finds nothing against is published by pull, to both targets, and nothing ends in another way than 0 or, where check says
not-proved, 5. `columns N`: over N random columns of every kind nothing in a masked copy is taken for a leak.
Arguments: the servers' URLs of the database postgres, source and target, then one of the two."""
import os, random, string, subprocess, sys
import psycopg2

work, decant, key = os.environ['work'], os.environ['DECANT'], os.environ['key']
source, target = sys.argv[1:3]
admin = psycopg2.connect(source)
admin.autocommit = True


def word(rng, n, letters=string.ascii_lowercase):
    return ''.join(rng.choice(letters) for _ in range(n))


def digits(rng, n):
    return word(rng, n, string.digits)


labels = ['open', 'closed', 'on hold', 'Not Held', 'to-do', 'A', 'B2', 'x_y', 'paid', 'Im Gang', "it's", 'z/1']
firsts, lasts = ['Ines', 'Jonas', 'Mirabelle', 'Torben', 'Aylin', 'Pavel'], ['Vogt', 'Tannenwald', 'Okafor', 'Lindqvist', 'Meyer']
streets = ['Birkenallee', 'Hafenstrasse', 'Mill Lane', 'Rue Haute']


def sql(value):
    if value is None:
        return 'NULL'
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def of_list(rng):
    mine = rng.sample(labels, rng.randint(2, 6))
    kind = rng.choice(['text', 'varchar(20)', 'varchar', 'char(12)'])
    tail = rng.choice(['', '', ' OR {c} IS NULL'])
    return kind, '({c} IN (' + ', '.join(sql(v) for v in mine) + ')' + tail + ')', lambda r: r.choice(mine)


def of_length(rng):
    low = rng.randint(1, 8)
    high = low + rng.randint(0, 12)
    test = rng.choice([f'length({{c}}) BETWEEN {low} AND {high}', f'char_length({{c}}) >= {low} AND char_length({{c}}) <= {high}',
                       f"{{c}} = '' OR length({{c}}) >= {low} AND length({{c}}) <= {high}"])
    return rng.choice(['text', f'varchar({high})']), test, lambda r: word(r, r.randint(low, high))


def of_pattern(rng):
    return rng.choice([
        ('text', "{c} ~ '^[A-Z]{{2}}[0-9]{{4}}$'", lambda r: word(r, 2, string.ascii_uppercase) + digits(r, 4)),
        ('varchar(30)', "{c} ~ '^[a-z]+$'", lambda r: word(r, r.randint(3, 12))),
        ('text', "{c} ~ '^ORD-[0-9]+$'", lambda r: 'ORD-' + digits(r, r.randint(3, 8))),
        ('text', "{c} ~ '^(red|green|blue)$'", lambda r: r.choice(['red', 'green', 'blue'])),
        ('text', "{c} ~* '^[^@ ]+@[^@ ]+\\.[a-z]+$'", lambda r: word(r, 6) + '@' + word(r, 7) + '.org'),
        ('text', "{c} ~ '^\\+[0-9]{{6,14}}$'", lambda r: '+49' + digits(r, r.randint(6, 10))),
        ('text', "{c} = lower({c})", lambda r: word(r, 8)),
        ('text', "{c} = upper({c})", lambda r: word(r, 8, string.ascii_uppercase)),
        ('text', "{c} LIKE 'http%'", lambda r: 'https://' + word(r, 7) + '.org/' + word(r, 4)),
        ('text', "position('@' in {c}) > 1", lambda r: word(r, 5) + '@' + word(r, 5) + '.org'),
        ('text', "btrim({c}) = {c} AND {c} <> ''", lambda r: word(r, 9)),
        ('text', "{c} SIMILAR TO '[a-z]{{3}}-[0-9]+'", lambda r: word(r, 3) + '-' + digits(r, 4)),
        ('text', "{c} !~ '[<>]'", lambda r: 'some words of ' + word(r, 6)),
        ('char(4)', "{c} ~ '^[0-9]{{4}}$'", lambda r: digits(r, 4)),
    ])


def of_other(rng):
    return rng.choice([
        ('bytea', 'octet_length({c}) = 32', lambda r: '\\x' + word(r, 64, '0123456789abcdef')),
        ('bytea', 'octet_length({c}) < 100', lambda r: '\\x' + word(r, 20, '0123456789abcdef')),
        ('int', '{c} BETWEEN 1 AND 500', lambda r: r.randint(1, 500)),
        ('int', '{c} IN (1, 2, 3)', lambda r: r.randint(1, 3)),
        ('bigint', '{c} > 0', lambda r: r.randint(1, 10 ** 12)),
        ('numeric(10,2)', '{c} >= 0', lambda r: f'{r.randint(0, 9999)}.{r.randint(10, 99)}'),
        ('date', "{c} > '1900-01-01' AND {c} < '2100-01-01'", lambda r: f'{r.randint(1930, 2024)}-{r.randint(10, 12)}-{r.randint(10, 28)}'),
        ('date', "{c} = '9999-12-31' OR {c} < '2030-01-01'", lambda r: '9999-12-31' if r.random() < .3 else f'{r.randint(1990, 2024)}-11-{r.randint(10, 28)}'),
        ('date', 'extract(day from {c}) = 1', lambda r: f'{r.randint(1990, 2024)}-{r.randint(10, 12)}-01'),
        ('timestamp', "{c} >= '2000-01-01'", lambda r: f'{r.randint(2000, 2024)}-10-{r.randint(10, 28)} 10:{r.randint(10, 59)}:00'),
        ('jsonb', "jsonb_typeof({c}) = 'object'", lambda r: '{"k": "' + word(r, 5) + '"}'),
        ('text[]', 'cardinality({c}) > 0', lambda r: '{' + word(r, 5) + ',' + word(r, 5) + '}'),
        ('inet', "family({c}) = 4", lambda r: f'{r.randint(11, 99)}.{r.randint(1, 250)}.{r.randint(1, 250)}.{r.randint(1, 250)}'),
    ])


names = ['email', 'phone', 'first_name', 'last_name', 'note', 'city', 'zip', 'iban', 'birth_date', 'ip', 'url', 'token', 'password',
         'user_name', 'company', 'status', 'kind', 'code', 'label', 'ref', 'street', 'ssn', 'state']


def table(rng, name):
    columns, checks, makers = ['id int PRIMARY KEY'], [], []
    for n in range(rng.randint(2, 6)):
        column = (rng.choice(names) if rng.random() < .5 else 'c') + str(n)
        kind, check, make = rng.choice([of_list, of_length, of_pattern, of_pattern, of_other])(rng)
        nullable = rng.random() < .5
        columns.append(f'{column} {kind}' + ('' if nullable else ' NOT NULL'))
        checks.append(f'CHECK ({check.format(c=column)})')
        makers.append((column, make, nullable))
    if rng.random() < .4 and len(makers) > 2:
        a, b = makers[0][0], makers[1][0]
        if makers[0][2] and makers[1][2]:
            checks.append(f'CHECK ({a} IS NOT NULL OR {b} IS NOT NULL)')
    lines = []
    for i in range(rng.choice([3, 40, 200])):
        row = [None if nullable and rng.random() < .25 else make(rng) for _, make, nullable in makers]
        if row[0] is None and len(row) > 1 and row[1] is None:
            row[0] = makers[0][1](rng)
        lines.append(f'({i}, ' + ', '.join(sql(v) for v in row) + ')')
    return f"CREATE TABLE {name} ({', '.join(columns + checks)}); INSERT INTO {name} VALUES {', '.join(lines)};"


def database(name, statements):
    admin.cursor().execute(f'CREATE DATABASE {name}')
    with psycopg2.connect(source.replace('/postgres?', f'/{name}?')) as c, c.cursor() as cursor:
        cursor.execute(statements)
        cursor.execute('ANALYZE')
    c.close()
    return [u.replace('/postgres?', f'/{name}?') for u in (source, target)]


def run(*args):
    p = subprocess.run([decant, *args], capture_output=True, timeout=180)
    return p.returncode, (p.stdout + p.stderr).decode(errors='replace')


def told(name, ok, detail=''):
    for line in [] if ok else [l for l in detail.split('\n') if l and ' s  ' not in l][:8]:
        print('#', line[:300])
    print(('ok' if ok else 'not ok') + ' - ' + name, flush=True)


def checks(first, count):
    for seed in range(first, first + count):
        rng = random.Random(seed)
        name = f'checks_{seed}'
        statements = '\n'.join(table(rng, f't{i}') for i in range(6))
        url, copy = database(name, statements)
        rules, file = f'{work}/{name}.yaml', f'{work}/{name}.sqlite'
        status, out = run('init', '-c', rules, '--key-file', key, '--rate', rng.choice(['100%', '40%']), url)
        ok = status == 0
        detail = 'init: ' + out
        if ok:
            status, out = run('check', '-c', rules, url)
            doubts = 'not-proved' in out
            ok, detail = status == 0, 'check: ' + out
        for to in (file, copy) if ok else ():
            status, out = run('pull', '-c', rules, '--key-file', key, '--to', to, url)
            if status != 0 and not (doubts and status == 5):
                ok, detail = False, f'pull to {to}: status {status}: {out}'
        told(f'what check finds nothing against is published (seed {seed})', ok, detail)


def columns(n):
    rng = random.Random(n)
    kinds = [
        ('text', lambda i: f'{rng.choice(firsts)} {rng.choice(lasts)}{i}'), ('text', lambda i: f'p{i}.{word(rng, 4)}@{word(rng, 8)}.org'),
        ('text', lambda i: f'+49 {rng.randint(151, 179)} {rng.randint(1000000, 99999999)}'), ('text', lambda i: f'({rng.randint(201, 989)}) {rng.randint(200, 999)}-{rng.randint(1000, 9999)}'),
        ('text', lambda i: f'0{rng.randint(20, 99)} {rng.randint(100000, 9999999)}'), ('varchar(20)', lambda i: f'+91{digits(rng, 10)}'),
        ('text', lambda i: f'{rng.choice(streets)} {rng.randint(1, 300)}'), ('text', lambda i: ' '.join(word(rng, rng.randint(2, 9)) for _ in range(rng.randint(3, 30)))),
        ('text', lambda i: f'{rng.randint(11, 220)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}.{rng.randint(1, 250)}'), ('inet', lambda i: f'{rng.randint(11, 220)}.1.{rng.randint(1, 250)}.7'),
        ('text', lambda i: word(rng, rng.randint(5, 16), string.ascii_letters + string.digits)), ('text', lambda i: digits(rng, rng.randint(6, 16))),
        ('bigint', lambda i: rng.randint(10 ** 6, 10 ** 15)), ('int', lambda i: rng.randint(0, 2 ** 31 - 1)), ('numeric', lambda i: f'{rng.randint(0, 10 ** 9)}.{rng.randint(0, 99)}'),
        ('date', lambda i: f'{rng.randint(1940, 2024)}-{rng.randint(10, 12)}-{rng.randint(10, 28)}'), ('timestamptz', lambda i: f'{rng.randint(2000, 2024)}-11-{rng.randint(10, 28)} 10:{rng.randint(10, 59)}:00+00'),
        ('uuid', lambda i: word(rng, 32, '0123456789abcdef')), ('text', lambda i: word(rng, 32, '0123456789abcdef')), ('text', lambda i: '$2b$12$' + word(rng, 53, string.ascii_letters + string.digits)),
        ('jsonb', lambda i: f'{{"mail": "q{i}@{word(rng, 6)}.org", "n": {rng.randint(1, 10 ** 9)}, "t": "{word(rng, 5)} {word(rng, 6)}"}}'),
        ('text[]', lambda i: '{' + ','.join(word(rng, 6) for _ in range(3)) + '}'), ('bytea', lambda i: '\\x' + word(rng, 40, '0123456789abcdef')),
        ('text', lambda i: f'https://{word(rng, 8)}.org/{word(rng, 6)}/{i}'), ('text', lambda i: f'DE{digits(rng, 20)}'), ('macaddr', lambda i: ':'.join(word(rng, 2, '0123456789abcdef') for _ in range(6))),
        ('text', lambda i: f'{rng.randint(100, 665)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}'), ('text', lambda i: rng.choice(labels)), ('bool', lambda i: rng.random() < .5),
        ('text', lambda i: f'4{digits(rng, 15)}'), ('char(8)', lambda i: digits(rng, 5)), ('text', lambda i: f'{rng.randint(1940, 2010)}-{rng.randint(10, 12)}-{rng.randint(10, 28)}'),
    ]
    statements, left = [], n
    for t in range(0, n, 25):
        width = min(25, left)
        left -= width
        chosen = [rng.choice(kinds) for _ in range(width)]
        columns = [f"{rng.choice(names) if rng.random() < .4 else 'c'}{i} {kind}" for i, (kind, _) in enumerate(chosen)]
        rows = []
        for i in range(400):
            rows.append(f'({i}, ' + ', '.join(sql(None if rng.random() < .05 else str(make(i))) for _, make in chosen) + ')')
        statements.append(f"CREATE TABLE t{t} (id int PRIMARY KEY, {', '.join(columns)}); INSERT INTO t{t} VALUES {', '.join(rows)};")
    url, copy = database(f'columns_{n}', '\n'.join(statements))
    rules, file = f'{work}/columns_{n}.yaml', f'{work}/columns_{n}.sqlite'
    status, out = run('init', '-c', rules, '--key-file', key, '--rate', '100%', url)
    told(f'init drafts rules for {n} columns', status == 0, out)
    for to in (file, copy):
        status, out = run('pull', '-c', rules, '--key-file', key, '--to', to, url)
        told(f"nothing in {n} masked columns is taken for a leak: {'SQLite' if to == file else 'PostgreSQL'}", status == 0, out)


if sys.argv[3] == 'checks':
    checks(int(sys.argv[4]), int(sys.argv[5]))
else:
    columns(int(sys.argv[4]))
