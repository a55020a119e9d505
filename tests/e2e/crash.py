# SPDX-License-Identifier: PostgreSQL
"""Reads the events of `decant pull --json`, and kills a victim as soon as the event of a phase comes.
Victims: decant itself, the source server, the target server. Never after a sleep."""
import json, os, signal, sqlite3, subprocess, sys, time
import psycopg2

work, decant, pg_bin = os.environ['work'], os.environ['DECANT'], os.environ['pg_bin']
source = f'postgresql:///shop?host={work}/source&user=tester'
PHASES = ['snapshot', 'catalog', 'schema', 'table_open', 'progress', 'data', 'indexes', 'checks', 'swap', 'swapped']


def fact(name, ok, detail=''):
    if not ok and detail:
        print('#', detail)
    print(('ok' if ok else 'not ok') + ' - ' + name, flush=True)


def cluster(name, *args):
    command = [f'{pg_bin}/pg_ctl', '-D', f'{work}/{name}/data', '-l', f'{work}/{name}/log', '-w', '-t', '60', *args]
    if os.getuid() == 0:
        command = ['setpriv', '--reuid', 'postgres', '--regid', 'postgres', '--clear-groups', '--'] + command
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd='/')


def kill_server(name):
    pid = int(open(f'{work}/{name}/data/postmaster.pid').readline())
    os.kill(pid, signal.SIGKILL)
    return pid


def revive(name):
    """After kill -9 of the postmaster its backends end by themselves; the lock files must not be in the way."""
    for _ in range(100):
        cluster(name, 'start')
        try:
            psycopg2.connect(f'host={work}/{name} user=tester dbname=postgres').close()
            return
        except psycopg2.OperationalError:
            time.sleep(.1)
    raise SystemExit(f'{name} does not start again')


class Sqlite:
    kind = 'SQLite'
    victims = ['decant', 'source']
    target = f'{work}/copy.sqlite'

    def rows(self):
        db = sqlite3.connect(f'file:{self.target}?mode=ro', uri=True)
        try:
            assert db.execute('PRAGMA integrity_check').fetchone()[0] == 'ok'
            return db.execute('SELECT count(*) FROM orders').fetchone()[0], db.execute('SELECT count(*) FROM sessions').fetchone()[0]
        finally:
            db.close()

    def leftovers(self):
        return [f for f in os.listdir(work) if f.startswith('copy.sqlite.decant') or f.endswith(('-wal', '-journal', '.new'))]


class Postgres:
    kind = 'PostgreSQL'
    victims = ['decant', 'source', 'target']
    target = f'postgresql:///copy?host={work}/target&user=tester'

    def ask(self, database, sql):
        db = psycopg2.connect(f'host={work}/target user=tester dbname={database}')
        try:
            cursor = db.cursor()
            cursor.execute(sql)
            return cursor.fetchall()
        finally:
            db.close()

    def rows(self):
        return self.ask('copy', 'SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM sessions)')[0]

    def leftovers(self):
        return self.ask('postgres', "SELECT datname FROM pg_database WHERE datname LIKE 'copy__decant%'")


def pull(target):
    return subprocess.run([decant, 'pull', '--no-mask', '-q', '--to', target, source], capture_output=True, text=True)


def children():
    """pg_dump and pg_restore of ours that are still alive."""
    found = []
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            args = open(f'/proc/{pid}/cmdline').read().replace('\0', ' ')
        except OSError:
            continue  # it ended meanwhile
        if ('pg_dump' in args or 'pg_restore' in args) and work in args:
            found.append(args)
    return found


def run_and_kill(target, phase, victim, number=signal.SIGKILL):
    process = subprocess.Popen([decant, 'pull', '--no-mask', '--json', '--quiet', '--to', target, source],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    seen = False
    for line in process.stdout:
        if not seen and json.loads(line)['event'] == phase:
            seen = True
            if victim == 'decant':
                process.send_signal(number)
            else:
                kill_server(victim)
    err = process.stderr.read()
    return seen, process.wait(), err


for side in (Sqlite(), Postgres()):
    first = pull(side.target)
    fact(f'{side.kind}: a first copy is there', first.returncode == 0, first.stderr)
    whole = side.rows()
    for victim in side.victims:
        for phase in PHASES:
            name = f'{side.kind}: {victim} killed at {phase}'
            seen, status, err = run_and_kill(side.target, phase, victim)
            if victim != 'decant':
                revive(victim)
            deadline = time.time() + 10
            while children() and time.time() < deadline:
                time.sleep(.05)
            problems = []
            if not seen:
                problems.append('no such event')
            if children():
                problems.append('children are alive')
            expected = ({-9, 0} if phase == 'swapped' else {-9}) if victim == 'decant' else {0, 5, 6, 7}
            if status not in expected:
                problems.append(f'status {status}')
            if 'secret' in err or 'DETAIL' in err:
                problems.append('a server text was shown')
            try:
                if side.rows() != whole:
                    problems.append(f'rows {side.rows()}, not {whole}')
            except Exception as e:
                problems.append(f'the copy is gone: {e}')
            again = pull(side.target)
            if again.returncode != 0:
                problems.append('the next run failed: ' + again.stderr)
            if side.leftovers():
                problems.append(f'left over: {side.leftovers()}')
            fact(name, not problems, '; '.join(problems) + ' ' + err.strip())
    for phase in ('table_open', 'data', 'indexes'):
        for number in (signal.SIGTERM, signal.SIGINT):
            seen, status, err = run_and_kill(side.target, phase, 'decant', number)
            problems = []
            if status not in (-number, 0):
                problems.append(f'status {status}')
            if status != 0 and side.leftovers():
                problems.append(f'left over: {side.leftovers()}')
            if side.rows() != whole:
                problems.append('the copy changed')
            fact(f'{side.kind}: {number.name} at {phase} cleans up and is died of', not problems, '; '.join(problems) + err)
