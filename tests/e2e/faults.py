# SPDX-License-Identifier: PostgreSQL
"""Call number n of a kind (memory, disk, system, libpq) fails while a copy is made in a PostgreSQL database: a sample of SOME calls of
each kind, the first five and others evenly. SOME=300 for more."""
import os, subprocess
import psycopg2

work, faulty, some = os.environ['work'], os.environ['FAULTY'], int(os.environ.get('SOME', 4))
source = f'postgresql:///shop?host={work}/source&user=tester'
target = f'postgresql:///copy?host={work}/target&user=tester'
USAGE, REFUSED, LEAK, CHECK, UNAVAILABLE, UNPUBLISHED = 2, 3, 4, 5, 6, 7


def ask(database, sql):
    db = psycopg2.connect(f'host={work}/target user=tester dbname={database}')
    db.autocommit = True
    try:
        cursor = db.cursor()
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else None
    finally:
        db.close()


def pull(kind, n):
    env = dict(os.environ, FAULT=f'{kind} {n}', FAULT_COUNT=f'{work}/calls')
    try:
        run = subprocess.run([faulty, 'pull', '--no-mask', '-q', '-j', '1', '--to', target, source], env=env, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None, 'it hangs', 0, ''
    calls, _, function = open(f'{work}/calls').read().strip().partition(' ') if os.path.exists(f'{work}/calls') else ('0', '', '')
    return run.returncode, run.stderr, int(calls), function


def rows():
    return ask('copy', 'SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM events)')[0]


def is_marked():
    return ask('copy', "SELECT to_regclass('older') IS NOT NULL")[0][0]


def chosen(calls):
    step = max(1, calls // some)
    return sorted(set(range(1, min(5, calls) + 1)) | set(range(step, calls + 1, step)))


for kind in ('memory', 'disk', 'system', 'libpq'):
    status, err, calls, _ = pull(kind, 0)
    whole, problems, statuses = rows(), [], {}
    ask('copy', 'CREATE TABLE older ()')
    for n in chosen(calls):
        if os.path.exists(f'{work}/calls'):
            os.unlink(f'{work}/calls')
        status, err, _, function = pull(kind, n)
        statuses[status] = statuses.get(status, 0) + 1
        if status == 0 and 'SOME' in os.environ:
            print(f'# {kind} {n}, {function}(): the copy is whole without it')
        problem = None
        if status not in (0, USAGE, REFUSED, CHECK, UNAVAILABLE, UNPUBLISHED):
            problem = 'its status is none for this'
        elif status != 0 and not err.startswith('decant: '):
            problem = 'it does not say what failed'
        elif '@shop.example' in err:
            problem = 'it says a value'
        elif rows() != whole:
            problem = f'the copy has {rows()} rows'
        elif is_marked() != (status != 0):
            problem = 'the old copy is gone' if status else 'the old copy is there'
        if problem:
            problems.append(f'{kind} {n}, {function}(): {problem}: status {status}: {err.strip()}')
        if not is_marked():
            ask('copy', 'CREATE TABLE older ()')
    print(f'# {kind}: {len(chosen(calls))} of {calls} calls failed: ' + ', '.join(f'status {s}: {n}' for s, n in sorted(statuses.items(), key=str)))
    for problem in problems[:20]:
        print('#', problem)
    print(('not ok' if problems else 'ok') + f' - a PostgreSQL copy: any call for {kind} may fail', flush=True)
pull('memory', 0)
left = ask('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'copy__decant%'")
print(('ok' if not left else 'not ok') + ' - the next run removes what the others left')
