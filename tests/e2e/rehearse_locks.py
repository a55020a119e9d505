#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""The locks, rewrites and scans of a table of statements, as rehearse sees them: three ways of sending each.
rehearse_locks.py DECANT SOCKET-DIRECTORY USER PORT"""
import json
import os
import subprocess
import sys

decant, host, user, port = sys.argv[1:5]
here = os.path.dirname(os.path.abspath(__file__))
MODES = {'ACCESS SHARE': 'AS', 'ROW SHARE': 'RS', 'ROW EXCLUSIVE': 'RX', 'SHARE UPDATE EXCLUSIVE': 'SUX', 'SHARE': 'S',
         'SHARE ROW EXCLUSIVE': 'SRX', 'EXCLUSIVE': 'X', 'ACCESS EXCLUSIVE': 'AX'}
ORDER = list(MODES.values())
NAMES = {'rewrite': 'rewrite', 'rebuild': 'rebuild', 'new file': 'newfile', 'scan': 'scan', 'drop': 'drop'}
ROWS = {'t': 500, 'p': 50, 'c': 100, 'dt': 100, 'q1': 100, 'qd': 100, 'n': 51, 'proven': 51, 'o': 0, 'mv': 500}


def psql(database, *args, **more):
    return subprocess.run(['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', host, '-p', port, '-U', user, '-d', database, *args],
                          check=True, capture_output=True, text=True, **more).stdout


release = int(psql('postgres', '-c', 'SHOW server_version_num')) // 10000
cases = []
for line in open(f'{here}/rehearse_locks.tsv', encoding='utf-8'):
    if line.startswith('#') or not line.strip():
        continue
    statement, locks, effects, least = (line.rstrip('\n').split('\t') + [''] * 4)[:4]
    if least == 'never' or (least.isdigit() and int(least) > release):
        continue
    cases.append((statement, locks, effects, least))


def seen(statement, schema):
    """What one statement did to the tables that its schema had before."""
    best = {}
    for lock in statement['locks']:
        space, name = lock['relation'].split('.', 1)
        if lock['kind'] in 'rpmvf' and space == schema:
            best[name] = max(best.get(name, 'AS'), MODES[lock['mode']], key=ORDER.index)
    effects = set()
    for effect in statement['effects']:
        name = effect['relation'].split('.', 1)[1]
        if effect['effect'] not in NAMES or not effect['relation'].startswith(schema + '.'):
            continue
        if effect['effect'] == 'scan' and (name not in ROWS or effect['rows'] < ROWS[name] or ROWS[name] == 0):
            continue
        if effect['effect'] == 'new file' and name not in ROWS:
            continue
        effects.add(f"{NAMES[effect['effect']]}:{name}")
    return best, effects


def judge(way, case, statement, schema):
    text, locks, effects, note = case
    best, did = seen(statement, schema)
    wanted = dict(word.split(':') for word in locks.split() if not word.endswith(':-'))
    ignored = {word.split(':')[0] for word in locks.split() if word.endswith(':-')}
    got = {name: mode for name, mode in best.items() if mode != 'AS' and name not in ignored and not name.startswith('k')}
    want_effects = set(effects.split())
    if any(e.startswith('rewrite:') or e.startswith('newfile:') for e in want_effects):  # what these include
        tables = {e.split(':')[1] for e in want_effects}
        did = {e for e in did if not (e.startswith('rebuild:') or e.startswith('scan:')) or e in want_effects}
        want_effects = {e for e in want_effects if not e.startswith('scan:') or e in did or e.split(':')[1] not in tables}
    problems = []
    if got != wanted:
        problems.append(f'locks {got}, wanted {wanted}')
    if did != want_effects:
        problems.append(f'effects {sorted(did)}, wanted {sorted(want_effects)}')
    if 'error' in statement:
        problems.append(f"failed: {statement['error']}")
    return [f'# {way}: {text}: {problem}' for problem in problems]


def rehearse(database, *args, env=None):
    run = subprocess.run([decant, 'rehearse', '--on', f"host='{host}' port={port} user={user} dbname={database}", '--format', 'json', *args],
                         capture_output=True, text=True, env=dict(os.environ, **(env or {})))
    if not run.stdout.startswith('{'):
        sys.exit(f'# no report: {run.stderr}')
    return json.loads(run.stdout), run


def make(database, dead=False):
    psql('postgres', '-c', f'CREATE DATABASE {database}')
    text = open(f'{here}/rehearse_locks.sql', encoding='utf-8').read()
    script = 'CREATE SCHEMA elsewhere;\n'
    for i in range(len(cases)):
        script += f'CREATE SCHEMA s{i};\nSET search_path = s{i};\n{text}\n'
    psql(database, '-c', f"ALTER DATABASE {database} SET TimeZone = 'UTC'")
    psql(database, '-f', '-', input=script + 'VACUUM ANALYZE;')


def find(report, i, statement):
    """The step of case i: the last one of its text behind its own search path."""
    steps, inside = report['statements'], False
    last = statement.split('; ')[-1]
    for step in steps:
        if step['text'].startswith('SET search_path'):
            inside = step['text'].endswith(f'= s{i}')
        elif inside and step['text'].split(' ')[0] == last.split(' ')[0]:
            return step
    return None


def check(way, report):
    bad = []
    for i, case in enumerate(cases):
        step = find(report, i, case[0])
        if step is None:
            bad.append(f'# {way}: {case[0]}: not seen')
        else:
            bad += judge(way, case, step, f's{i}')
            if not step['exact']:
                bad.append(f'# {way}: {case[0]}: is marked sampled')
    return bad


def fact(name, bad):
    for line in bad[:40]:
        print(line)
    print(f"{'not ok' if bad else 'ok'} - {name}")


def one(text):
    return text.split('; ')


work = os.environ['WORK']
make('locks')
blocks = ''.join(f'SET search_path = s{i};\nBEGIN;\n' + ''.join(f'{s};\n' for s in one(case[0])) + 'ROLLBACK;\n' for i, case in enumerate(cases))
alone = ''.join(f'SET search_path = s{i};\n' + (f'BEGIN;\n' + ''.join(f'{s};\n' for s in one(case[0])) + 'COMMIT;\n'
                                                if case[0].startswith(('LOCK', 'SET')) else f'{case[0]};\n') for i, case in enumerate(cases))
for name, text in (('blocks', blocks), ('alone', alone)):
    with open(f'{work}/{name}.sql', 'w', encoding='utf-8') as file:
        file.write(text)
report, _ = rehearse('locks', '--sql', f'{work}/blocks.sql')
fact(f'the locks of {len(cases)} statements in a transaction block', check('block', report))
report, _ = rehearse('locks', '--sql', f'{work}/alone.sql')
fact('... of each by itself', check('alone', report))
report, run = rehearse('locks', '--', 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', f'{work}/alone.sql')
fact('... of each by psql', check('psql', report) + [f'# {line}' for line in run.stderr.splitlines() if 'ERROR' in line])

# What ends its own transactions is seen while it runs.
SAMPLED = [('CREATE INDEX CONCURRENTLY k ON big (x)', {'big': 'SUX'}, {'create'}), ('REINDEX INDEX CONCURRENTLY big_x', {'big': 'SUX'}, {'rebuild'}),
           ('DROP INDEX CONCURRENTLY big_x', {'big': 'SUX'}, {'drop'}), ('VACUUM (ANALYZE) big', {'big': 'SUX'}, set()),
           ('VACUUM FULL big', {'big': 'AX'}, {'rewrite', 'rebuild'})]
psql('postgres', '-c', 'CREATE DATABASE sampled')
psql('sampled', '-f', '-', input='CREATE TABLE big (id int PRIMARY KEY, x int); INSERT INTO big SELECT g, g FROM generate_series(1, 200000) g;'
     'CREATE INDEX big_x ON big (x);')
for text, locks, effects in SAMPLED:
    with open(f'{work}/sampled.sql', 'w', encoding='utf-8') as file:
        file.write(text + ';')
    report, _ = rehearse('sampled', '--sql', f'{work}/sampled.sql')
    step = report['statements'][0]
    best, _ = seen(step, 'public')
    did = {effect['effect'] for effect in step['effects']} - {'scan'}
    bad = [] if best == locks and did == effects and not step['exact'] else [
        f'# {best}, {did}, exact {step["exact"]}']
    fact(f'{text} is sampled, and marked so', bad)
