#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# What Prisma 7 reads of a SQLite row depends on the row before it, where a type has a length.
#
# One would guess: a Decimal field over a column declared DECIMAL(10,2) has the number that the row has, whichever
# other rows the query returns; SQLite takes DECIMAL and DECIMAL(10,2) for the same affinity.
# What happens: 10.10 read alone is 10.1, and read behind a row of 20.00 it is 10. The driver adapter compares
# declared types as whole texts ("DECIMAL" is known, "DECIMAL(10,2)" is not) and infers an unknown one from the first
# row of each result. better-sqlite3 gives it the whole number 20 as a bigint, so the column is of 64-bit integers, and
# decimals of all rows behind are cut off, without an error; WHERE, which SQLite evaluates, still finds 10.1.
# `prisma migrate` declares DECIMAL without a length, so databases that it made are not touched; those that another
# tool made (or that spell the type as the SQL standard does) are. The adapter for libsql, whose driver gives numbers
# and not bigints, reads them right.
# Seen with prisma, @prisma/client and @prisma/adapter-better-sqlite3 7.10.0 (src/conversion.ts of the adapter:
# mapDeclType, getColumnTypes, mapRow) on better-sqlite3 12.11.1. Prints what it sees; fails if that changes.
# Takes some minutes where the driver must be compiled.
set -eu
for tool in node npm; do command -v $tool >/dev/null || { echo "$tool is needed"; exit 77; }; done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true, "type": "module"}' >package.json
npm install --no-audit --no-fund --ignore-scripts --save-exact prisma@7.10.0 @prisma/client@7.10.0 \
    @prisma/adapter-better-sqlite3@7.10.0 better-sqlite3@12.11.1 >npm.log 2>&1 || { tail -n 5 npm.log; exit 77; }
[ -d /usr/include/node ] && export npm_config_nodedir=/usr # its headers, which are fetched otherwise
npm rebuild better-sqlite3 >npm.log 2>&1 || { tail -n 5 npm.log; exit 77; }
cat >schema.prisma <<'P'
generator client {
  provider   = "prisma-client-js"
  engineType = "client"
}
datasource db {
  provider = "sqlite"
}
model long {
  id     Int @id
  amount Decimal
}
model short {
  id     Int @id
  amount Decimal
}
P
cat >prisma.config.mjs <<'C'
import { defineConfig } from "prisma/config"
export default defineConfig({ schema: "schema.prisma", datasource: { url: "file:./none.db" } })
C
# the generator looks for a program that it does not run
PRISMA_SCHEMA_ENGINE_BINARY=/bin/true npx --no prisma generate >prisma.log 2>&1 || { tail -n 5 prisma.log; exit 77; }
cat >try.mjs <<'J'
import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3"
import client from "@prisma/client"

const db = new client.PrismaClient({ adapter: new PrismaBetterSqlite3({ url: "file:x.db" }) })
for (const [table, type] of [["long", "DECIMAL(10,2)"], ["short", "DECIMAL"]]) {
    await db.$executeRawUnsafe(`CREATE TABLE ${table} (id INTEGER PRIMARY KEY, amount ${type} NOT NULL)`)
    await db.$executeRawUnsafe(`INSERT INTO ${table} VALUES (1, 20.00), (2, 10.10)`)
}
const show = rows => rows.map(row => row.amount.toString()).join(" ")
console.log("prisma", client.Prisma.prismaVersion.client)
const seen = {
    "DECIMAL(10,2), both rows": show(await db.long.findMany({ orderBy: { id: "asc" } })),
    "DECIMAL(10,2), the other order": show(await db.long.findMany({ orderBy: { id: "desc" } })),
    "DECIMAL(10,2), the second alone": show(await db.long.findMany({ where: { id: 2 } })),
    "DECIMAL(10,2), found by 10.1": String(await db.long.count({ where: { amount: "10.1" } })),
    "DECIMAL, both rows": show(await db.short.findMany({ orderBy: { id: "asc" } })),
}
const expected = {
    "DECIMAL(10,2), both rows": "20 10",
    "DECIMAL(10,2), the other order": "10.1 20",
    "DECIMAL(10,2), the second alone": "10.1",
    "DECIMAL(10,2), found by 10.1": "1",
    "DECIMAL, both rows": "20 10.1",
}
for (const name of Object.keys(expected)) {
    console.log(`${name}: ${seen[name]}`)
    if (seen[name] !== expected[name]) {
        console.log(`changed: it was ${expected[name]}`)
        process.exitCode = 1
    }
}
J
node try.mjs
