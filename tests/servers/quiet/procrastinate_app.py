# SPDX-License-Identifier: PostgreSQL
"""Procrastinate: the same."""
import asyncio
import os
import sys

import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))
done = 0


@app.task(queue="mail")
async def mail(to):
    global done
    done += 1


async def main():
    async with app.open_async():
        if sys.argv[1] == "fill":
            await app.schema_manager.apply_schema_async()
            await mail.batch_defer_async(*[{"to": f"ada{i}@realcorp.example.org"} for i in range(2000)])
        else:
            await app.run_worker_async(wait=False, install_signal_handlers=False, concurrency=10)
            print(done)


asyncio.run(main())
