#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A database for each program: a clone of a copy, which is gone when the program ends, however it ends.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source shop tests/e2e/rehearse_shop.sql
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own
trap '"$DECANT" server stop >/dev/null 2>&1; servers_end' EXIT
cd "$work" || exit 1
lend() { "$DECANT" lend -q "$@" 2>err; }
quiet() { "$@" >/dev/null 2>&1; }
admin() { psql -X -Atq "$("$DECANT" server url postgres)" -c "$1"; }
clones() { admin "SELECT coalesce(sum((datname ~ '__pool_')::int), 0) || ' ready, ' || coalesce(sum((datname ~ '__lent_')::int), 0) || ' lent' FROM pg_database"; }
pull local:shop "$(url source shop)"
pull file.sqlite "$(url source shop)"

fact "a program gets the rows of the copy" same rows 20000 "$(lend local:shop -- sh -c 'psql -X -Atq "$DATABASE_URL" -c "SELECT count(*) FROM t"')"
fact "... by the variables of libpq, too" same rows 20000 "$(lend local:shop -- psql -X -Atqc 'SELECT count(*) FROM t')"
fact "... may do as it likes with them" same rows 0 "$(lend local:shop -- psql -X -Atqc 'DELETE FROM t' -c 'SELECT count(*) FROM t' | tail -n 1)"
fact "... and the next one gets all again" same rows 20000 "$(lend local:shop -- psql -X -Atqc 'SELECT count(*) FROM t')"
lend local:shop -- sh -c 'exit 7'
fact "its status is the program's" same status 7 $?
fact "nothing is left" same clones "0 ready, 0 lent" "$(clones)"
fact "other variables are filled" same dsn yes "$(lend local:shop --env DSN=dsn -- sh -c '[ "$(psql -X -Atq "$DSN" -c "SELECT 1")" = 1 ] && echo yes')"
fact "Java has no way to a socket" fails_with 2 "--env does not take 'X=jdbc'" lend local:shop --env X=jdbc -- true
admin "ALTER DATABASE shop SET search_path = odd, public"
fact "settings of the copy hold" same path "odd, public" "$(lend local:shop -- psql -X -Atqc 'SHOW search_path')"
admin "ALTER DATABASE shop RESET search_path"
for i in 1 2 3 4 5 6; do lend local:shop -- sh -c "psql -X -Atqc 'DELETE FROM t WHERE id <= $i * 100' -c 'SELECT pg_sleep(0.3)' -c 'SELECT count(*) FROM t' | tail -n 1" >"n$i" & done
wait
fact "six at once have one each" same rows "19900 19800 19700 19600 19500 19400" "$(cat n1 n2 n3 n4 n5 n6 | tr '\n' ' ' | sed 's/ $//')"
fact "nothing is left" same clones "0 ready, 0 lent" "$(clones)"

for i in 1 2 3; do "$DECANT" lend -q local:shop -- sleep 8 2>/dev/null & done
sleep 2
begun=$EPOCHSECONDS
lend local:shop -- true
fact "those that are lent are not waited for" [ $((EPOCHSECONDS - begun)) -le 3 ]
wait
fact "nothing is left" same clones "0 ready, 0 lent" "$(clones)"

# ---- a pool
fact "clones are made ahead" quiet "$DECANT" lend local:shop --pool 3
fact "... three" same clones "3 ready, 0 lent" "$(clones)"
ready=$(admin "SELECT min(oid) FROM pg_database WHERE datname ~ '__pool_'")
fact "a program gets the oldest" same oid "$ready" "$(lend local:shop -- psql -X -Atqc 'SELECT oid FROM pg_database WHERE datname = current_database()')"
fact "... and another one takes its place" same clones "3 ready, 0 lent" "$(clones)"
for i in 1 2 3 4 5; do lend local:shop -- psql -X -Atqc "SELECT oid, pg_sleep(0.3) FROM pg_database WHERE datname = current_database()" >"n$i" & done
wait
fact "five at once: two are made" same databases 5 "$(sort -u n1 n2 n3 n4 n5 | wc -l)"
fact "... and three are ready again" same clones "3 ready, 0 lent" "$(clones)"
pull local:shop "$(url source shop)" --keep 0
on source shop "DELETE FROM t WHERE id > 10"
pull local:shop "$(url source shop)" --keep 0 --allow-shrink
fact "clones of a former copy are not lent" same rows 10 "$(lend local:shop -- psql -X -Atqc 'SELECT count(*) FROM t')"
fact "... and are gone" same clones "0 ready, 0 lent" "$(clones)"
quiet "$DECANT" lend local:shop --pool 2
fact "a pool is made smaller" eval 'quiet "$DECANT" lend local:shop --pool 1 && [ "$(clones)" = "1 ready, 0 lent" ]'

# ---- ends
"$DECANT" lend local:shop -- sleep 60 >/dev/null 2>&1 &
sleep 1
kill -9 $!
wait $! 2>/dev/null
fact "a lender that is killed leaves its clone" same clones "0 ready, 1 lent" "$(clones)"
fact "... which the next one drops" eval 'lend local:shop -- true && [ "$(clones)" = "0 ready, 0 lent" ]'
"$DECANT" lend local:shop -- sleep 60 >/dev/null 2>&1 &
sleep 1
kill -TERM $!
wait $!
fact "one that is asked to end gives it back" same end "143 0 ready, 0 lent" "$? $(clones)"
fact "a program that leaves a session is no hindrance" lend local:shop -- sh -c 'setsid psql -X -q -c "SELECT pg_sleep(30)" >/dev/null 2>&1 & sleep 0.5'
fact "... nothing is left" same clones "0 ready, 0 lent" "$(clones)"
psql -X -q "$("$DECANT" server url shop)" -c "SELECT pg_sleep(8)" >/dev/null &
sleep 0.3
fact "a copy that somebody uses is not cloned" fails_with 3 "somebody is connected to 'shop'" lend local:shop -- true
wait
fact "a program that is not there" fails_with 2 "cannot run" lend local:shop -- /no/such/program
fact "... nothing is left" same clones "0 ready, 0 lent" "$(clones)"

quiet "$DECANT" volume hollow local:shop
fact "a hollow copy is not lent: its clone would have zeros for holes" fails_with 3 "'shop' is hollow" lend local:shop -- true
quiet "$DECANT" volume solid local:shop
fact "... a solid one is" lend local:shop -- true

# ---- files
fact "a file is copied" same rows 20000 "$(lend file.sqlite -- sh -c 'sqlite3 "${DATABASE_URL#sqlite:///}" "SELECT count(*) FROM t"')"
sum=$(sha256sum file.sqlite)
fact "... and may be changed" same rows 0 "$(lend file.sqlite -- sh -c 'sqlite3 "${DATABASE_URL#sqlite:///}" "DELETE FROM t; SELECT count(*) FROM t"')"
fact "... the copy is as it was" same bytes "$sum" "$(sha256sum file.sqlite)"
fact "... and nothing is left" same files "file.sqlite" "$(ls -d file.sqlite* | grep -v '\.decant$')"

# ---- what is refused
fact "a database that is no copy" fails_with 3 "is no copy that decant made" lend "$(url source shop)" -- true
fact "a copy is needed" fails_with 2 "no copy to lend" lend -- true
fact "and somebody to lend it to" fails_with 2 "nobody to lend it to" lend local:shop
fact "files have no pool" fails_with 2 "files have no pool" lend file.sqlite --pool 2
fact "a file that is not there" fails_with 6 "there is no file" lend nothing.sqlite -- true
