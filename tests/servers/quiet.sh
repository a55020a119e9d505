#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Queues that their own frameworks made: after `init` untouched, a worker that is started against the copy finds nothing to do, and
# one against the source does. Run by hand; gets the frameworks from their registries into build/quiet, once.
. "$(dirname "$0")/../e2e/lib.sh"
here=$PWD/tests/servers/quiet
got=$PWD/build/quiet
mkdir -p "$got"
cluster_make source
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own XDG_CONFIG_HOME=$work/config
trap '"$DECANT" server stop >/dev/null 2>&1; servers_end' EXIT
"$DECANT" server start --pg-bindir "$pg_bin" >/dev/null 2>&1

# ---- what the registries have
[ -d "$got/node_modules" ] || (cd "$got" && npm init -y >/dev/null && npm install --silent pg-boss@12 graphile-worker@0.16 >/dev/null 2>&1)
[ -d "$got/py" ] || { python3 -m venv "$got/py" && "$got/py/bin/pip" -q install procrastinate==3.10.0 django==5.2.19 django-q2==1.11.1 \
    django-celery-beat==2.9.0 django-celery-results==2.6.0 'celery[sqlalchemy]==5.7.0' 'psycopg[binary]' psycopg2-binary >/dev/null 2>&1; }
maven() { [ -e "$got/$(basename "$1")" ] || curl -sSfL -o "$got/$(basename "$1")" "https://repo1.maven.org/maven2/$1"; }
maven org/quartz-scheduler/quartz/2.5.2/quartz-2.5.2.jar && maven org/postgresql/postgresql/42.7.4/postgresql-42.7.4.jar &&
    maven com/zaxxer/HikariCP/5.1.0/HikariCP-5.1.0.jar && maven org/slf4j/slf4j-api/2.0.16/slf4j-api-2.0.16.jar &&
    maven jakarta/transaction/jakarta.transaction-api/2.0.1/jakarta.transaction-api-2.0.1.jar
jars=$(echo "$got"/*.jar | tr ' ' :)
[ -e "$got/Quartz.class" ] || javac -cp "$jars" -d "$got" "$here/Quartz.java" 2>/dev/null
if [ ! -e "$got/river/river" ] && command -v go >/dev/null; then
    mkdir -p "$got/river" && cp "$here/river.go" "$got/river/main.go" &&
        (cd "$got/river" && { [ -e go.mod ] || go mod init quiet; } && go mod tidy && go build -o river .) >"$work/go.log" 2>&1
fi

# ---- each framework as a program that fills and works
node_() { (cd "$got" && cp "$here/$1.mjs" . && timeout 60 node "$1.mjs" "$2"); }
python_() { timeout 60 "$got/py/bin/python" "$here/$1.py" "${@:2}"; }
boss() { node_ boss "$1"; }
graphile() { node_ graphile "$1"; }
procrastinate() { python_ procrastinate_app "$1"; }
django_q() { python_ django_site "$1" q; }
celery_beat() { python_ django_site "$1" beat; }
celery() { python_ celery_app "$1"; }
river() { timeout 60 "$got/river/river" "$1"; }
quartz() {
    if [ "$1" = fill ]; then
        (cd "$work" && unzip -qo "$got/quartz-2.5.2.jar" 'org/quartz/impl/jdbcjobstore/tables_postgres.sql') &&
            psql -X -q "$DATABASE_URL" -f "$work/org/quartz/impl/jdbcjobstore/tables_postgres.sql" >/dev/null 2>&1
    fi
    local address=${DATABASE_URL#*host=} socket
    socket=${address%%&*}
    # the driver knows no Unix sockets: a port of the loopback leads to it
    python3 "$here/forward.py" "$(printf '%b' "${socket//%/\\x}")/.s.PGSQL.${PORT:-5432}" "$work/port" &
    local forward=$!
    for _ in $(seq 50); do [ -s "$work/port" ] && break; sleep 0.1; done
    JDBC_URL="jdbc:postgresql://127.0.0.1:$(cat "$work/port")/$NAME?sslmode=disable" JDBC_USER=$OWNER timeout 60 java -cp "$jars:$got" Quartz "$1" 2>/dev/null
    kill $forward
    rm -f "$work/port"
}
for framework in boss graphile procrastinate django_q celery_beat celery quartz river; do
    NAME=${framework} OWNER=tester
    on source postgres "CREATE DATABASE $NAME"
    export DATABASE_URL="postgresql://tester@/$NAME?host=$work/source&port=5432"
    if ! $framework fill >"$work/said" 2>&1; then
        skip "$framework" "it could not be set up: $(tail -n 1 "$work/said" | cut -c1-120)"
        continue
    fi
    on source "$NAME" "CREATE TABLE people (id int PRIMARY KEY, email text); INSERT INTO people SELECT i, 'ada' || i || '@realcorp.example.org' FROM generate_series(1, 300) i"
    on source "$NAME" "VACUUM ANALYZE"
    rm -f "$work/$NAME.yaml"
    "$DECANT" init -c "$work/$NAME.yaml" --rate 20% "$(url source "$NAME")" >/dev/null 2>"$work/said"
    fact "$framework: init knows it" grep -q "quiet@1 takes these" "$work/$NAME.yaml"
    fact "... it is copied by rules that nobody touched" "$DECANT" pull -q -c "$work/$NAME.yaml" --to "local:$NAME" "$(url source "$NAME")" 2>/dev/null
    there=$($framework work 2>/dev/null | tail -n 1)
    copy=$("$DECANT" server url "$NAME")
    OWNER=decant
    DATABASE_URL="postgresql://decant@/$NAME?host=$(sed -n 's/.*host=\([^&]*\).*/\1/p' <<<"$copy")&port=5432"
    found=$($framework work 2>/dev/null | tail -n 1)
    fact "... a worker finds nothing to do in the copy" same jobs 0 "$found"
    fact "... and ${there:-0} jobs in the source" [ "${there:-0}" -gt 0 ]
    fact "... nobody of the source is named in it" same dump "" "$("$pg_bin/pg_dump" --data-only "$copy" 2>/dev/null | grep realcorp | head -n 3)"
done
