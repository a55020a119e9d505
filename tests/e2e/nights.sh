#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Nights that nobody watches: thirty of them on a source that changes, twenty that go wrong, and the way back.
. "$(dirname "$0")/lib.sh"
here=$PWD/tests/e2e
cluster_make source
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own XDG_CONFIG_HOME=$work/config
on source postgres "CREATE DATABASE shop"
psql -X -q -h "$work/source" -U tester -d shop -v scale=0.02 -f fixtures/shop.sql >/dev/null
on source shop "VACUUM ANALYZE"
SHOP_URL=$(url source shop)
export SHOP_URL
mkdir "$work/n" && cd "$work/n" || exit 1
trap '"$DECANT" server stop >/dev/null 2>&1; servers_end' EXIT
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >key && chmod 600 key
"$DECANT" init -c rules.yaml --key-file key --rate 20% "$SHOP_URL" >/dev/null
quiet() { "$@" >/dev/null 2>&1; }
# rules TEXT: decant.yaml with this as its section 'run'
rules() {
    cp rules.yaml decant.yaml
    printf 'run:\n  source: env:SHOP_URL\n  target: shop.sqlite\n  schedule: "02:30"\n  metrics: shop.prom\n%s\n' "$1" >>decant.yaml
}
run() { "$DECANT" run -q --key-file key --now "$day" "$@"; } # the night of $day
status() { "$DECANT" status --now "$1" "${@:2}"; }
digest() { sha256sum <"${1:-shop.sqlite}"; }
metric() { sed -n "s/^decant_$1{[^}]*} //p" shop.prom; }
night() { date -u -d "2026-10-01 02:30 UTC + $1 days" +%Y-%m-%dT%H:%M:%SZ; }

# ---- thirty nights
# What a day does to about one row in a hundred.
a_day() {
    on source shop "INSERT INTO customers (customer_id, email, first_name, last_name, country, segment, created_at)
        SELECT max + i, 'new$1.' || i || '@mail.example.net', 'Ada', 'Lovelace', 'US', 'standard', now()
        FROM (SELECT max(customer_id) FROM customers) m, generate_series(1, 20) i;
      INSERT INTO reviews (review_id, product_id, customer_id, stars, created_at)
        SELECT max + i, (SELECT min(product_id) FROM products), newest - i % 20, 1 + i % 5, now()
        FROM (SELECT max(review_id), (SELECT max(customer_id) FROM customers) AS newest FROM reviews) m, generate_series(1, 20) i;
      DELETE FROM refunds WHERE refund_id % 100 = $1;
      DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM sessions ORDER BY session_id LIMIT 20);
      UPDATE orders SET note = 'seen on day $1' WHERE order_id % 100 = $1"
}
rules "  keep: 3
  expires: 30d
  max_age: 26h
  after_load: [dev.sql]"
echo "UPDATE orders SET note = 'development' WHERE order_id = (SELECT min(order_id) FROM orders);" >dev.sql
wrong_runs=0 wrong_diffs=0 unstable=0 most_files=0 most_bytes=0
for i in $(seq 1 30); do
    day=$(night "$i")
    run || wrong_runs=$((wrong_runs + 1))
    if [ "$i" -gt 1 ]; then
        former=$(find . -name 'shop.sqlite.*.db' -not -samefile shop.sqlite | sort | tail -n 1)
        "$here/nights.py" same "$("$DECANT" diff --json shop.sqlite)" "$former" shop.sqlite || wrong_diffs=$((wrong_diffs + 1))
        "$here/nights.py" stable "$former" shop.sqlite | grep -qE '^(0\.9[89]|1\.)' || unstable=$((unstable + 1))
    fi
    files=$(find . -type f | wc -l) bytes=$(du -sb --exclude=shop.sqlite . | cut -f1)
    [ "$files" -gt $most_files ] && most_files=$files
    [ "$bytes" -gt $most_bytes ] && most_bytes=$bytes
    a_day "$i"
done 2>"$work/said"
sed 's/^/# /' "$work/said" | head -n 5
fact "thirty nights are thirty runs" same "runs that failed" 0 $wrong_runs
fact "... each differs from the one before as an independent script says" same "wrong diffs" 0 $wrong_diffs
fact "... rows that are in stay in, where the source has them still" same "nights with more than two rows of a hundred exchanged" 0 $unstable
fact "... there are never more than four copies, each with its manifest" [ "$most_files" -le 15 ]
fact "... and nothing else is left" same files "" "$(ls -A | grep -vE '^(key|rules.yaml|decant.yaml|dev.sql|shop.prom|shop.sqlite(.runs|.[0-9]{14}x[0-9a-f]{6}.db|.[0-9a-f]{16}.decant)?)$')"
fact "... what differs stands in the report, too" eval '"$DECANT" report --since shop.sqlite | grep -A3 "^Since the copy before" | grep -q "came" && "$DECANT" report --since --format json shop.sqlite | python3 -c "import json, sys; assert any(t[\"changed\"] > 0 for t in json.load(sys.stdin)[\"since\"])"'
fact "... all of which are whole" eval 'for f in shop.sqlite*.db shop.sqlite; do quiet "$DECANT" verify "$f" || exit 1; done'
fact "... the status is good in the morning" quiet status "$(night 30)"
fact "... and says so in a line for people" eval '"$DECANT" status --now "$(night 30)" | grep -q "^shop.sqlite: ok"'
fact "... what a night adds of its own is known" eval '"$DECANT" report shop.sqlite >/dev/null'
fact "metrics have a time and a size" eval '[ "$(metric last_run_status)" = 0 ] && [ "$(metric data_timestamp_seconds)" = "$(date -u -d "$(night 30)" +%s)" ] && [ "$(metric copy_size_bytes)" = "$(stat -c %s shop.sqlite)" ]'
fact "... and rows by table" eval '[ "$(sed -n "s/^decant_table_rows{target=\"shop.sqlite\",table=\"public.orders\"} //p" shop.prom)" = "$(lite shop.sqlite "SELECT count(*) FROM orders")" ]'

# ---- the way back
newest=$(digest) before=$(find . -name 'shop.sqlite.*.db' -not -samefile shop.sqlite | sort | tail -n 1)
was=$(digest "$before")
fact "the way back takes the copy before" quiet "$DECANT" rollback shop.sqlite --now "$(night 30)"
fact "... byte by byte" same digest "$was" "$(digest)"
fact "... its manifest is there" quiet "$DECANT" verify shop.sqlite
fact "... status tells of it" eval 'status "$(night 30)" | grep -q "rolled-back"'
fact "... and the way forward is the same" quiet "$DECANT" rollback shop.sqlite --to "$(date -u -d "$(night 30)" +%Y%m%d)" --now "$(night 30)"
fact "... byte by byte" same digest "$newest" "$(digest)"
fact "a run that is not kept cannot be had" fails_with 3 "no copy of the run '1999' is kept" "$DECANT" rollback shop.sqlite --to 1999

# ---- what goes wrong
# noticed CODE WHEN: status says so, with its own exit status
noticed() {
    local out
    out=$(status "$2" 2>/dev/null)
    [ $? = 5 ] && grep -qF "[$1]" <<<"$out" && return 0
    sed 's/^/# /' <<<"$out"
    return 1
}
# goes_wrong WHAT STATUS CODE COMMAND...: the run of another night ends so, status and metrics notice it, the old copy is as it was
n=40
goes_wrong() {
    local what=$1 wanted=$2 code=$3 before got
    shift 3
    n=$((n + 1)) day=$(night $n)
    before=$(digest)
    "$@" 2>"$work/err"
    got=$?
    fact "$what: the run says so" eval '[ $got = $wanted ] || { echo "# status $got"; sed "s/^/# /" "$work/err"; false; }'
    fact "... status notices it" noticed "$code" "$day"
    fact "... so does a monitor" same last_run_status "$wanted" "$(metric last_run_status)"
    fact "... the old copy is as it was" same digest "$before" "$(digest)"
}
well() { # the next night is a good one again
    n=$((n + 1)) day=$(night $n)
    fact "... and the next night is good" eval 'run && status "$day" >/dev/null'
}
fact "cron is dead: status notices that nothing ran" noticed not-run "$(night 33)"
fact "... and that the data is too old" noticed too-old "$(night 33)"
fact "... in JSON, too" eval 'status "$(night 33)" --json 2>/dev/null | python3 -c "import json, sys; d = json.loads(sys.stdin.readline()); assert d[\"state\"] == \"problem\" and d[\"age_s\"] == 3 * 86400, d"'
day=$(night $n)
run
mv key key.away
goes_wrong "the key is lost" 3 failed run
mv key.away key
"$DECANT" key new other.key >/dev/null 2>&1
goes_wrong "the key is another one" 3 failed "$DECANT" run -q --key-file other.key --now "$(night $((n + 1)))"
rm other.key
well
on source shop "ALTER TABLE customers ADD COLUMN misc text"
goes_wrong "a column is new, and nobody decided on it" 3 failed run
on source shop "ALTER TABLE customers DROP COLUMN misc"
on source shop "CREATE TABLE kept AS SELECT * FROM reviews; TRUNCATE reviews"
goes_wrong "a table has lost its rows" 3 failed run
on source shop "INSERT INTO reviews SELECT * FROM kept; DROP TABLE kept"
good_url=$SHOP_URL
on source postgres "CREATE DATABASE hollow"
"$pg_bin/pg_dump" -s -h "$work/source" -U tester shop 2>/dev/null | psql -X -q -h "$work/source" -U tester -d hollow >/dev/null
SHOP_URL=$(url source hollow)
goes_wrong "the source is empty" 3 failed run
SHOP_URL="host=$work/nowhere user=tester dbname=shop connect_timeout=2"
goes_wrong "the source is down" 6 failed run
SHOP_URL=$good_url
well
printf 'BEGIN IMMEDIATE;\n.shell sleep 5\n' | sqlite3 shop.sqlite >/dev/null 2>&1 &
sleep 0.3
goes_wrong "a program writes to the copy" 7 failed run
wait
rm -f shop.sqlite.decant-*
well
rules ''
sed -i 's|metrics: shop.prom|metrics: nowhere/shop.prom|' decant.yaml
n=$((n + 1)) day=$(night $n)
fact "metrics that nobody can write are noticed before the work" fails_with 6 "metrics cannot be written" run
fact "... status notices it" noticed failed "$day"
rules '  hooks: {before_publish: {command: ["false"]}, on_failure: {shell: "cat >told"}}'
goes_wrong "a hook says no" 3 failed run
fact "... whoever is to be told is told, with the reason" eval 'python3 -c "import json; d = json.load(open(\"told\")); assert d[\"event\"] == \"on_failure\" and d[\"status\"] == 3 and \"before_publish\" in d[\"message\"]"'
cat >wal.py <<'P'
import os, sqlite3
c = sqlite3.connect(os.environ["DATABASE_URL"][len("sqlite:///"):])
c.execute("PRAGMA journal_mode = WAL")
c.execute("DELETE FROM reviews")
c.commit()
os._exit(0)
P
rules '  guards: {shrunk: warn}
  hooks: {before_publish: {command: [/usr/bin/python3, wal.py]}}'
n=$((n + 1)) day=$(night $n)
fact "what a hook leaves in a -wal is part of the copy" eval 'run && [ "$(lite shop.sqlite "SELECT count(*) FROM reviews")" = 0 ] && quiet "$DECANT" verify shop.sqlite && ! ls | grep -qE "wal$|shm$"'
fact "... and a table that became small is told, where policy is to warn" eval 'status "$day" | grep -q "warning: .*more than half of the rows: .public.reviews"'
rules '  hooks: {before_publish: {shell: "setsid python3 open.py & sleep 1"}}'
cat >open.py <<'P'
import os, sqlite3, time
c = sqlite3.connect(os.environ["DATABASE_URL"][len("sqlite:///"):])
time.sleep(20)
P
goes_wrong "a hook has left a program in the copy" 3 failed run
fact "... whose message says what to do" grep -q "must end with the hook" "$work/err"
pkill -f "^python3 open.py$"
cat >halfway.py <<'P'
import os, sqlite3
path = os.environ["DATABASE_URL"][len("sqlite:///"):]
c = sqlite3.connect(path)
c.execute("PRAGMA cache_size = 1")
c.execute("UPDATE orders SET note = 'halfway'")
assert os.path.getsize(path + "-journal") > 0
os._exit(0)
P
rules '  hooks: {before_publish: {command: [/usr/bin/python3, halfway.py]}}'
n=$((n + 1)) day=$(night $n)
fact "what a hook has not committed is taken back" eval 'run && [ "$(lite shop.sqlite "SELECT count(*) FROM orders WHERE note = '\''halfway'\''")" = 0 ] && quiet "$DECANT" verify shop.sqlite && ! ls | grep -qE "journal$"'
rules '  after_load: [open.sql]'
echo "BEGIN; DELETE FROM reviews;" >open.sql
goes_wrong "SQL for the copy ends inside a transaction" 3 failed run
rules '  hooks: {before_publish: {shell: "sleep 60 & sleep 60", timeout: 1s}}'
goes_wrong "a hook hangs" 6 failed run
fact "... and is ended with what it started" eval '! pgrep -f "^sleep 60$" >/dev/null'
rules '  after_load: [dev.sql]'
echo "INSERT INTO no_such_table VALUES (1);" >dev.sql
goes_wrong "SQL for the copy fails" 3 failed run
rules '  guards: {lost_table: stop}'
well
on source shop "CREATE TABLE one_more (id int PRIMARY KEY, n int); INSERT INTO one_more VALUES (1, 1)"
sed -i '/^columns:/a\  public.one_more:\n    n: keep' rules.yaml
rules '  guards: {lost_table: stop}'
well
on source shop "DROP TABLE one_more"
sed -i '/public.one_more:/,+1d' rules.yaml
rules '  guards: {lost_table: stop}'
goes_wrong "a table of yesterday's is not there" 3 failed run
rules ''
well
fact "... where policy is to warn, it is a warning" eval 'status "$day" | grep -q "warning: .*one_more"'
sed -i 's/^\( *\)first_name: .*/\1first_name: keep/' rules.yaml
cp rules.yaml weaker.yaml
rules ''
goes_wrong "a mask is weaker than yesterday" 3 failed run
rules '  guards: {weaker_masks: warn}
  rehearse: [up.sql]'
echo "checks: {leak: {allow: [{column: public.customers.first_name, pattern: originals, why: a test}]}}" >>decant.yaml
echo "ALTER TABLE orders RENAME COLUMN note TO remark;" >up.sql
well
fact "... as policy said, with its warnings" eval 'status "$day" | grep -q "told less in the copy before" && status "$day" | grep -q "accept 1 findings of the leak search"'
sed -i 's/^\( *\)first_name: .*/\1first_name: first_name/' rules.yaml
rules ''
well
day=$(night $((n + 1)))
"$DECANT" run -q --key-file key --now "$day" & # killed while it runs
sleep 0.15
kill -9 $!
wait $! 2>/dev/null
n=$((n + 1))
fact "a run is killed: status notices it" noticed killed "$(night $n)"
well
fact "... nothing of it is left" same leftovers "" "$(ls -A | grep -E 'decant-2|build|lock')"
for m in shop.sqlite.*.decant; do echo damaged >"$m"; done
fact "a manifest is damaged: status notices it" noticed manifest "$day"
well
fact "... with a warning of what nobody could look for" eval '"$DECANT" report shop.sqlite | grep -q before-unreadable'
echo '{"event":"beg' >>shop.sqlite.runs
fact "a line of the journal is cut: status tells it" eval 'status "$day" | grep -q "1 lines of the journal cannot be read"'
well
fact "the clock is set back: status notices it" noticed clock "$(night 20)"
mv shop.sqlite away
fact "the copy is gone: status notices it" noticed gone "$day"
mv away shop.sqlite
rules '  expires: 30d'
cp "$(find . -name 'shop.sqlite.*.db' | head -n 1)" by-hand.db && mv by-hand.db shop.sqlite # it has no second name
touch -d "$(night 1)" shop.sqlite
n=$((n + 60)) day=$(night $n)
SHOP_URL="host=$work/nowhere user=tester dbname=shop connect_timeout=2"
run 2>/dev/null
SHOP_URL=$good_url
fact "copies expire, also when no run succeeds" [ ! -e shop.sqlite ] && [ -z "$(find . -name 'shop.sqlite.*.db')" ] && [ -z "$(find . -name '*.decant')" ]
fact "... which status says" noticed expired "$day"
well
exec 9>shop.sqlite.runs.lock && flock 9
fact "another run is under way: this one is refused" fails_with 3 "another run holds" run
flock -u 9
rm -f shop.sqlite.runs.lock
day=$(night $((n + 1)))
fact "neither HOME nor a terminal is needed" env -i PATH="$PATH" XDG_STATE_HOME="$XDG_STATE_HOME" SHOP_URL="$SHOP_URL" "$DECANT" run -q --key-file key --now "$day" </dev/null

# ---- disks that are full
if [ "$(id -u)" = 0 ] && mkdir "$work/full" && mount -t tmpfs -o size=12m tmpfs "$work/full" 2>/dev/null; then
    cp rules.yaml key "$work/full/"
    printf 'run: {source: env:SHOP_URL, target: shop.sqlite, metrics: %s/full.prom}\n' "$work" >"$work/full/section"
    cd "$work/full" && cat rules.yaml section >decant.yaml
    day=$(night 300)
    fact "a copy fits on a small disk" run
    was=$(digest) lost=0 unnoticed=0 tried=0
    for free in 20 400 1200 2000 2300 2500; do # KiB: the journal, the build, the copy, its indexes and its manifest do not fit
        tried=$((tried + 1)) day=$(night $((300 + tried)))
        dd if=/dev/zero of=ballast bs=1k count=$(($(df -k --output=avail . | tail -n 1) - free)) 2>/dev/null
        run 2>/dev/null && continue
        [ "$(digest)" = "$was" ] || lost=$((lost + 1))
        status "$(night $((302 + tried)))" >"$work/said" 2>/dev/null && unnoticed=$((unnoticed + 1))
        rm -f ballast
    done
    rm -f ballast
    fact "a full disk, at $tried places, loses nothing" same lost 0 $lost
    fact "... and is noticed each time" same unnoticed 0 $unnoticed
    day=$(night 320)
    fact "... and with room again the next run is good" run
    fact "... without leftovers" same files "" "$(ls -A | grep -E 'decant-2|build|link')"
    cd "$work/n" && umount "$work/full"
else
    skip "full disks" "no right to mount a tmpfs"
fi

# ---- rows that only the copy has
rules '  retain: [{table: public.categories, where: "category_id >= 100000"}]
  after_load: [dev.sql]'
echo "UPDATE orders SET note = 'development' WHERE order_id = (SELECT min(order_id) FROM orders); DELETE FROM refunds WHERE refund_id IN (SELECT refund_id FROM refunds LIMIT 2);" >dev.sql
day=$(night 330)
run
columns=$(lite shop.sqlite "SELECT group_concat(name) FROM pragma_table_xinfo('categories') WHERE hidden = 0 AND name <> 'category_id'")
sqlite3 shop.sqlite "INSERT INTO categories (category_id, $columns) SELECT 100000 + category_id, ${columns//slug/"slug || '-own'"} FROM categories LIMIT 3"
day=$(night 331)
fact "rows that only the copy has go on to the next one" eval 'run && [ "$(lite shop.sqlite "SELECT count(*) FROM categories WHERE category_id >= 100000")" = 3 ]'
fact "... which the report tells" eval '"$DECANT" report shop.sqlite | grep -q "table \[changed-by-run\]"'
fact "... verify knows them" quiet "$DECANT" verify shop.sqlite
sed -i 's/^    slug, title: keep .*/    slug: keep\n    title: {use: json, other: mask}/' rules.yaml
rules '  retain: [{table: public.categories, where: "category_id >= 100000"}]'
day=$(night 332)
fact "... but none into columns that have other rules now" eval 'run && [ "$(lite shop.sqlite "SELECT count(*) FROM categories WHERE category_id >= 100000")" = 0 ]'
fact "... which is told" eval '"$DECANT" report shop.sqlite | grep -q "table \[not-retained\]"'

sqlite3 shop.sqlite "INSERT INTO categories (category_id, $columns) SELECT 100000 + category_id, ${columns//slug/"slug || '-own'"} FROM categories LIMIT 1"
for m in shop.sqlite.*.decant; do echo damaged >"$m"; done
day=$(night 333)
fact "... nor when nobody knows the rules of the copy before" eval 'run && [ "$(lite shop.sqlite "SELECT count(*) FROM categories WHERE category_id >= 100000")" = 0 ] && status "$day" | grep -q "warning: .*nobody knows what rules"'

# ---- room for former copies
rules "  keep: [9, $(($(stat -c %s shop.sqlite) * 5 / 2))B]"
for i in 340 341 342 343; do
    day=$(night $i)
    run
done
fact "former copies are kept while they fit into so many bytes" same copies 2 "$(find . -name 'shop.sqlite.*.db' -not -samefile shop.sqlite | wc -l)"

# ---- what starts a run
mkdir units
fact "units are written" eval '"$DECANT" schedule --systemd --into units -c decant.yaml --key-file key >/dev/null && [ "$(ls units | wc -l)" = 2 ]'
fact "... and written anew" quiet "$DECANT" schedule --systemd --into units -c decant.yaml --key-file key
cp decant.yaml others.yaml
was=$(cat units/*)
fact "... but not over those of other rules" fails_with 3 "starts something else" "$DECANT" schedule --systemd --into units -c others.yaml --key-file key
fact "... which stay as they are" same units "$was" "$(cat units/*)"
if command -v systemd-analyze >/dev/null; then
    fact "systemd takes them" eval 'systemd-analyze verify --man=no units/* 2>"$work/err" && [ ! -s "$work/err" ] || { sed "s/^/# /" "$work/err"; false; }'
else
    skip "systemd takes them" "no systemd-analyze"
fi
line=$({ grep -v 'source: env' decant.yaml; printf '  source: "%s"\n' "$SHOP_URL"; } >cron.yaml && "$DECANT" schedule --cron -c cron.yaml --key-file key | tail -n 1)
fact "the line of cron runs in cron's environment" eval 'before=$(wc -l <shop.sqlite.runs) && env -i PATH=/usr/bin:/bin HOME="$work" sh -c "$(cut -d" " -f6- <<<"$line")" && [ "$(wc -l <shop.sqlite.runs)" = $((before + 2)) ]'

# ---- with a database
cp rules.yaml pg.yaml
printf 'run:\n  source: env:SHOP_URL\n  target: local:shop\n  keep: [5, 14d]\n  max_age: 26h\n  hooks: {before_publish: {shell: "psql -X -Atq \\"$$DATABASE_URL\\" -c \\"SELECT count(*) FROM orders\\" >counted"}}\n' >>pg.yaml
quiet "$DECANT" server start --pg-bindir "$pg_bin"
own() { psql -X -Atq -v ON_ERROR_STOP=1 "$("$DECANT" server url "$2")" -c "$1"; }
day=$(night 200)
fact "a database is refreshed" run -c pg.yaml
fact "... a hook saw it before it was published" same orders "$(own 'SELECT count(*) FROM orders' shop)" "$(cat counted)"
a_day 50
day=$(night 201)
fact "... and refreshed again" run -c pg.yaml
rows=$(own 'SELECT count(*) FROM sessions' shop)
fact "... the difference is what the day did" eval '"$DECANT" diff local:shop | grep -qE "public.sessions .* 0 +[0-9]+ +0$"'
fact "the way back" quiet "$DECANT" rollback local:shop --now "$(night 201)"
fact "... is whole" quiet "$DECANT" verify local:shop
fact "... and is the copy before" eval '[ "$(own "SELECT count(*) FROM sessions" shop)" -ge $rows ]'
fact "the way forward" quiet "$DECANT" rollback local:shop --to "$(date -u -d "$(night 201)" +%Y%m%d)" --now "$(night 201)"
fact "... is whole" quiet "$DECANT" verify local:shop
fact "status of both at once" eval '"$DECANT" status --now "$(night 201)" local:shop shop.sqlite 2>/dev/null | grep -q "^local:shop: ok"'
day=$(night 220)
fact "copies are dropped when they are older than 'keep' says" eval 'run -c pg.yaml && [ "$(own "SELECT count(*) FROM pg_database WHERE datname LIKE '\''shop\\_\\_prev%'\''" postgres)" = 0 ]'

# A table with a trigger and a sequence, which the copy before has not.
on source shop "CREATE TABLE own_notes (note_id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n int, parent int REFERENCES own_notes);
  CREATE FUNCTION doubled() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n := NEW.n * 2; RETURN NEW; END';
  INSERT INTO own_notes (n) VALUES (1), (2);
  CREATE TRIGGER doubles BEFORE INSERT ON own_notes FOR EACH ROW EXECUTE FUNCTION doubled()"
sed -i '/^columns:/a\  public.own_notes:\n    note_id, n, parent: keep' pg.yaml
sed -i '/^  hooks:/d' pg.yaml
echo '  retain: [{table: public.own_notes, where: "note_id >= 500"}]' >>pg.yaml
day=$(night 221)
fact "rows of a table that the copy before has not are no hindrance" run -c pg.yaml
own "INSERT INTO own_notes VALUES (501, 5, 502), (502, 6, NULL)" shop
day=$(night 222)
fact "rows that only the copy has go on to the next database" eval 'run -c pg.yaml && [ "$(own "SELECT string_agg(note_id || chr(58) || n, chr(44) ORDER BY note_id) FROM own_notes WHERE note_id >= 500" shop)" = 501:10,502:12 ]'
fact "... triggers have not fired, and do again" eval '[ "$(own "INSERT INTO own_notes (n) VALUES (7) RETURNING n" shop)" = 14 ]'
fact "... the sequence has gone on" eval '[ "$(own "SELECT max(note_id) FROM own_notes" shop)" = 503 ]'
echo '  hooks: {before_publish: {shell: "setsid psql -X -q \"$$DATABASE_URL\" -c \"SELECT pg_sleep(20)\" >/dev/null 2>&1 & sleep 1"}}' >>pg.yaml
was=$(own 'SELECT oid FROM pg_database WHERE datname = current_database()' shop)
day=$(night 223)
fact "a hook has left a program in the database: the run is refused" fails_with 3 "must end with the hook" run -c pg.yaml
fact "... and the old copy is as it was" same database "$was" "$(own 'SELECT oid FROM pg_database WHERE datname = current_database()' shop)"
