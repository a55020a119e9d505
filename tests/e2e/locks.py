# SPDX-License-Identifier: PostgreSQL
"""Another session's DDL between the snapshot and the first read, or during it."""
import os, sqlite3, subprocess, sys, threading, time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import psycopg2
from events import fact, pull, work

source = f'postgresql:///shop?host={work}/source&user=tester'
copy = f'{work}/locks.sqlite'
plain = f'host={work}/source user=tester dbname=shop'


def run(sql, done):
    db = psycopg2.connect(plain)
    db.autocommit = True
    started = time.time()
    try:
        db.cursor().execute(sql)
        done['seconds'] = time.time() - started
    except psycopg2.Error as e:
        done['error'] = str(e)
    db.close()


def other_session(sql):
    """Starts sql in another session; returns (act, result, join)."""
    done, threads = {}, []

    def act():
        threads.append(threading.Thread(target=run, args=(sql, done)))
        threads[0].start()
        # go on only when the statement is there: waiting for a lock, or done
        db = psycopg2.connect(plain)
        db.autocommit = True
        cursor = db.cursor()
        while threads[0].is_alive():
            cursor.execute('SELECT count(*) FROM pg_locks WHERE NOT granted')
            if cursor.fetchone()[0]:
                break
        db.close()
    return act, done, lambda: [t.join() for t in threads]


def count(table):
    db = psycopg2.connect(plain)
    cursor = db.cursor()
    cursor.execute(f'SELECT count(*) FROM {table}')
    return cursor.fetchone()[0]


setup = psycopg2.connect(plain)
setup.autocommit = True
for name, sql in (('TRUNCATE', 'TRUNCATE victim'), ('a rewriting ALTER TABLE', 'ALTER TABLE victim ALTER id TYPE numeric'), ('VACUUM FULL', 'VACUUM FULL victim')):
    setup.cursor().execute('DROP TABLE IF EXISTS victim')
    setup.cursor().execute('CREATE TABLE victim (id bigint PRIMARY KEY, t text)')
    setup.cursor().execute("INSERT INTO victim SELECT g, 'x' FROM generate_series(1, 1000) g")
    if os.path.exists(copy):
        os.unlink(copy)
    act, done, join = other_session(sql)
    status, err, events = pull(copy, source, 'snapshot', act)
    join()
    if status == 0:
        db = sqlite3.connect(copy)
        rows = db.execute('SELECT count(*), min(t), max(id) FROM victim').fetchone()
        fact(f'{name} between snapshot and first read: the rows of the snapshot are there', rows == (1000, 'x', 1000), rows)
    else:
        fact(f'{name} between snapshot and first read: refused, not read as empty', status == 6 and not os.path.exists(copy), err)
    fact(f'and {name} got through', 'seconds' in done, done)

# A migration that waits for us gets through, and we say why we ended. The row hook of time: a big table and a
# slow reader, made by a pull that is stopped while it reads.
import signal
setup.cursor().execute('DROP TABLE victim')
setup.cursor().execute('CREATE TABLE victim (id bigint PRIMARY KEY, t text)')
setup.cursor().execute("INSERT INTO victim SELECT g, repeat('x', 200) FROM generate_series(1, 3000000) g")
setup.cursor().execute('ANALYZE victim')
act, done, join = other_session('ALTER TABLE orders ADD COLUMN extra int')
status, err, events = pull(copy, source, 'snapshot', act, options=('--yield-after', '1s'))
join()
fact('an ALTER TABLE that waits gets through within 10 s', done.get('seconds', 99) < 10, done)
if status == 0:
    fact('(the pull had ended before it had to give way)', True)
else:
    fact('the pull ends with 6 and names the relation', status == 6 and 'orders' in err and 'gave way' in err, err)
setup.cursor().execute('ALTER TABLE orders DROP COLUMN IF EXISTS extra')

# A lock that another session holds.
holder = psycopg2.connect(plain)
holder.cursor().execute('LOCK TABLE coupons')
started = time.time()
status, err, events = pull(copy, source, options=('--lock-timeout', '300ms',))
fact('a lock that is held ends the pull with 6 and names the relation', status == 6 and 'public.coupons' in err and time.time() - started < 5, err)
holder.rollback()
setup.cursor().execute('DROP TABLE victim')
