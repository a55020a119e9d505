// SPDX-License-Identifier: PostgreSQL
// Drizzle on its profile; TAP on stdout.
import fs from "node:fs"
import initSqlJs from "sql.js"
import { eq, gt, sql } from "drizzle-orm"
import { drizzle } from "drizzle-orm/sql-js"
import { integer, numeric, real, sqliteTable, text } from "drizzle-orm/sqlite-core"

function fact(name, ok, detail) {
    if (!ok) console.log("# " + JSON.stringify(detail))
    console.log(`${ok ? "ok" : "not ok"} - Drizzle: ${name}`)
}
const SQL = await initSqlJs()
const open = path => drizzle(new SQL.Database(new Uint8Array(fs.readFileSync(path))))
const Row = sqliteTable("readers_rows", { id: integer().primaryKey(), name: text().notNull(), at: text().notNull(), zoned: text().notNull(), day: text().notNull(),
    wakes: text().notNull(), key: text().notNull(), amount: numeric().notNull(), ratio: real().notNull(), yes: integer({ mode: "boolean" }).notNull(),
    tags: text({ mode: "json" }).notNull(), doc: text({ mode: "json" }).notNull() })
const db = open(process.argv[2])
const rows = db.select().from(Row).orderBy(Row.id).all()
fact("reads times, a date and a decimal", rows[1].at === "2024-05-01 10:00:00.123" && rows[0].day === "1990-05-17" && rows[1].amount === "10.1", rows[1])
fact("reads a flag, a list and a document", rows[0].yes === true && rows[0].tags[1] === "blue" && rows[0].doc.a[1] === 2, rows[0])
const found = where => db.select().from(Row).where(where).all().map(r => r.id)
for (const [what, where, wanted] of [["a whole second", eq(Row.at, "2024-05-01 10:00:00.000"), 1], ["a fraction", eq(Row.zoned, "2024-05-01 10:00:00.123"), 2],
    ["a range of times", gt(Row.at, "2024-05-01 10:00:00.123"), 3], ["a date", eq(Row.day, "2024-02-29"), 2], ["an hour", eq(Row.wakes, "07:30:00.000"), 1],
    ["a uuid", eq(Row.key, "00000000-0000-0000-0000-0000000000ab"), 1], ["a decimal", eq(Row.amount, "10.1"), 2], ["a flag", eq(Row.yes, true), 1]]) {
    const got = found(where)
    fact(`finds ${what}`, got.length === 1 && got[0] === wanted, got)
}
db.insert(Row).values({ ...rows[0], id: 4, key: "x" }).run()
fact("writes what it finds beside ours", found(eq(Row.at, rows[0].at)).length === 2, found(eq(Row.at, rows[0].at)))
const shop = open(process.argv[3])
const names = shop.all(sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`).map(r => r.name ?? r[0])
for (const name of names) shop.all(sql.raw(`SELECT * FROM "${name}"`))
fact("reads every table of the shop", names.length > 10, names)
