#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""A server far away: tests/bench/delay.py SOCKET-FOLDER FAR-FOLDER MILLISECONDS

Listens in FAR-FOLDER as a server of PostgreSQL does, and passes on what it hears to and from the
one in SOCKET-FOLDER, each byte so many milliseconds later. Bandwidth is not limited."""
import asyncio
import os
import sys

near, far = (os.path.join(folder, ".s.PGSQL.5432") for folder in sys.argv[1:3])
delay = float(sys.argv[3]) / 1000


async def carry(reader, writer):
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    task = loop.create_task(deliver())
    data = b"-"
    while data:
        try:
            data = await reader.read(1 << 16)
        except ConnectionError:
            data = b""
        await queue.put((loop.time() + delay, data))
    await asyncio.gather(task, return_exceptions=True)


async def accept(reader, writer):
    other_reader, other_writer = await asyncio.open_unix_connection(near)
    await asyncio.gather(carry(reader, other_writer), carry(other_reader, writer))


async def main():
    server = await asyncio.start_unix_server(accept, far)
    os.chmod(far, 0o777)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
