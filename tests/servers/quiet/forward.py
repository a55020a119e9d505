#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""forward.py SOCKET FILE: a port of the loopback, whose number FILE gets, leads to a Unix socket."""
import socket
import sys
import threading


def pump(a, b):
    try:
        while data := a.recv(65536):
            b.sendall(data)
    except OSError:
        pass
    for s in (a, b):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


server = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[2], "w") as out:
    out.write(str(server.getsockname()[1]))
while True:
    client, _ = server.accept()
    there = socket.socket(socket.AF_UNIX)
    there.connect(sys.argv[1])
    for pair in ((client, there), (there, client)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
