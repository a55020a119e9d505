#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Eight sessions at once, and one that is cancelled, through the proxy: rehearse_sessions.py DECANT ADDRESS; or without arguments
it is the program that opens them."""
import json
import os
import subprocess
import sys
import threading

if len(sys.argv) == 1:
    import psycopg2

    def work(i):
        connection = psycopg2.connect(os.environ['DATABASE_URL'])
        connection.autocommit = i % 2 == 0
        cursor = connection.cursor()
        for k in range(10):
            cursor.execute(f'CREATE TABLE w{i}_{k} (i int)')
            cursor.execute(f'INSERT INTO w{i}_{k} SELECT generate_series(1, 100)')
        connection.commit()
        connection.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connection = psycopg2.connect(os.environ['DATABASE_URL'])
    threading.Timer(0.5, connection.cancel).start()
    try:
        connection.cursor().execute('SELECT pg_sleep(30)')
    except psycopg2.errors.QueryCanceled:
        sys.exit(0)
    sys.exit(1)

run = subprocess.run([sys.argv[1], 'rehearse', '--on', sys.argv[2], '--format', 'json', '--', sys.executable, __file__], capture_output=True, text=True)
report = json.loads(run.stdout)
steps = report['statements']
tables = sum(step['text'].startswith('CREATE TABLE') for step in steps)
times = [step['took_ms'] for step in steps] + [lock['to_ms'] - lock['from_ms'] for step in steps for lock in step['locks']]
cancelled = [step['error']['sqlstate'] for step in steps if 'error' in step]
bad = (report['status'] != 0) + (tables != 80) + (min(times) < 0) + (report['took_ms'] < 500) + (cancelled != ['57014'])
if bad:
    print(f"# status {report['status']}, {tables} tables, least time {min(times)}, {report['took_ms']} ms, failed {cancelled}; {run.stderr}")
sys.exit(bad > 0)
