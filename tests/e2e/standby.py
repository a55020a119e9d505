# SPDX-License-Identifier: PostgreSQL
"""A snapshot conflict on a hot standby ends in a retry, or in exit 6 with the setting to change."""
import os, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import psycopg2
from events import fact, pull, work

standby = f'postgresql:///shop?host={work}/standby&user=tester'
primary = psycopg2.connect(f'host={work}/source user=tester dbname=shop')
primary.autocommit = True


def conflict():
    """Rows that the standby's snapshot still sees are removed for good, and the standby has replayed it.

    What VACUUM wrote is not on its way when it returns: it has no transaction id, so nobody waits for its WAL."""
    c = primary.cursor()
    c.execute('DELETE FROM ticket_messages WHERE message_id IN (SELECT message_id FROM ticket_messages LIMIT 50)')
    c.execute('VACUUM ticket_messages')
    c.execute('SELECT pg_current_wal_insert_lsn()')
    lsn = c.fetchone()[0]
    replica = psycopg2.connect(f'host={work}/standby user=tester dbname=postgres')
    replica.autocommit = True
    r = replica.cursor()
    while True:
        r.execute('SELECT pg_last_wal_replay_lsn() >= %s', (lsn,))
        if r.fetchone()[0]:
            break
    replica.close()


status, err, events = pull(f'{work}/standby.sqlite', standby, 'snapshot', conflict, is_frozen=True)
fact('after a snapshot conflict the run starts over and succeeds', status == 0 and 'retry' in events, f'{status} {err} {events}')
status, err, events = pull(f'{work}/standby.sqlite', standby, 'snapshot', conflict, options=('--retries', '0'), is_frozen=True)
fact('without retries it ends with 6 and names the settings', status == 6 and 'max_standby_streaming_delay' in err and 'hot_standby_feedback' in err, f'{status} {err}')

# the same while nobody watches
with open(f'{work}/night.yaml', 'w') as rules:
    rules.write('version: 1\nrun: {target: night.sqlite, keep: 1}\n')
night = ('run', '-c', f'{work}/night.yaml')
target = f'{work}/night.sqlite'
status, err, events = pull(target, standby, verb=night)
fact('a night on a standby', status == 0, f'{status} {err}')
before = open(target, 'rb').read()
status, err, events = pull(target, standby, 'snapshot', conflict, options=('--retries', '0'), is_frozen=True, verb=night)
said = subprocess.run([os.environ['DECANT'], 'status', target], capture_output=True, text=True)
fact('a night that a conflict ends is noticed, and the old copy is there',
     status == 6 and said.returncode == 5 and '[failed]' in said.stdout and open(target, 'rb').read() == before, f'{status} {err} {said.stdout}')
status, err, events = pull(target, standby, 'snapshot', conflict, is_frozen=True, verb=night)
said = subprocess.run([os.environ['DECANT'], 'status', target], capture_output=True, text=True)
fact('... and with a retry it is a good one', status == 0 and 'retry' in events and said.returncode == 0, f'{status} {err} {said.stdout}')
