# SPDX-License-Identifier: PostgreSQL
"""Celery with its messages in the database: the same."""
import os
import sys

from kombu import Connection
from urllib.parse import parse_qs, urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
query = {k: v[0] for k, v in parse_qs(url.query).items()}
address = f"sqla+postgresql+psycopg2://{query.get('user', url.username or '')}@{url.path}?host={query.get('host', '')}&port={query.get('port', '5432')}"
with Connection(address) as connection:
    queue = connection.SimpleQueue("mail")
    if sys.argv[1] == "fill":
        for i in range(500):
            queue.put({"task": "mail", "args": [f"ada{i}@realcorp.example.org"]})
    else:
        n = 0
        while True:
            try:
                queue.get(block=False).ack()
                n += 1
            except queue.Empty:
                break
        print(n)
    queue.close()
