#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# The user's own server: copies called local:NAME.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source shop tests/e2e/rehearse_shop.sql
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own
socket=$work/own/decant/server/socket
server() { "$DECANT" server "$@"; }
asks_own() { psql -X -Atq "$(server url shop)" -c "$1"; }
quiet() { "$@" >/dev/null 2>&1; }
trap 'server stop >/dev/null 2>&1; servers_end' EXIT

fact "nothing runs before it is asked for" same status "stopped: $work/own/decant/server" "$(server status)"
(server start >"$work/first" 2>&1) &
first=$!
server start >"$work/second" 2>&1
wait $first
fact "two that start it at once get the same one" same addresses "$(cat "$work/first")" "$(cat "$work/second")"
fact "it says where it is" same url "postgresql://decant@/postgres?host=$socket&port=5432" "$(cat "$work/second")"
fact "nobody else can enter its folder" same mode 700 "$(stat -c %a "$socket")"
fact "it does not run as root" same user "$server_user" "$(ps -o user= -p "$(head -n 1 "$work/own/decant/server/data/postmaster.pid")")"
fact "a copy is made on it" pull local:shop "$(url source shop)"
fact "... with its rows" same rows 20000 "$(asks_own 'SELECT count(*) FROM t')"
fact "... and can be proved again" quiet "$DECANT" verify local:shop
echo "SET lock_timeout = '1s'; CREATE TABLE k (id int PRIMARY KEY);" >"$work/up.sql"
"$DECANT" rehearse --on local:shop --sql "$work/up.sql" >"$work/report" 2>&1
fact "a migration is rehearsed on it" grep -q '^holds: ' "$work/report"
fact "it lists its copies" grep -q '^  local:shop' <(server status)
server stop
fact "it stops" same status "stopped: $work/own/decant/server" "$(server status)"
fact "... and is started for whoever needs it" quiet "$DECANT" report local:shop
fact "a copy is removed with all that belongs to it" server remove shop
fact "... and is not there any more" fails_with 3 "there is no copy 'local:shop'" server remove shop
fact "a name is needed" fails_with 2 "needs the name of a copy" "$DECANT" pull --no-mask --to local: "$(url source shop)"
fact "verbs are known" fails_with 2 "there is no 'decant server restart'" server restart
fact "programs are looked for" fails_with 3 "no PostgreSQL server is installed in /nonexistent" server start --pg-bindir /nonexistent
fact "a long path is refused" fails_with 3 "too long for a socket" env XDG_STATE_HOME=/tmp/$(printf 'x%.0s' {1..90}) "$DECANT" server start
