#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# PostgreSQL to PostgreSQL: pg_dump of both sides must say the same.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
load source odd fixtures/odd.sql -v ON_ERROR_STOP=1 || { cat "$work/load.log"; exit 1; }
load source shop fixtures/shop.sql -v scale=0.02
dbs="odd shop"
if [ -d "$shared" ]; then
    for db in chinook pagila; do load source $db "$shared/databases/$db.sql.gz"; done
    dbs="odd shop chinook pagila"
fi
schema_of() {
    "$pg_bin/pg_dump" -s --no-owner -d "$(url "$1" "$2")" | grep -v -e '^\\restrict' -e '^\\unrestrict' -e '^-- Dumped'
}
rows_of() { # a digest per table, whatever the order of its rows
    on "$1" "$2" "SELECT format('SELECT %L, count(*), md5(string_agg(md5(x::text), %L ORDER BY md5(x::text))) FROM ONLY %I.%I x;', n.nspname || '.' || c.relname, '', n.nspname, c.relname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1" |
        psql -X -q -A -t -h "$work/$1" -U tester -d "$2" -f -
}
sequences_of() { # next values of sequences that belong to no column
    on "$1" "$2" "SELECT format('SELECT %L, last_value, is_called FROM %I.%I;', c.relname, n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'S' AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype IN ('a','i'))
        AND NOT EXISTS (SELECT 1 FROM pg_depend d JOIN pg_attrdef a ON a.oid = d.objid WHERE d.refobjid = c.oid) ORDER BY 1" |
        psql -X -q -A -t -h "$work/$1" -U tester -d "$2" -f -
}
views_of() {
    on "$1" "$2" "SELECT format('SELECT %L, count(*) FROM %I.%I;', c.relname, n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'm' AND c.relispopulated ORDER BY 1" |
        psql -X -q -A -t -h "$work/$1" -U tester -d "$2" -f -
}
for db in $dbs; do
    fact "$db is pulled" pull "$(url target ${db}_copy)" "$(url source $db)" -j 2
    fact "the schema of $db is the same" same schema "$(schema_of source $db)" "$(schema_of target ${db}_copy)"
    fact "the rows of $db are the same" same rows "$(rows_of source $db)" "$(rows_of target ${db}_copy)"
    fact "standalone sequences of $db stand where they stood" same sequences "$(sequences_of source $db)" "$(sequences_of target ${db}_copy)"
    fact "the copy of $db is verified" "$DECANT" verify -q "$(url target ${db}_copy)"
    [ -d "$shared" ] && fact "the judge finds nothing in $db" judged "$(url target ${db}_copy)" "$(url source $db)"
done
fact "materialized views are populated" same views "a_second|1
empty_view|1
z_first|1" "$(views_of target odd_copy)"
fact "sequences of columns go on behind the greatest key" test "$(on target shop_copy "SELECT nextval('ticket_messages_message_id_seq') > max(message_id) FROM ticket_messages")" = t
fact "a descending sequence goes on below the least key" test "$(on target odd_copy "SELECT nextval('descending')")" = -6
fact "an identity column goes on" test "$(on target odd_copy "INSERT INTO made DEFAULT VALUES RETURNING id > 100")" = t
fact "rows are frozen" test "$(on target shop_copy "SELECT count(*) FROM pg_class WHERE relname = 'orders' AND relallvisible > 0")" = 1

# what stands on the previous copy moves to the next one
on target postgres "CREATE ROLE reader LOGIN" "ALTER DATABASE shop_copy SET work_mem = '7MB'" "ALTER DATABASE shop_copy SET search_path = public, other" \
    "COMMENT ON DATABASE shop_copy IS 'for developers'" "GRANT CONNECT ON DATABASE shop_copy TO reader" "ALTER DATABASE shop_copy CONNECTION LIMIT 33"
on target shop_copy "GRANT SELECT ON orders TO reader" "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader"
psql -X -q -h "$work/target" -U tester -d shop_copy -c "SELECT pg_sleep(600)" >/dev/null 2>&1 &
fact "a copy that clients use is replaced" pull "$(url target shop_copy)" "$(url source shop)"
fact "settings are carried" test "$(on target shop_copy "SHOW work_mem")/$(on target shop_copy "SHOW search_path")" = "7MB/public, other"
fact "the comment is carried" test "$(on target shop_copy "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'shop_copy'")" = "for developers"
fact "the connection limit is carried" test "$(on target shop_copy "SELECT datconnlimit FROM pg_database WHERE datname = 'shop_copy'")" = 33
fact "grants on objects are carried" test "$(on target shop_copy "SELECT has_table_privilege('reader', 'orders', 'SELECT')")" = t
fact "default privileges are carried" test "$(on target shop_copy "SELECT count(*) FROM pg_default_acl")" = 1
fact "one previous copy is kept" test "$(on target postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'shop_copy%prev%'")" = 1
fact "--keep 0 keeps none" pull "$(url target shop_copy)" "$(url source shop)" --keep 0
fact "no database is left over" test "$(on target postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'shop_copy__%'")" = 0

# an extension that the target cannot have: it is gone from the disk as soon as the source has it
ext=/usr/share/postgresql/$(basename "$(dirname "$pg_bin")")/extension
if [ -w "$ext" ]; then
    printf "default_version = '1.0'\n" >"$ext/decant_gone.control"
    echo "CREATE TYPE gone_mood AS ENUM ('glad', 'sad');" >"$ext/decant_gone--1.0.sql"
    load source gone fixtures/shop.sql -v scale=0.001
    on source gone "CREATE EXTENSION decant_gone"
    rm "$ext/decant_gone.control" "$ext/decant_gone--1.0.sql"
    on source gone "CREATE TABLE needs_gone (id int PRIMARY KEY, mood gone_mood)" "INSERT INTO needs_gone VALUES (1, 'sad')" \
        "CREATE TABLE refers_gone (id int PRIMARY KEY REFERENCES needs_gone)" "INSERT INTO refers_gone VALUES (1)"
    fact "a pull goes on without an extension that the target lacks" bash -c "'$DECANT' pull --no-mask --to '$(url target gone_copy)' '$(url source gone)' >'$work/out' 2>'$work/err'"
    fact "tables that do not need it are whole" test "$(on target gone_copy "SELECT count(*) FROM refers_gone")/$(on target gone_copy "SELECT count(*) FROM orders")" = "1/$(on source gone "SELECT count(*) FROM orders")"
    for what in 'extension [extension-missing]' 'public.needs_gone' 'refers_gone_id_fkey'; do
        fact "not carried: $what" grep -qF -- "$what" "$work/err"
    done
    fact "the copy without it is verified" "$DECANT" verify -q "$(url target gone_copy)"
else
    skip "a pull goes on without an extension that the target lacks" "$ext is not writable"
fi

fact "the target may not be the source" fails_with 3 "the target is the source" pull "$(url source shop)" "$(url source shop)"
fact "the source's server is refused" fails_with 3 "on the source's server" pull "$(url source other)" "$(url source shop)"
fact "--allow-same-server accepts it" pull "$(url source other)" "$(url source shop)" --allow-same-server -t coupons
on target postgres "CREATE DATABASE own" ; on target own "CREATE TABLE mine (a int)"
fact "a database that decant did not make is left alone" fails_with 3 "is not a copy that decant made" pull "$(url target own)" "$(url source shop)"
fact "and still has its table" test "$(on target own "SELECT count(*) FROM mine")" = 0
fact "an empty database may be the target" bash -c "psql -X -q -h $work/target -U tester -d postgres -c 'CREATE DATABASE blank' && '$DECANT' pull --no-mask -q -t coupons --to '$(url target blank)' '$(url source shop)'"
fact "another host is refused" fails_with 3 "on another host" pull "postgresql://192.0.2.1/x" "$(url source shop)"
# Debian's wrapper runs one of those that are looked at by themselves, and takes its time
asked() { # NAME: is a pg_dump of that file's name asked for its version?
    mkdir -p "$work/$1" && printf '#!/bin/sh\ntouch "%s"\nexec "%s" "$@"\n' "$work/$1/was" "$pg_bin/pg_dump" >"$work/$1/$1"
    chmod 755 "$work/$1/$1"
    [ "$1" = pg_dump ] || ln -s "$1" "$work/$1/pg_dump"
    ln -s "$pg_bin/pg_restore" "$work/$1/pg_restore"
    PATH=$work/$1:$PATH pull "$(url target "asked_$1")" "$(url source shop)" -t public.customers --drop-dangling-keys || return 2
    [ -e "$work/$1/was" ]
}
fact "a pg_dump on the path is looked at" asked pg_dump
asked pg_wrapper
fact "and the wrapper of those that were is not" same asked 1 $?
fact "a target without pg_dump names the package" fails_with 3 "postgresql-client-" pull "$(url target nodump)" "$(url source shop)" --pg-bindir /nonexistent

# a role that is no superuser on either side
on source shop "CREATE ROLE plain LOGIN" "GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain"
on target postgres "CREATE ROLE maker LOGIN CREATEDB"
maker="postgresql:///plain_copy?host=$work/target&user=maker"
plain="postgresql:///shop?host=$work/source&user=plain"
fact "plain roles are enough" pull "$maker" "$plain"
fact "and may replace their copy" pull "$maker" "$plain"
fact "and verify it" "$DECANT" verify -q "$maker"
fact "a part of a database is pulled" pull "$(url target part_copy)" "$(url source odd)" -n other -t tree -t other.keyless
fact "-n takes a schema, and refuses a key out of it" fails_with 3 "which the patterns leave out" pull "$(url target part_copy)" "$(url source odd)" -n other
fact "a dangling key is left out of the schema" pull "$(url target part_copy)" "$(url source odd)" -n other --drop-dangling-keys
fact "its table is there without it" test "$(on target part_copy "SELECT count(*) FROM pg_constraint WHERE conrelid = 'other.keyless'::regclass AND contype = 'f'")" = 0
