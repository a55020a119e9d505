#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Migrations rehearsed on clones of a copy, on a real server.
. "$(dirname "$0")/lib.sh"
here=$PWD/tests/e2e
cluster_make copies
export WORK=$work
on_copies() { psql -X -Atq -h "$work/copies" -U tester -d "$1" -c "$2"; }
address() { echo "host='$work/copies' user=tester dbname=$1"; }
rehearse() { # DATABASE ARGUMENT...
    local database=$1
    shift
    "$DECANT" rehearse --on "$(address "$database")" "$@"
}
clones() { on_copies postgres "SELECT count(*) FROM pg_database WHERE datname ~ '__rehearse_'"; }

/usr/bin/python3 "$here/rehearse_locks.py" "$DECANT" "$work/copies" tester 5432

# ---- the program gets what it would have got
on_copies postgres 'CREATE DATABASE shop'
psql -X -q -h "$work/copies" -U tester -d shop -f "$here/rehearse_shop.sql" >/dev/null
on_copies postgres 'CREATE DATABASE direct TEMPLATE shop'
psql -X -h "$work/copies" -U tester -d direct -f "$here/rehearse_psql.sql" >"$work/direct" 2>&1
rehearse shop -- psql -X -f "$here/rehearse_psql.sql" >"$work/report" 2>"$work/proxied"
grep -v '^decant: ' "$work/proxied" >"$work/proxied.psql"
fact "what psql prints through the proxy is what it prints without it" diff "$work/direct" "$work/proxied.psql"
fact "no clone is left" same clones 0 "$(clones)"

# ---- statuses
echo 'CREATE TABLE k (id int PRIMARY KEY);' >"$work/good.sql"
echo 'ALTER TABLE t ALTER COLUMN note SET NOT NULL;' >"$work/bad.sql"
echo 'SELECT 1; \q' >"$work/psql.sql"
rehearse shop --sql "$work/good.sql" >"$work/out"
fact "a migration that holds ends with status 0" same status 0 $?
fact "one that fails with 5" fails_with 5 "the rehearsal failed" rehearse shop --sql "$work/bad.sql"
fact "a command that reaches nothing with 7" fails_with 7 "nothing reached the database" rehearse shop -- true
fact "commands of psql are refused" fails_with 2 "a command of psql" rehearse shop --sql "$work/psql.sql"
fact "a command that is not there is refused" fails_with 2 "cannot run 'no-such-command'" rehearse shop -- no-such-command
fact "both at once are refused" fails_with 2 "one of them" rehearse shop --sql "$work/good.sql" -- true
fact "nothing to do is refused" fails_with 2 "nothing to rehearse" rehearse shop
fact "another host is refused" fails_with 6 "cannot connect" "$DECANT" rehearse --on "host=192.0.2.1 connect_timeout=1 dbname=x" --sql "$work/good.sql"
psql -X -q -h "$work/copies" -U tester -d shop -c 'SELECT pg_sleep(8)' >/dev/null &
sleep 0.5
fact "a copy that somebody uses cannot be cloned" fails_with 3 "somebody is connected" rehearse shop --sql "$work/good.sql"
wait $!
fact "the copy has not changed" same columns 7 "$(on_copies shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0")"

# ---- a killed run
bytes_of() { "$pg_bin/pg_dump" -h "$work/copies" -U tester "$1" | grep -v '^\\\(un\)\?restrict' | md5sum; }
printf 'BEGIN; ALTER TABLE t ADD COLUMN k int; UPDATE t SET k = 1; COMMIT; CREATE INDEX CONCURRENTLY tk ON t (k); ALTER TABLE t ALTER COLUMN note SET NOT NULL; ALTER TABLE t ADD UNIQUE (p);' >"$work/killed.sql"
before=$(bytes_of shop)
for ms in $(seq 20 40 780); do # cloning, looking, running, comparing, counting
    ( timeout -s KILL "0.$(printf %03d "$ms")" "$DECANT" rehearse --on "$(address shop)" --sql "$work/killed.sql" --continue ) >/dev/null 2>&1
done 2>/dev/null
for _ in $(seq 100); do # a session of a killed run ends what it is at, and holds its clone until then
    [ "$(on_copies postgres "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'decant%'")" = 0 ] && break
    sleep 0.1
done
rehearse shop --sql "$work/good.sql" >/dev/null
fact "what twenty killed runs left is dropped by the next" same clones 0 "$(clones)"
fact "... and the copy is what it was" same bytes "$before" "$(bytes_of shop)"

# ---- what it finds
fact "each kind of finding is found" /usr/bin/python3 "$here/rehearse_findings.py" "$DECANT" "$(address shop)" "$work"

# ---- once more, and back
echo "SET lock_timeout = '1s'; CREATE TABLE again (id int PRIMARY KEY);" >"$work/up.sql"
echo "DROP TABLE again;" >"$work/down.sql"
report() { # ARGUMENT...: as JSON
    rehearse shop --format json "$@" 2>"$work/err"
}
codes() { /usr/bin/python3 -c 'import json, sys; print(" ".join(sorted(f["code"] for f in json.load(sys.stdin)["findings"])))'; }
fact "what cannot be run again is told" same codes not-repeatable "$(report --sql "$work/up.sql" --twice | codes)"
fact "a way back leaves nothing" same codes "" "$(report --sql "$work/up.sql" --down "$work/down.sql" | codes)"
fact "... or what it leaves is found" same codes "not-reversed not-reversed" \
    "$(report --sql "$work/up.sql" --down 'psql -qXc "ALTER TABLE again ADD COLUMN x int"' | codes)"

# ---- temporary files
echo "SET maintenance_work_mem = '1MB'; SET lock_timeout = '1s'; BEGIN; CREATE INDEX i1 ON t (note, id); COMMIT; ALTER TABLE t ADD COLUMN k int;" >"$work/temporary.sql"
temporary() { /usr/bin/python3 -c 'import json, sys; print(*[s["transaction_temp_bytes"] // 500000 for s in json.load(sys.stdin)["statements"] if "transaction_temp_bytes" in s])'; }
fact "temporary files are told where their transaction ends" same "half megabytes" "$(on_copies postgres "SELECT CASE WHEN current_setting('server_version_num')::int < 150000 THEN '' ELSE '1 0' END")" \
    "$(report --sql "$work/temporary.sql" | temporary)"

# ---- what users would have felt
printf "SET lock_timeout = '5s'; BEGIN; ALTER TABLE t ADD COLUMN k int; SELECT pg_sleep(1); COMMIT;" >"$work/slow.sql"
waits() { /usr/bin/python3 -c 'import json, sys; print(" ".join("%s %.0f %s" % (w["who"], w["ms"] / 1000, w["probed"]) for w in json.load(sys.stdin)["waits"]))'; }
fact "somebody waits as long as the lock is held" same waits "readers 1 True writers 1 True" "$(report --sql "$work/slow.sql" | waits)"
fact "... and behind a long report, too" same waits "readers 3 True writers 3 True" "$(report --sql "$work/slow.sql" --with-reader 2s | waits)"
printf "SET lock_timeout = '300ms'; ALTER TABLE t ADD COLUMN k int;" >"$work/timeout.sql"
fact "a lock_timeout that fires is a result" fails_with 5 "the rehearsal failed" rehearse shop --sql "$work/timeout.sql" --with-reader 2s

cat >"$work/deadlock" <<'END'
both() { psql -Xq -v ON_ERROR_STOP=1 -c BEGIN -c "LOCK $1" -c 'SELECT pg_sleep(0.5)' -c "LOCK $2" -c COMMIT >/dev/null; }
both t parent & both parent t; status=$?; wait $! && exit $status
END
report -- sh "$work/deadlock" >"$work/out"
fact "a deadlock is told as one" same errors "40P01 deadlock" \
    "$(/usr/bin/python3 -c 'import json, sys; print(*[s["error"]["sqlstate"] + " " + s["error"]["means"] for s in json.load(sys.stdin)["statements"] if "error" in s])' <"$work/out")"

# ---- plans
printf "SELECT * FROM t WHERE email = 'u5@example.com';\nSELECT id FROM t WHERE kept = 1;\n" >"$work/queries.sql"
echo "SET lock_timeout = '1s'; DROP INDEX t_email;" >"$work/lost.sql"
fact "queries whose plans became worse are told" same codes "plan-worse plan-worse plan-worse" \
    "$(report --sql "$work/lost.sql" --queries "$work/queries.sql" | codes)"
fact "others are not" same codes "" "$(report --sql "$work/good.sql" --queries "$work/queries.sql" | codes)"

# ---- policy and baseline
printf 'rehearse:\n  lock_timeout: any\n' >"$work/policy.yaml"
echo 'ALTER TABLE t ADD COLUMN k int;' >"$work/plain.sql"
fact "rules decide what needs an answer" same codes "" "$(report --sql "$work/plain.sql" -c "$work/policy.yaml" | codes)"
report --sql "$work/plain.sql" >"$work/before.json"
fact "what a baseline knows needs none" rehearse shop --sql "$work/plain.sql" --baseline "$work/before.json" --format md >"$work/out.md"
fact "a baseline that is none is refused" fails_with 2 "is no report" rehearse shop --sql "$work/plain.sql" --baseline "$work/plain.sql"

# ---- rows that break a constraint
on_copies postgres 'CREATE DATABASE broken'
psql -X -q -h "$work/copies" -U tester -d broken -f "$here/rehearse_violations.sql" >/dev/null 2>&1
fact "all rows that break a constraint are counted" /usr/bin/python3 "$here/rehearse_violations.py" "$DECANT" "$(address broken)" "$work"
echo 'ALTER TABLE rows ALTER COLUMN later SET NOT NULL;' >"$work/broken.sql"
confirmed() { rehearse broken --sql "$work/broken.sql" --confirm-on-source "$(address broken)" 2>/dev/null | grep -q "7 of 100 rows without a value of later; at the source 7"; }
fact "... and confirmed at the source" confirmed

cat >"$work/continue.expect" <<'END'
3 14 of 100 rows without a value of v, left out
4 20 of 100 rows share their key with others, left out
6 10 of 100 rows whose value does not convert to int, with NULL in their place
7 11 of 111 rows without a parent in public.p, NOT VALID
8 100 of 100 rows get no value of the new column, without NOT NULL
10 44 of 100 rows break the check v_small, NOT VALID
12 4 of 100 rows share their key with others, left out
13 None of None two rows have the same key, left out
16 42P01
18 3B001
END
on_copies postgres 'CREATE DATABASE chain'
psql -X -q -h "$work/copies" -U tester -d chain >/dev/null <<'END'
CREATE TABLE p (id int PRIMARY KEY, code text, n text, v int);
INSERT INTO p SELECT i, 'c' || i % 90, CASE WHEN i % 10 = 0 THEN 'x' ELSE i::text END, CASE WHEN i % 7 = 0 THEN NULL ELSE i END FROM generate_series(1, 100) i;
CREATE TABLE c (id int PRIMARY KEY, p int);
INSERT INTO c SELECT i, i FROM generate_series(1, 111) i;
CREATE TABLE m (id text PRIMARY KEY, w int);
INSERT INTO m SELECT 'person' || i, nullif(i, 5) FROM generate_series(1, 9) i;
END
beyond() { /usr/bin/python3 -c 'import json, sys
r = json.load(sys.stdin)
lines = {s["number"]: s["line"] for s in r["statements"] + r["beyond"]}
seen = {v["statement"] for v in r["violations"]}
for v in r["violations"]:
    print(lines[v["statement"]], v.get("rows"), "of", v.get("of"), v["what"] + ", " + v["went_on"])
for s in r["beyond"]:
    if s["number"] not in seen:
        print(s["line"], s["error"]["sqlstate"])'; }
fact "one run finds all that fails, as if nothing before it had" diff "$work/continue.expect" \
    <(rehearse chain --continue --format json --sql "$here/rehearse_continue.sql" 2>/dev/null | beyond)
fact "... and leaves no clone" same clones 0 "$(clones)"
fact "a command goes on by itself" fails_with 2 "--continue needs --sql" rehearse chain --continue -- true

# ---- the keys of such rows, where rules keep them
cat >"$work/keep.yaml" <<'END'
version: 1
columns:
  public.p: {code: keep, n: keep, v: keep}
  public.c: {id: keep, p: keep}
  public.m: {id: username, w: keep}
END
"$DECANT" key new "$work/key" >/dev/null 2>&1
"$DECANT" pull -q --allow-same-server -c "$work/keep.yaml" --key-file "$work/key" --to "$(url copies seen)" "$(url copies chain)" 2>"$work/err" || sed 's/^/# /' "$work/err"
echo 'ALTER TABLE p ALTER COLUMN v SET NOT NULL; ALTER TABLE m ALTER COLUMN w SET NOT NULL;' >"$work/keys.sql"
rehearse seen --continue --sql "$work/keys.sql" >"$work/keys.out" 2>&1
fact "rows that break a constraint are named by their keys" grep -q '^  id: 7; 14; 21; 28; 35; …$' "$work/keys.out"
fact "... but not by keys that are masked" same lines "1 1" "$(grep -c '^  id:' "$work/keys.out") $(grep -c '1 of 9 rows without a value of w' "$work/keys.out")"

# ---- other programs
fact "the address is given as programs want it" same variables "$(printf 'jdbc:postgresql://127.0.0.1\nhost=127.0.0.1')" \
    "$(rehearse shop --env J=jdbc --env D=dsn -- sh -c 'psql -qXc "SELECT 1" >&2; echo "${J%:*}" "${D% port*}" | tr " " "\n" >&2' 2>&1 >/dev/null | grep '127.0.0.1$')"
rehearse shop --keep-clone --sql "$work/good.sql" >/dev/null
fact "the clone is kept where that is asked for" same status 0 $?
kept() { on_copies postgres "SELECT count(*) FROM pg_database WHERE datname ~ '^shop__kept_'"; }
rehearse shop --sql "$work/good.sql" >/dev/null
fact "... and stays, also when the next has run" same clones 1 "$(kept)"
fact "... which is dropped" same clones 0 "$(clones)"

# ---- a server that asks for a password
on_copies postgres "CREATE ROLE locked LOGIN CREATEDB PASSWORD 'no word of it'" >/dev/null
on_copies postgres "CREATE DATABASE own OWNER locked" >/dev/null
{ echo 'local all locked scram-sha-256'; cat "$work/copies/data/pg_hba.conf"; } >"$work/hba"
as_server tee "$work/copies/data/pg_hba.conf" <"$work/hba" >/dev/null
on_copies postgres "SELECT pg_reload_conf()" >/dev/null
own() { PGPASSWORD='no word of it' "$DECANT" rehearse --on "host='$work/copies' user=locked dbname=own" "$@"; }
own --sql "$work/good.sql" >"$work/out" 2>&1
fact "a server's password reaches it" same status 0 $?
own -- sh -c 'env >&2; exec psql -wXqc "CREATE TABLE k (id int PRIMARY KEY)"' >"$work/out" 2>&1
fact "... and commands, by a file" same status 0 $?
fact "... that alone has it" same lines 0 "$(grep -c 'no word' "$work/out")"

# ---- sessions side by side, and a request to cancel
fact "times of sessions side by side are none below zero" /usr/bin/python3 "$here/rehearse_sessions.py" "$DECANT" "$(address shop)"

# ---- runners that are installed: tests/runners has more
tests/runners/run psql django

# ---- a SQLite copy
file=$work/shop.sqlite
pull "$file" "$(url copies shop)"
before=$(sha256sum <"$file")
echo 'ALTER TABLE t ADD COLUMN z int; CREATE INDEX tz ON t (p);' >"$work/lite.sql"
on_file() { "$DECANT" rehearse --on "$file" "$@"; }
on_file --sql "$work/lite.sql" >"$work/lite" 2>&1
fact "a migration is rehearsed on a SQLite copy" grep -q '^holds: .*2 statements' "$work/lite"
fact "... and says what is not known there" grep -q 'locks, rewrites and waits' "$work/lite"
on_file -- sh -c 'sqlite3 "${DATABASE_URL#sqlite:///}" "DELETE FROM t WHERE id < 10"' >"$work/lite" 2>&1
fact "a command gets its address, and loss is found" grep -q '! rows-lost t: 20000 rows are 19991 now' "$work/lite"
echo 'CREATE UNIQUE INDEX tp ON t (p);' >"$work/twins.sql"
fact "rows that break something are counted there, too" grep -q 'twins.sql:1: 20000 of 20000 rows share their key with others' <(on_file --sql "$work/twins.sql" 2>/dev/null)
printf 'version: 1\nsample: {rate: 5%%}\n' >"$work/part.yaml"
pull "$work/part.sqlite" "$(url copies shop)" -c "$work/part.yaml" --key-file "$work/key"
fact "... and what follows for production is told" grep -qE '[0-9]+ of [0-9]+ rows share .*; there [0-9]+ to [0-9]+$' <("$DECANT" rehearse --on "$work/part.sqlite" --sql "$work/twins.sql" 2>/dev/null)
fact "what needs a server is refused there" fails_with 2 "need a PostgreSQL copy" on_file --sql "$work/lite.sql" --twice
( timeout -s KILL 0.3 "$DECANT" rehearse --on "$file" -- sleep 1 ) >/dev/null 2>&1
on_file --sql "$work/lite.sql" >/dev/null 2>&1
fact "nothing is left beside it, also after a kill" same files "$(basename "$file")" "$(cd "$work" && ls | grep '^shop.sqlite' | grep -v '\.decant$')"
fact "the copy is untouched" same bytes "$before" "$(sha256sum <"$file")"

# ---- a run that is stopped
"$DECANT" rehearse --on "$(address shop)" -- sleep 30 >/dev/null 2>&1 &
sleep 1.5
kill -INT $!
wait $! 2>/dev/null
fact "a run that is stopped drops its clone" same clones 0 "$(clones)"
on_copies shop "ALTER DATABASE shop SET search_path = elsewhere, public" >/dev/null
echo 'CREATE SCHEMA elsewhere; CREATE TABLE here (id int PRIMARY KEY);' >"$work/path.sql"
fact "the clone has the copy's settings" same tables elsewhere.here \
    "$(report --sql "$work/path.sql" | /usr/bin/python3 -c 'import json, sys; print(*[e["relation"] for s in json.load(sys.stdin)["statements"] for e in s["effects"] if e["kind"] == "r"])')"
printf 'COPY parent (id, name) FROM stdin;\n5000\tx\n\\.\nALTER TABLE t ALTER COLUMN note SET NOT NULL;\n' >"$work/copy.sql"
fact "rows that a command sent cannot be sent again" grep -q "rows were sent before it" <(report -- psql -qXf "$work/copy.sql")
fact "... those of a file are" grep -q '"rows":200' <(report --sql "$work/copy.sql")
echo 'COPY t TO STDOUT;' >"$work/copy_out.sql"
fact "a COPY to nobody is refused" fails_with 2 "nobody would take the rows" rehearse shop --sql "$work/copy_out.sql"
echo "BEGIN; INSERT INTO parent VALUES (7001, 'canary@secret.example'); COMMIT; DO \$\$ BEGIN PERFORM 'canary@secret.example'; END \$\$;" >"$work/told.sql"
told() { for format in text json md sarif junit html; do rehearse shop --sql "$work/told.sql" --format $format; rehearse shop --format $format -- psql -Xqc "INSERT INTO parent VALUES (7002, 'canary@secret.example'); SELECT 'canary@secret.example'" 2>/dev/null; done; }
told >"$work/all"
fact "each form tells the statements" [ "$(grep -c 'INSERT INTO parent' "$work/all")" -ge 8 ]
fact "... and no value is in any" same canaries 0 "$(grep -c canary "$work/all")"
