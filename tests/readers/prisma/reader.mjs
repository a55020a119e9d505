// SPDX-License-Identifier: PostgreSQL
// Prisma on its profile; TAP on stdout.
import { PrismaLibSql } from "@prisma/adapter-libsql"
import client from "@prisma/client"

function fact(name, ok, detail) {
    if (!ok) console.log("# " + JSON.stringify(detail, (_, v) => typeof v === "bigint" ? Number(v) : v))
    console.log(`${ok ? "ok" : "not ok"} - Prisma: ${name}`)
}
const open = path => new client.PrismaClient({ adapter: new PrismaLibSql({ url: "file:" + path }) })
const db = open(process.argv[2])
const rows = await db.readers_rows.findMany({ orderBy: { id: "asc" } })
fact("reads a fraction in UTC", rows[1].at.toISOString() === "2024-05-01T10:00:00.123Z" && rows[1].zoned.toISOString() === "2024-05-01T10:00:00.123Z", rows[1])
fact("reads a date and an hour", rows[1].day.toISOString() === "2024-02-29T00:00:00.000Z" && rows[0].wakes.toISOString().endsWith("T07:30:00.000Z"), rows)
fact("reads whole and other decimals", rows.map(r => r.amount.toString()).join() === "20,10.1,-3", rows.map(r => r.amount))
fact("reads a flag, a list and a document", rows[0].yes === true && rows[0].tags[1] === "blue" && rows[0].doc.a[1] === 2, rows[0])
for (const [what, where, wanted] of [
    ["a whole second", { at: new Date("2024-05-01T10:00:00Z") }, 1], ["a fraction", { zoned: new Date("2024-05-01T10:00:00.123Z") }, 2],
    ["a range of times", { at: { gt: new Date("2024-05-01T10:00:00.123Z") } }, 3], ["a date", { day: new Date("2024-02-29T00:00:00Z") }, 2],
    ["a uuid", { key: "00000000-0000-0000-0000-0000000000ab" }, 1], ["a decimal", { amount: "10.1" }, 2], ["a flag", { yes: true }, 1]]) {
    const got = (await db.readers_rows.findMany({ where })).map(r => Number(r.id))
    fact(`finds ${what}`, got.length === 1 && got[0] === wanted, got)
}
await db.readers_rows.create({ data: { ...rows[0], id: 4n, key: "x" } })
const twice = await db.readers_rows.findMany({ where: { zoned: rows[0].zoned } })
fact("writes what it finds beside ours", twice.length === 2, twice)
const shop = open(process.argv[3])
const names = (await shop.$queryRawUnsafe("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")).map(r => r.name)
for (const name of names) await shop.$queryRawUnsafe(`SELECT * FROM "${name}"`)
fact("reads every table of the shop", names.length > 10, names)
