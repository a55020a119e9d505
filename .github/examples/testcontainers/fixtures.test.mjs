// SPDX-License-Identifier: PostgreSQL
import assert from "node:assert/strict";
import test from "node:test";
import { PostgreSqlContainer } from "@testcontainers/postgresql";
import pg from "pg";

test("fixtures", async () => {
  // The mode: the container's user postgres has to read them, and decant's unmasked files are their owner's only.
  const db = await new PostgreSqlContainer("postgres:16-alpine")
    .withCopyDirectoriesToContainer([{ source: "fixtures", target: "/docker-entrypoint-initdb.d", mode: 0o755 }])
    .start();
  const client = new pg.Client(db.getConnectionUri());
  await client.connect();
  const { rows } = await client.query("SELECT count(*)::int AS orders FROM orders");
  console.log("orders:", rows[0].orders);
  assert(rows[0].orders > 0);
  await client.end();
  await db.stop();
});
