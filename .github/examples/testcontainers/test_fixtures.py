# SPDX-License-Identifier: PostgreSQL
from pathlib import Path

import psycopg
from testcontainers.community.postgres import PostgresContainer


def test_fixtures():
    # File by file: of a folder, Testcontainers would make a folder below, where the image does not look.
    scripts = [(file, f"/docker-entrypoint-initdb.d/{file.name}") for file in Path("fixtures").glob("*.sql*")]
    with PostgresContainer("postgres:16-alpine", driver=None, transferables=scripts) as db:
        with psycopg.connect(db.get_connection_url()) as connection:
            (orders,) = connection.execute("SELECT count(*) FROM orders").fetchone()
            print("orders:", orders)
            assert orders > 0
