#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""What differs between two SQLite copies, found without decant: rows that came, went and changed by primary key.

    nights.py diff BEFORE AFTER       prints {"table": [before, after, came, went, changed], ...} of tables that differ
    nights.py same JSON BEFORE AFTER  is that what `decant diff --json` said?
    nights.py stable BEFORE AFTER     the share of rows that both have, of those that either has (Jaccard), by key
"""
import json
import sqlite3
import sys


def tables(path):
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    db.text_factory = bytes
    out = {}
    for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").fetchall():
        name = name.decode()
        columns = [(c[1].decode(), c[5]) for c in db.execute(f'PRAGMA table_info("{name}")')]
        keys = [i for i, (_, pk) in sorted(enumerate(columns), key=lambda c: c[1][1]) if _ and columns[i][1] > 0]
        rows = {}
        for n, row in enumerate(db.execute(f'SELECT * FROM "{name}"')):
            rows[tuple(row[i] for i in keys) if keys else n] = row
        out[name] = (bool(keys), rows)
    return out


def differ(before, after):
    a, b = tables(before), tables(after)
    out = {}
    for name in sorted(set(a) | set(b)):
        (keyed, x), (_, y) = a.get(name, (False, {})), b.get(name, (False, {}))
        counts = [len(x) if name in a else -1, len(y) if name in b else -1]
        if keyed and name in b:
            counts += [len(y.keys() - x.keys()), len(x.keys() - y.keys()), sum(x[k] != y[k] for k in x.keys() & y.keys())]
        else:
            counts += [-1, -1, -1]
        out[name] = counts
    return out


def main():
    verb, args = sys.argv[1], sys.argv[2:]
    if verb == "diff":
        print(json.dumps(differ(*args)))
    elif verb == "same":
        said = {t["name"]: [t["before"], t["after"], t["came"], t["went"], t["changed"]] for t in json.loads(args[0])["tables"]}
        right = differ(*args[1:])
        if said != right:
            print({k: (said.get(k), right.get(k)) for k in set(said) | set(right) if said.get(k) != right.get(k)})
            return 1
    elif verb == "stable":
        a, b = tables(args[0]), tables(args[1])
        both = either = 0
        for name in set(a) & set(b):
            both += len(a[name][1].keys() & b[name][1].keys())
            either += len(a[name][1].keys() | b[name][1].keys())
        print(f"{both / either:.4f}")
    return 0


sys.exit(main())
