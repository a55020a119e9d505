// SPDX-License-Identifier: PostgreSQL
// TypeORM on its profile, in a zone that is not UTC; TAP on stdout.
import "reflect-metadata"
import fs from "node:fs"
import typeorm from "typeorm"
const { DataSource, EntitySchema } = typeorm

function fact(name, ok, detail) {
    if (!ok) console.log("# " + JSON.stringify(detail))
    console.log(`${ok ? "ok" : "not ok"} - TypeORM: ${name}`)
}
const Row = new EntitySchema({ name: "Row", tableName: "readers_rows", columns: {
    id: { type: "bigint", primary: true }, at: { type: "datetime" }, zoned: { type: "datetime" }, day: { type: "date" }, key: { type: "varchar" },
    amount: { type: "decimal" }, yes: { type: "boolean" }, tags: { type: "simple-json" } } })
const open = (path, entities) => new DataSource({ type: "sqljs", database: new Uint8Array(fs.readFileSync(path)), entities }).initialize()
const db = await open(process.argv[2], [Row])
const rows = await db.getRepository("Row").find({ order: { id: "ASC" } })
fact("reads a whole second in UTC", rows[0].at.toISOString() === "2024-05-01T10:00:00.000Z", rows[0])
fact("reads a fraction in UTC", rows[1].zoned.toISOString() === "2024-05-01T10:00:00.123Z", rows[1])
fact("reads a date, a flag and a list", rows[1].day === "2024-02-29" && rows[0].yes === true && rows[0].tags[1] === "blue", rows[1])
const found = async where => (await db.getRepository("Row").find({ where })).map(r => Number(r.id))
for (const [what, where, wanted] of [["a whole second", { at: new Date("2024-05-01T10:00:00Z") }, 1], ["a fraction", { zoned: new Date("2024-05-01T10:00:00.123Z") }, 2],
    ["a date", { day: "2024-02-29" }, 2], ["a uuid", { key: "00000000-0000-0000-0000-0000000000ab" }, 1], ["a decimal", { amount: 10.1 }, 2], ["a flag", { yes: true }, 1]]) {
    const got = await found(where)
    fact(`finds ${what}`, got.length === 1 && got[0] === wanted, got)
}
const shop = await open(process.argv[3], [])
const names = (await shop.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")).map(r => r.name)
for (const name of names) await shop.query(`SELECT * FROM "${name}"`)
fact("reads every table of the shop", names.length > 10, names)
