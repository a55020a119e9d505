#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# SQLite 3.47 to 3.51: a large number that quote() wrote is another one when it is read.
#
# One would guess: quote(x) is the text of a literal that reads as x; 17 digits name a double, and quote() writes 17 to 20
# where fewer do not. Older releases kept that, and so does 3.54.
# What happens: from 3.47 to 3.51 one of six numbers between 1e-200 and 1e200 comes back as another one (some texts of quote()
# name another, some are read as another), and one of eleven by the shortest text that names it, as Python and PostgreSQL
# write it. Between 1e-50 and 1e50 all come back. Before 3.47 it is the other way round: what quote() writes comes back, but
# one short text in some thousand does not, among them everyday ones (36725.20240340081). So a dump as SQL is not always the database, and a literal that was tried with one release
# may fail in another; a number bound as a parameter is exact in all.
# Seen with 3.46.1, 3.50.4, 3.51.0 and 3.54.1, by apsw 3.46.1.0, 3.50.4.0, 3.51.0.0, 3.54.1.0 of PyPI, which bring their own
# SQLite; the sources are sqlite3AtoF() and sqlite3FpDecode() in util.c.
# Prints what it sees; fails if that changes.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv py
cat >look.py <<'P'
import random, apsw
db = apsw.Connection(':memory:')
value = lambda sql, *parameters: next(iter(db.execute(sql, parameters)))[0]
print('SQLite', value('SELECT sqlite_version()'), end=':')
for low, high in ((-50, 50), (-200, 200)):
    random.seed(7)
    quoted = short = bound = 0
    for _ in range(30000):
        x = random.random() * 10.0 ** random.randint(low, high)
        quoted += value('SELECT ' + value('SELECT quote(?)', x)) != x
        short += value('SELECT ' + repr(x)) != x
        bound += value('SELECT ?', x) != x
    print(f' 1e{low} to 1e{high}: quote() {quoted}, shortest text {short}, bound {bound};', end='')
print()
P
echo "of 30,000 numbers, those that are others when they are read"
for version in 3.46.1.0 3.50.4.0 3.51.0.0 3.54.1.0; do
    py/bin/pip install -q --only-binary=:all: "apsw==$version" 2>pip.log || { tail -n 1 pip.log; exit 77; }
    py/bin/python look.py
done | tee seen
[ "$(sed 's/SQLite //' seen)" = "3.46.1: 1e-50 to 1e50: quote() 0, shortest text 4, bound 0; 1e-200 to 1e200: quote() 0, shortest text 3, bound 0;
3.50.4: 1e-50 to 1e50: quote() 0, shortest text 0, bound 0; 1e-200 to 1e200: quote() 4950, shortest text 2675, bound 0;
3.51.0: 1e-50 to 1e50: quote() 0, shortest text 0, bound 0; 1e-200 to 1e200: quote() 4950, shortest text 2675, bound 0;
3.54.1: 1e-50 to 1e50: quote() 0, shortest text 0, bound 0; 1e-200 to 1e200: quote() 0, shortest text 0, bound 0;" ] || { echo "this has changed"; exit 1; }
