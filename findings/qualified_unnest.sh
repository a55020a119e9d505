#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# unnest() of several arrays exists under its bare name alone.
#
# One would guess: whoever does not trust search_path writes pg_catalog. in front of every function, and
# nothing else changes; unnest(a, b) is a function like the others, so pg_catalog.unnest(a, b) is the same.
# What happens: "function pg_catalog.unnest(integer[], text[]) does not exist" (42883). pg_proc has no unnest of
# two arguments: the parser (transformRangeFunction in parse_clause.c) replaces a call of the one word "unnest"
# with several arguments by ROWS FROM (pg_catalog.unnest(a), pg_catalog.unnest(b)), which is what a
# qualified call must say itself. So the safe spelling fails where the careless one works, and a schema in
# front of pg_catalog with an unnest(int[], text[]) of its own is not even asked: the word wins.
# Seen with PGlite 0.5.14 (PostgreSQL 18), and with PostgreSQL 15.18. Prints what it sees; fails if that changes.
set -eu
for tool in node npm; do command -v $tool >/dev/null || { echo "$tool is needed"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null 2>&1
npm install --no-audit --no-fund --save-exact @electric-sql/pglite@0.5.14 >npm.log 2>&1 || { tail -n 5 npm.log; exit 77; }
cat >try.mjs <<'J'
import { PGlite } from '@electric-sql/pglite'

const db = new PGlite()
const arrays = "ARRAY[1, 2, 3], ARRAY['x', 'y']"
const queries = [
    ['bare', `SELECT count(*)::int AS n FROM unnest(${arrays}) AS t(a, b)`],
    ['qualified', `SELECT count(*)::int AS n FROM pg_catalog.unnest(${arrays}) AS t(a, b)`],
    ['rows from', "SELECT count(*)::int AS n FROM ROWS FROM (pg_catalog.unnest(ARRAY[1, 2, 3]),"
        + " pg_catalog.unnest(ARRAY['x', 'y'])) AS t(a, b)"],
    ['another unnest in front', `SELECT count(*)::int AS n FROM unnest(${arrays}) AS t(a, b)`],
    ['in pg_proc', "SELECT count(*)::int AS n FROM pg_catalog.pg_proc WHERE proname = 'unnest' AND pronargs > 1"
        + " AND pronamespace = 'pg_catalog'::regnamespace"],
]
console.log((await db.query('SELECT version() AS v')).rows[0].v)
const seen = {}
for (const [name, sql] of queries) {
    if (name === 'another unnest in front') {
        await db.exec(`CREATE SCHEMA mine;
            CREATE FUNCTION mine.unnest(int[], text[]) RETURNS TABLE (a int, b text) LANGUAGE sql AS 'SELECT 0, ''mine''';
            SET search_path = mine, pg_catalog`)
    }
    try {
        seen[name] = String((await db.query(sql)).rows[0].n)
    } catch (error) {
        seen[name] = error.code
    }
    console.log(`${name}: ${seen[name]}`)
}
const expected = { bare: '3', qualified: '42883', 'rows from': '3', 'another unnest in front': '3', 'in pg_proc': '0' }
for (const name of Object.keys(expected)) {
    if (seen[name] !== expected[name]) {
        console.log(`changed: ${name} was ${expected[name]}`)
        process.exitCode = 1
    }
}
J
node try.mjs
