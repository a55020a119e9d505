# SPDX-License-Identifier: PostgreSQL
# Holds the SQLite copy of an application against its NAME.expect; TAP on stdout.
import json
import re
import sqlite3
import subprocess
import sys

name, work, source = sys.argv[1:4]
copy = sqlite3.connect(f'{work}/{name}.sqlite')
rules = open(f'{work}/{name}.yaml').read()
plan = {t['name']: t for t in json.load(open(f'{work}/{name}.plan'))['tables']}
report = json.load(open(f'{work}/{name}.report'))
samples = {s['name']: s for s in report['samples']}
columns = {c['name']: c for c in report['columns']}


def ask(sql):
    done = subprocess.run(['psql', '-XAtq', '-F', '\t', source, '-c', sql], capture_output=True, text=True, check=True)
    return done.stdout.rstrip('\n').split('\n')


def parts(table):
    schema, _, bare = table.replace('"', '').rpartition('.')
    return schema or 'public', bare


def quoted(table):
    return '"%s"."%s"' % parts(table)


def flat(table):
    schema, bare = parts(table)
    return bare if schema == 'public' else f'{schema}__{bare}'


def fact(what, problems):
    for problem in problems[:8]:
        print(f'# {problem}')
    print(f"{'not ok' if problems else 'ok'} - {name}: {what}")


history, reference, sampled, dangling, clear, still = [], [], [], [], [], 0
# what is told by its text; SQLite spells times, numbers and flags in its own way
textual = {tuple(line.split('\t')) for line in ask(
    "SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE data_type IN ('text', 'character varying')")}


secret = {(*parts(line.split()[1].rpartition('.')[0]), line.split()[1].rpartition('.')[2])
          for line in open(f'fixtures/apps/{name}.expect') if line.startswith('personal ')}


def unlike(table, all_of_it):
    rows, = ask(f'SELECT count(*) FROM {quoted(table)}')
    got, = copy.execute(f'SELECT count(*) FROM "{flat(table)}"').fetchone()
    if int(rows) != got:
        return [f'{table}: {got} of {rows} rows']
    problems = []
    for column in [r[1] for r in copy.execute(f'PRAGMA table_info("{flat(table)}")')]:
        if (*parts(table), column) not in textual:
            continue
        was = {v for v in ask(f"""SELECT DISTINCT replace(replace("{column}", E'\\n', ' '), E'\\t', ' ') FROM {quoted(table)} WHERE "{column}" <> ''""")}
        now = {v[0].replace('\n', ' ').replace('\t', ' ') for v in copy.execute(f'SELECT DISTINCT "{column}" FROM "{flat(table)}" WHERE "{column}" <> \'\'')}
        # what opens something, and ways to reach somebody, may be masked
        reaches = not all_of_it and any('@' in v or '://' in v for v in was)
        if (*parts(table), column) not in secret and was != {''} and len(was & now) < len(was) * (1 if all_of_it else .5) and not reaches and was != {'production'}:
            if not ('production' in was and len(was - now) == 1):
                problems.append(f'{table}.{column}: {len(was & now)} of {len(was)} values')
    return problems


def resolve(line):
    child, key, parent, to, kind, value = re.match(
        r'ref (\S+)\.([^.\s]+) -> (\S+)\.([^.\s]+)(?: when (\S+?)=(.*))?$', line).groups()
    if '->' in key:
        key, rest = key.split('->', 1)
        member = '.'.join(re.findall(r"'([^']+)'", rest))
        expression = f"""json_extract(c."{key.rsplit('.')[-1]}", '$.{member}')"""
    else:
        expression = f'c."{key}"'
    condition = f" AND c.\"{kind.rsplit('.')[-1]}\" = '{value.strip()}'" if kind else ''
    got, found = copy.execute(f'''SELECT count(*), coalesce(sum(EXISTS (SELECT 1 FROM "{flat(parent)}" p
        WHERE CAST(p."{to}" AS text) = CAST({expression} AS text))), 0)
        FROM "{flat(child)}" c WHERE {expression} IS NOT NULL{condition}''').fetchone()
    return [] if found >= .99 * got else [f'{line}: {found} of {got}']


for line in open(f'fixtures/apps/{name}.expect'):
    line = line.split('#')[0].strip()
    if line.startswith('open '):
        still += 1
    elif line.startswith('ref '):
        dangling += resolve(line)
    elif line.startswith('personal '):
        table, column = line.split()[1].rsplit('.', 1)
        what = columns.get('.'.join(parts(table)) + '.' + column)
        if what is not None and what['verdict'] not in ('masked', 'nulled', 'computed'):
            clear.append(f"{line}: {what['verdict']}")
    elif line:
        table, kind = line.split()[:2]
        if kind == 'history':
            history += unlike(table, True)
        elif kind == 'reference':
            reference += unlike(table, False)
        else:
            full = '.'.join(parts(table))
            role, expected, sd = plan[full]['role'], plan[full]['expected_sampled'], plan[full]['expected_sd']
            got, rows = samples[full]['sampled'], plan[full]['rows']
            if role == 'whole':
                sampled.append(f'{table} is whole')
            elif abs(got - expected) > max(4 * sd + 3, .6 * expected) or not .03 < expected / rows < .08:
                sampled.append(f'{table}: {got} rows, expected {expected:.0f} +-{2 * sd:.0f} of {rows:.0f}')

fact('the history of migrations is whole, and as it was', history)
fact('what programs name, and people choose from, is whole and readable', reference)
fact('roots and what follows them are within their band', sampled)
fact('references resolve, declared or not', dangling)
fact('nothing personal is in the clear', clear)
marks = rules.count('# ?') - 1  # the first explains the mark
fact('a person has at most one column in twenty to look at', [f'{marks} marks'] if marks > .05 * len(columns) else [])
print(f"# {name}: {marks} lines to review, {len(columns)} columns; {still} expectations not met")
