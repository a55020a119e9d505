#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""What somebody with a masked SQLite copy, but without the key, gets back of its originals.

    DECANT=PROGRAM attack.py SOURCE COPY...     SOURCE: a libpq URI; COPY: files of `decant pull --profile default`

The attacker knows the true frequencies of every source column, and the kept columns of every row (worst case). For every
column that the copy's manifest calls masked, each attack guesses the original of each row; what is right is counted:

 1 frequency   fakes, by how often they are there, meet originals by how often those are (ranks; ties by value)
 2 shape       the most common original with the fake's shape (letters a, digits 0, the rest as it is); where no
               original has that shape, the most common one of all
 3 sentinel    the fake as it is: rows whose fake is the original, where more than 1 % of the rows on both sides have it
 4 combination the kept columns that describe a row (no key of one column, no foreign key): how many rows they single out
               among those of the source (k = 1, k < 5). A figure for each table, no failure.

A column fails where 1, 2 or 3 gets more than the share of the most common original + 5 points, of its rows that are
neither NULL nor empty. Two stronger attacks are told, but fail nothing: `ranked shape` (1 within each shape), and `near` (the most
common original that the transformer could have made the fake of: noise of 20 %, bands of 5 years, shifts by 52 weeks; not for many values).
JSON and arrays are attacked as a whole and leaf by leaf ($.path); leaves that are all as they were are only counted.

Truth: copy and source are joined by the first unique key that is kept and not NULL; where there is none, by all kept columns
that SQLite spells as the source does, and only rows that are alone in that on both sides count (`by kept columns`; the
number of rows so lost is told). No key, no --origins and no order of rows is used."""
import collections
import datetime
import json
import os
import re
import sqlite3
import subprocess
import sys
from decimal import Decimal, InvalidOperation

FEWEST, MARGIN, SHARED = 20, .05, .01
ENV = dict(os.environ, PGOPTIONS='-c timezone=UTC -c datestyle=ISO -c bytea_output=hex -c intervalstyle=iso_8601')
INSTANT = re.compile(r'(-?\d{4,}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(\.\d+)?)?(?:Z|\+00(?::00)?)?$')
Counter = collections.Counter


def ask(source, sql):
    """Rows of one text each; what psql prints on one line."""
    done = subprocess.run(['psql', '-XAtq', source, '-c', sql], env=ENV, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split('\n')[:-1]


# ---- one spelling for both sides

def is_structure(kind):
    return kind.startswith('json') or kind.endswith('[]')


def plain(value, kind):
    """A value as a text that does not depend on the side; None: NULL."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return '\\x' + value.hex()
    if is_structure(kind):
        return json.dumps(value, sort_keys=True, default=str)
    if isinstance(value, bool):
        return str(int(value))
    if re.match(r'numeric|money|real|double|small|integer|bigint', kind):
        try:
            number = Decimal(str(value).replace('$', '').replace(',', ''))
            return format(number.normalize() if number else Decimal(0), 'f') if number.is_finite() else str(number)
        except InvalidOperation:
            return str(value)
    value = str(value)
    found = INSTANT.match(value) if re.match(r'date|timestamp', kind) else None
    if found:
        day, clock, part = found.groups()
        part = (part or '').rstrip('0').rstrip('.')
        return day if clock in (None, '00:00:00') and not part else f'{day} {clock}{part}'
    return value.rstrip() if kind.startswith('character(') else value


def leaves(value, path, out):
    """The leaves of a document, by paths in which every place of a list is [*]."""
    if isinstance(value, dict):
        for key, item in value.items():
            leaves(item, f'{path}.{key}', out)
    elif isinstance(value, list):
        for item in value:
            leaves(item, f'{path}[*]', out)
    elif value is not None:
        out[path].append(str(value) if not isinstance(value, bool) else str(value).lower())


def parsed(value, is_document=True):
    """A document that is text; other texts are themselves."""
    try:
        return json.loads(value, parse_float=Decimal) if isinstance(value, str) and is_document else value
    except ValueError:
        return value


# ---- the attacks: from fakes, and the source's frequencies, to guesses

def shape(text):
    return ''.join('a' if c.isalpha() else '0' if c.isdigit() else c for c in text)


def ranked(counter):
    return [value for value, _ in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]


def by_rank(fakes, known):
    return dict(zip(ranked(Counter(fakes)), ranked(known)))


def by_shape(fakes, known):
    best, order = {}, ranked(known)
    for value in reversed(order):
        best[shape(value)] = value
    return {fake: best.get(shape(fake), order[0]) for fake in set(fakes)}


def by_ranked_shape(fakes, known):
    guesses, fakes_of, known_of = {}, collections.defaultdict(list), collections.defaultdict(Counter)
    for fake in fakes:
        fakes_of[shape(fake)].append(fake)
    for value, n in known.items():
        known_of[shape(value)][value] = n
    for form in fakes_of:
        guesses.update(by_rank(fakes_of[form], known_of[form]))
    return guesses


def as_is(fakes, known):
    """Only what many rows share on both sides."""
    counts, all_known = Counter(fakes), sum(known.values())
    return {fake: fake for fake, n in counts.items() if n > SHARED * len(fakes) and known[fake] > SHARED * all_known}


def by_nearness(fakes, known, mask):
    """What a fake of noise, birth_date or date_shift can have been, weighted by how likely it becomes this one."""
    def day(text):
        return datetime.date.fromisoformat(text[:10])

    def chance(value, fake):
        try:
            if mask == 'noise':
                low, high = sorted((float(value) * .8, float(value) * 1.2))
                return low - .51 <= float(fake) <= high + .51 and 1 / max(high - low, 1)
            if mask == 'birth_date':
                return int(value[:4]) // 5 == int(fake[:4]) // 5
            days = (day(value) - day(fake)).days
            return value == fake or (0 < days <= 364 and days % 7 == 0 and value[10:] == fake[10:])
        except ValueError:
            return value == fake
    guesses, candidates = {}, list(known.items())
    for fake in set(fakes) if len(candidates) * len(set(fakes)) < 4e6 else ():
        n, value = max((n * chance(value, fake), value) for value, n in candidates)
        guesses.update({fake: value} if n > 0 else {})
    return guesses


def attack(name, mask, pairs, known, result):
    """pairs: (original, fake) of rows; known: the source's frequencies."""
    pairs = [(o, f) for o, f in pairs if o is not None and o.strip() != '']
    known = Counter({value: n for value, n in known.items() if value is not None and value.strip() != ''})
    if len(pairs) < FEWEST:
        result['skipped'] += 1
        return
    if '$' in name and all(o == f for o, f in pairs):
        result['kept leaves'].append(name)
        return
    fakes = [f for _, f in pairs if f is not None]
    mode = Counter(o for o, _ in pairs).most_common(1)[0][1] / len(pairs)
    attacks = [('frequency', by_rank(fakes, known)), ('shape', by_shape(fakes, known)), ('sentinel', as_is(fakes, known)),
               ('ranked shape', by_ranked_shape(fakes, known))]
    if mask in ('noise', 'birth_date', 'date_shift'):
        attacks.append(('near', by_nearness(fakes, known, mask)))
    result['attacked'] += 1
    for which, guesses in attacks:
        share = sum(f is not None and guesses.get(f) == o for o, f in pairs) / len(pairs)
        if share > mode + MARGIN:
            kind = 'failures' if which in ('frequency', 'shape', 'sentinel') else 'beyond'
            result[kind].append((name, mask, which, share, mode, len(pairs), len(known)))


# ---- tables

def parts(name):
    """schema, table, column of a name of the manifest."""
    return [q.replace('""', '"') if q else bare for q, bare in re.findall(r'"((?:[^"]|"")+)"|([^."]+)', name)]


def quoted(*names):
    return '.'.join('"%s"' % name.replace('"', '""') for name in names)


def unique_keys(source, table):
    """Column lists of unique indexes of columns that are not NULL, the primary key first."""
    rows = ask(source, f"""SELECT json_agg(a.attname ORDER BY k.n) FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(a, n)
        JOIN pg_attribute a ON a.attnum = k.a WHERE a.attrelid = i.indrelid AND i.indrelid = '{table.replace("'", "''")}'::regclass
        AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND k.n <= i.indnkeyatts
        GROUP BY i.indexrelid, i.indisprimary HAVING bool_and(a.attnotnull) ORDER BY i.indisprimary DESC, count(*), i.indexrelid""")
    return [json.loads(row) for row in rows]


def foreign_columns(source, table):
    return set(ask(source, f"""SELECT a.attname FROM pg_constraint c, unnest(c.conkey) k JOIN pg_attribute a ON a.attnum = k
        WHERE c.contype = 'f' AND c.conrelid = '{table.replace("'", "''")}'::regclass AND a.attrelid = c.conrelid"""))


def singled_out(source_rows, rows, columns):
    """Shares of the copy's rows with whom at most k - 1 others of the source share all that was kept."""
    counts = Counter(tuple(row[c] for c in columns) for row in source_rows)
    sizes = [counts[tuple(row[c] for c in columns)] for row in rows]
    return sum(n == 1 for n in sizes) / len(sizes), sum(0 < n < 5 for n in sizes) / len(sizes)


def join(source_rows, rows, key):
    """Pairs of rows that `key` tells apart on both sides."""
    def alone(some):
        found = collections.defaultdict(list)
        for row in some:
            found[tuple(row[c] for c in key)].append(row)
        return {k: v[0] for k, v in found.items() if len(v) == 1}
    left = alone(source_rows)
    return [(left[k], row) for k, row in alone(rows).items() if k in left]


def attack_table(source, copy, schema, table, columns, result):
    """columns: name -> (type, verdict, mask)."""
    masked = {c: what for c, what in columns.items() if what[1] == 'masked'}
    name, lite = quoted(schema, table), quoted(table if schema == 'public' else f'{schema}__{table}')
    raw = [json.loads(line, parse_float=Decimal) for line in ask(source, f'SELECT row_to_json(t) FROM {name} t')]
    fakes = [{c: parsed(row[c], is_structure(columns[c][0])) for c in columns if c in row.keys()} for row in copy.execute(f'SELECT * FROM {lite}')]
    if not masked or not fakes:
        return

    def spelled(rows):
        return [dict({c: plain(row.get(c), columns[c][0]) for c in columns}, **{'': row}) for row in rows]
    raw, fakes = spelled(raw), spelled(fakes)
    kept = [c for c, what in columns.items() if what[1] in ('kept', 'safe')]
    keys = unique_keys(source, name)
    key = next((k for k in keys if set(k) <= set(kept)), None)
    pairs = join(raw, fakes, key or kept)
    result['rows'] += len(fakes)
    if len(pairs) < len(fakes):
        result['lost'].append(f"{schema}.{table}: {len(pairs)} of {len(fakes)} rows joined {'by ' + ', '.join(key) if key else 'by kept columns'}")
    telling = set(kept) - {k[0] for k in keys if len(k) == 1} - foreign_columns(source, name)
    result['combinations'].append((f'{schema}.{table}', len(fakes), len(telling), *singled_out(raw, fakes, sorted(telling))))
    for column, (kind, _, mask) in masked.items():
        attack(f'{schema}.{table}.{column}', mask, [(o[column], f[column]) for o, f in pairs], Counter(r[column] for r in raw), result)
        if is_structure(kind) or mask == 'json':
            attack_leaves(f'{schema}.{table}.{column}', column, mask, pairs, raw, result)


def attack_leaves(name, column, mask, pairs, raw, result):
    def leaves_of(row):
        out = collections.defaultdict(list)
        leaves(parsed(row[''].get(column)), '$', out)
        return out
    known, both = collections.defaultdict(Counter), collections.defaultdict(list)
    for row in raw:
        for path, values in leaves_of(row).items():
            known[path].update(values)
    for original, fake in pairs:
        theirs = leaves_of(fake)
        for path, values in leaves_of(original).items():
            both[path] += zip(values, theirs.get(path) or [None] * len(values))
    for path in both:
        attack(name + path, mask, both[path], known[path], result)


def main(source, copies):
    for file in copies:
        decant = os.environ.get('DECANT', 'decant')
        done = subprocess.run([decant, 'report', '--format', 'json', file], stdout=subprocess.PIPE, text=True, check=True)
        tables, result = collections.defaultdict(dict), collections.defaultdict(list)
        result.update(attacked=0, skipped=0, rows=0)
        for column in json.loads(done.stdout)['columns']:
            schema, table, bare = parts(column['name'])
            tables[schema, table][bare] = (column['type'], column['verdict'], column['mask'])
        copy = sqlite3.connect(f'file:{file}?mode=ro', uri=True)
        copy.row_factory = sqlite3.Row
        for (schema, table), columns in tables.items():
            attack_table(source, copy, schema, table, columns, result)
        failed = len({f[0] for f in result['failures']})
        print(f"{os.path.basename(file)}: {result['attacked']} columns and leaves attacked, {result['skipped']} skipped (fewer than "
              f"{FEWEST} values), {failed} fail, {len(result['kept leaves'])} leaves kept")
        for word in ('failures', 'beyond'):
            for column, mask, which, share, mode, rows, values in result[word]:
                print(f"  {'FAIL' if word == 'failures' else 'also'} {column:52} {mask:12} {which:12} {share:6.1%}  mode {mode:6.1%}  rows {rows:6}  values {values}")
        for line in result['lost']:
            print(f'  join {line}')
        for table, rows, n, one, five in result['combinations']:
            print(f'  comb {table:40} {rows:7} rows, {n:2} kept columns: alone {one:6.1%}, fewer than 5 {five:6.1%}')
        if result['kept leaves']:
            print('  kept ' + ', '.join(result['kept leaves']))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]) if len(sys.argv) > 2 else __doc__)
