#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Copies as SQL text: it loads everywhere, comes back bit by bit, and changes where its rows do.
. "$(dirname "$0")/lib.sh"
# the same rows on two servers that are set otherwise
cluster_make source
cluster_make other "timezone='Asia/Kolkata'" "datestyle='SQL, DMY'" "intervalstyle='sql_standard'" "bytea_output='escape'" "extra_float_digits=0" \
    "xmloption='document'" "standard_conforming_strings=off" "backslash_quote=off" \
    "quote_all_identifiers=on" "array_nulls=off"
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own
trap '"$DECANT" server stop >/dev/null 2>&1; servers_end' EXIT
quiet() { "$@" >/dev/null 2>&1; }
text() { "$DECANT" text -q "$@"; }
load source shop fixtures/shop.sql -v scale=0.02
load source odd fixtures/odd.sql
load source cycles tests/unit/scripts/cycles.sql
on source postgres 'CREATE DATABASE extras' "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
PGCLIENTENCODING=UTF8 on source latin "CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'ö')" "INSERT INTO t VALUES (1), (2)"
on source extras 'CREATE TABLE none ()' 'CREATE TABLE computed (g int GENERATED ALWAYS AS (1) STORED)' 'CREATE SEQUENCE next START 10' 'CREATE SEQUENCE untouched' \
    'CREATE TYPE pair AS (a text, b int)' 'CREATE TABLE pairs (k pair PRIMARY KEY, ns int[])' 'CREATE TABLE long (id int PRIMARY KEY, t text)' \
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS \$\$ SELECT \$q\$
SET default_tablespace = '';
SET default_table_access_method = heap;
\$q\$ \$\$"
on source extras "INSERT INTO none DEFAULT VALUES" "INSERT INTO none DEFAULT VALUES" "INSERT INTO computed DEFAULT VALUES" "SELECT setval('next', 500, false)" \
    "INSERT INTO pairs VALUES (('a', 1), '{1,NULL}'), (('B', 1), '{}'), (('ä', 2), NULL), (('z', 1), NULL)" \
    "INSERT INTO long SELECT g, repeat(md5(g::text), 30000) FROM generate_series(1, 12) g" >/dev/null
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/k.key" && chmod 600 "$work/k.key"
"$DECANT" init -c "$work/shop.yaml" --key-file "$work/k.key" --rate 20% "$(url source shop)" >/dev/null
cd "$work" || exit 1
masked_to() { "$DECANT" pull -q -c shop.yaml --key-file k.key --to "$1" "$(url source shop)"; }
masked() { "$DECANT" pull -q -c shop.yaml --key-file k.key "$@" 2>err; }

# what a table holds, whoever asks: rows sorted by all that is in them
holds() { # CLUSTER DATABASE
    on "$1" "$2" "SELECT format('SELECT %L, count(*), md5(convert_to(string_agg(r, chr(10) ORDER BY r COLLATE \"C\"), ''UTF8'')) FROM (SELECT t::text AS r FROM ONLY %I.%I t) x;', relname, nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname !~ '^pg_|information_schema' ORDER BY 1" |
        PGOPTIONS="-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c bytea_output=hex -c search_path=" psql -X -q -At -h "$work/$1" -U tester -d "$2"
    on "$1" "$2" "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1" "SELECT relname, relispopulated FROM pg_class WHERE relkind = 'm' ORDER BY 1" \
        "SELECT schemaname, sequencename, last_value FROM pg_sequences ORDER BY 1, 2"
}
# loads FILE... into a new database of a cluster, as psql does; options before --
loads() { # CLUSTER DATABASE [OPTION...] -- FILE...
    local cluster=$1 database=$2 options=() file
    shift 2
    while [ "$1" != -- ]; do options+=("$1") && shift; done
    shift
    on "$cluster" postgres "CREATE DATABASE $database"
    for file; do options+=(-f "$file"); done
    psql -X -q -v ON_ERROR_STOP=1 -h "$work/$cluster" -U tester -d "$database" -o /dev/null "${options[@]}" 2>load.err && [ ! -s load.err ]
}

loads_apart() { # CLUSTER DATABASE FILE...: as the container image does
    local file
    on "$1" postgres "CREATE DATABASE $2"
    for file in "${@:3}"; do
        psql -X -q -v ON_ERROR_STOP=1 --no-password -h "$work/$1" -U tester -d "$2" -o /dev/null -f "$file" || return 1
    done
}

# ---- PostgreSQL
for d in shop odd cycles extras latin; do
    pull "$(url source copy_$d)" "$(url source $d)" --allow-same-server 2>/dev/null
    fact "$d: text is written" text "$(url source copy_$d)" --to $d.sql
    fact "$d: ... for psql, too, in a folder" text "$(url source copy_$d)" --to $d/ --as copy
    wanted=$(holds source copy_$d)
    fact "$d: psql loads it" loads source ${d}_1 -- $d.sql
    fact "$d: ... and has all of it" same rows "$wanted" "$(holds source ${d}_1)"
    fact "$d: in one transaction" loads source ${d}_2 -1 -- $d.sql
    fact "$d: each file in a session of its own" loads_apart source ${d}_4 $d/*.sql
    fact "$d: ... and has all of it" same rows "$wanted" "$(holds source ${d}_4)"
    fact "$d: a file after the other, on a server that is set otherwise" loads other ${d}_3 -- $d/*.sql
    fact "$d: ... and has all of it" same rows "$wanted" "$(holds other ${d}_3)"
    fact "$d: what was loaded is copied and written: the same text" eval \
        "pull '$(url other again_$d)' '$(url other ${d}_3)' --allow-same-server 2>/dev/null; text '$(url other again_$d)' --to again.sql && cmp again.sql $d.sql"
    if [ -r "$shared/tools/check_copy.py" ]; then
        fact "$d: the judge finds nothing" judged "$(url source ${d}_1)" "$(url source $d)"
    else
        skip "$d: the judge finds nothing" "../shared is not there"
    fi
done
fact "identities and views that hold rows are among them" [ \
    "$(on source odd "SELECT count(*) FROM pg_attribute WHERE attidentity <> ''")-$(on source odd "SELECT count(*) FROM pg_class WHERE relkind = 'm'")" != 0-0 ]
fact "rows of tables without columns, and of computed ones, are there" same rows "2 1" "$(on source extras_1 'SELECT (SELECT count(*) FROM none), (SELECT count(*) FROM computed)' | tr '|' ' ')"
fact "a sequence goes on where it stands" same next "500 1" "$(on source extras_1 "SELECT nextval('next'), nextval('untouched')" | tr '|' ' ')"
fact "what looks like a setting in a function is none" same text "$(on source extras 'SELECT md5(f())')" "$(on source extras_1 'SELECT md5(f())')"
fact "long rows have statements of their own" [ "$(grep -c '^INSERT INTO public.long' extras.sql)" -gt 4 ]
fact "a row is a line" same lines "$(on source copy_shop 'SELECT count(*) FROM orders')" "$(grep -c '^[0-9]' shop/50-public.orders.sql)"
fact "no command of psql is in what INSERTs make" eval '! grep -q "^\\\\" shop.sql'

# ---- SQLite
for d in shop odd; do
    pull $d.sqlite "$(url source $d)" 2>/dev/null
    fact "$d: text of a file is written" text $d.sqlite --to $d.lite.sql
    fact "$d: sqlite3 loads it" sqlite3 -bail again_$d.sqlite <$d.lite.sql
    fact "$d: ... and has all of it" eval "sqldiff $d.sqlite again_$d.sqlite 2>/dev/null >diff; [ \"\$(lite $d.sqlite .dump | sort | md5sum)\" = \"\$(lite again_$d.sqlite .dump | sort | md5sum)\" ]"
done
fact "keys hold" same violations "" "$(lite again_shop.sqlite 'PRAGMA foreign_key_check')"
fact "it goes to stdout, too" eval 'text shop.sqlite --to - | cmp - shop.lite.sql'
fact "compressed by its name" eval 'text shop.sqlite --to c.sql.gz && gunzip -c c.sql.gz | cmp - shop.lite.sql'

# ---- pulls
fact "a pull writes a folder, masked" masked --to fixtures/ "$(url source shop)"
fact "... and says so" eval '"$DECANT" report fixtures | grep -q "customers"'
left() { # CLUSTER's databases that are no copies of ours, and folders
    ls -d ./*.decant-* 2>/dev/null
    on "$1" postgres "SELECT datname FROM pg_database WHERE datname LIKE '%decant%' OR datname ~ '^copy_[a-z]+_.'"
}
fact "... leaves no copy behind" same databases "" "$(psql -Atq "$("$DECANT" server url postgres)" -c "SELECT datname FROM pg_database WHERE datname LIKE 'decant%'")$(left source)"
cp -r fixtures first
masked --to fixtures/ "$(url source shop)"
fact "once more: no file is touched" eval '[ -z "$(find fixtures -newer first/90-keys.sql -name "5*")" ] && diff -r first fixtures'
on source shop "CREATE TEMP TABLE x AS SELECT * FROM orders; UPDATE orders SET note = note; UPDATE customers SET full_name = DEFAULT; CLUSTER addresses USING addresses_pkey; VACUUM FULL payments_2024" >/dev/null 2>&1
masked -j 1 --to again/ "$(url source shop)"
fact "whatever the order on disk and the streams" diff -r fixtures again
masked --dialect sqlite --to masked.sql "$(url source shop)"
fact "into SQL of SQLite" sqlite3 -bail masked.sqlite <masked.sql
loads source masked -- fixtures/*.sql
fact "... the same rows as the other" same rows "$(on source masked 'SELECT count(*), min(email), max(email) FROM customers')" "$(lite masked.sqlite 'SELECT count(*), min(email), max(email) FROM customers')"
on source shop "UPDATE orders SET channel = 'fax' WHERE order_id % 100 = 0"
masked --to again/ "$(url source shop)"
changed=$(diff -r fixtures again | grep -c '^[<>]')
fact "rows that changed are lines that changed ($changed)" eval '[ $changed -gt 0 ] && [ $changed -le $(($(cat fixtures/*.sql | wc -l) * 3 / 100)) ]'

# ---- what is refused
echo 'SELECT 1;' >mine.sql
fact "a file of somebody else stays" fails_with 3 "no text that decant wrote" text shop.sqlite --to mine.sql
fact "... also for a pull, before it reads" fails_with 3 "no text that decant wrote" pull mine.sql "$(url source shop)"
fact "... unless it is given up" text shop.sqlite --to mine.sql --overwrite
sqlite3 odd.sqlite 'CREATE TABLE more (a)'
mkfifo fifo.sql
fact "a pipe is no file" fails_with 3 "is no plain file" text shop.sqlite --to fifo.sql --overwrite
mkdir victim && echo precious >victim/data.txt && ln -s victim linked.sql.decant-20200101000000x000001.text
text shop.sqlite --to linked.sql
fact "a link that looks like a leftover leads nowhere" [ -s victim/data.txt ]
rm linked.sql.decant-20200101000000x000001.text
ln -s real.sql link.sql && text shop.sqlite --to real.sql
fact "a link to text is followed" eval 'text shop.sqlite --to link.sql && [ -L link.sql ] && cmp real.sql shop.lite.sql'
echo '-- mine' >fixtures/more.sql
fact "a file that would be loaded with a folder's is in the way" fails_with 3 "more.sql" masked_to fixtures/
fact "... and stays when it is asked for" eval 'text "$(url source copy_shop)" --to fixtures/ --overwrite && [ -s fixtures/more.sql ]'
fact "a database is no place for text" fails_with 2 "goes to a file or a folder" text shop.sqlite --to local:x
fact "options of text are of text" fails_with 2 "are for SQL text" "$DECANT" pull --no-mask --to x.sqlite --dialect sqlite "$(url source shop)"
fact "forms are known before rows are read" fails_with 2 "SQLite knows no COPY" "$DECANT" pull --no-mask --to x.sql --dialect sqlite --as copy "host=$work/nowhere dbname=x"
echo mine >foreign.sql.decant
fact "a manifest's place is not taken from others" fails_with 3 "is no manifest" "$DECANT" pull -q --no-mask --to foreign.sql "$(url source shop)"
fact "a copy that was changed is none" fails_with 5 "was changed since it was made" text odd.sqlite --to x.sql
fact "a database that is no copy is none" fails_with 5 "" text "$(url source shop)" --to x.sql
fact "SQLite has no COPY" fails_with 2 "SQLite knows no COPY" text shop.sqlite --to x.sql --as copy
fact "forms are known" fails_with 2 "not 'csv'" text shop.sqlite --to x.sql --as csv
fact "dialects are known" fails_with 2 "not 'oracle'" "$DECANT" pull --no-mask --to x.sql --dialect oracle "$(url source shop)"
fact "a target is needed" fails_with 2 "no target" text shop.sqlite
fact "a copy is needed" fails_with 2 "no copy" text --to x.sql
fact "a pull does not write to stdout" fails_with 2 "decant text COPY --to -" pull - "$(url source shop)"
fact "text is not verified as a copy is" fails_with 2 "is SQL text" "$DECANT" verify shop.sql
fact "text of a copy has its manifest" fails_with 5 "has that copy's" "$DECANT" report shop.sql
mkdir -p tree && git -C tree init -q 2>/dev/null
if [ -d tree/.git ]; then
    fact "rows that nobody masked are not for a repository" fails_with 3 "lies in a git work tree" text shop.sqlite --to tree/x.sql
else
    mkdir -p tree/.git
    fact "rows that nobody masked are not for a repository" fails_with 3 "lies in a git work tree" text shop.sqlite --to tree/x.sql
fi
fact "... also where the folder is not there yet" fails_with 3 "lies in a git work tree" text shop.sqlite --to tree/new/
fact "... nor is it made" [ ! -e tree/new ]
if git -C tree status >/dev/null 2>&1; then
    echo 'ignored/' >tree/.gitignore
    fact "... but for one that git ignores" text shop.sqlite --to tree/ignored/
fi
fact "... nor for others" same mode 600 "$(stat -c %a shop.sql)"
fact "masked ones are" same mode 644 "$(stat -c %a masked.sql)"
on source postgres 'CREATE DATABASE names'
on source names 'CREATE TABLE "two
lines" (id int PRIMARY KEY)'
pull "$(url source copy_names)" "$(url source names)" --allow-same-server 2>/dev/null
fact "a name with a line feed is refused" fails_with 3 "has a line feed" text "$(url source copy_names)" --to x.sql
fact "nothing of what was refused is there" same left "" "$(ls x.sql 2>/dev/null)$(left source)"

# ---- ends
for ms in 05 20 60 150; do
    "$DECANT" text -q "$(url source copy_shop)" --to killed.sql &
    sleep 0.$ms
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
fact "after kills, it is written" text "$(url source copy_shop)" --to killed.sql
fact "... and nothing is left" same left "" "$(left source)"
for ms in 05 10 20 40; do
    "$DECANT" pull -q --no-mask --dialect sqlite --to cut.sql "$(url source shop)" 2>/dev/null &
    sleep 0.$ms
    kill -9 $! 2>/dev/null
    wait $! 2>/dev/null
done
fact "after killed pulls, it is written" pull cut.sql "$(url source shop)" --dialect sqlite
fact "... and nothing is left" same files "cut.sql cut.sql.decant" "$(echo cut.sql*)$(left source)"
text shop.sqlite --to twice.sql &
text shop.sqlite --to twice.sql >/dev/null 2>&1
wait $!
fact "of two at once one is refused, or both are right" cmp twice.sql shop.lite.sql
fact "... and nothing is left" same left "" "$(left source)"
