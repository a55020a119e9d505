# SPDX-License-Identifier: PostgreSQL
# Throw-away PostgreSQL clusters for the demo and the tests; to be sourced. Each lives in a temporary
# folder, listens on a Unix socket only, and does not run as root. They end with the shell.

pg_bin=${PG_BINDIR:-$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)}
[ -x "$pg_bin/initdb" ] || { echo "no PostgreSQL server found" >&2; exit 1; }
PATH=$PATH:$pg_bin
unset PGHOST PGPORT PGUSER PGDATABASE PGPASSWORD PGSERVICE PGOPTIONS DATABASE_URL
work=$(mktemp -d "${TMPDIR:-/tmp}/decant.XXXXXX")
chmod 755 "$work"
clusters=
server_user=$(id -un)
[ "$(id -u)" = 0 ] && server_user=postgres

# as_server COMMAND...: runs it as the user that servers run as
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && setpriv --reuid "$server_user" --regid "$(id -g "$server_user")" --clear-groups -- "$@")
    else
        "$@"
    fi
}

# cluster_make NAME [SETTING...]: makes and starts a cluster; its socket is in $work/NAME
cluster_make() {
    _name=$1
    shift
    mkdir -p "$work/$_name"
    [ "$(id -u)" = 0 ] && chown "$server_user" "$work/$_name"
    as_server "$pg_bin/initdb" -D "$work/$_name/data" -U tester -A trust -E UTF8 --locale=C.UTF-8 -N \
        >"$work/$_name.initdb" 2>&1 || { cat "$work/$_name.initdb" >&2; exit 1; }
    for _setting in "listen_addresses=''" "unix_socket_directories='$work/$_name'" "fsync=off" \
        "max_connections=60" "shared_buffers=64MB" "log_min_messages=fatal" "$@"; do
        echo "$_setting" | as_server tee -a "$work/$_name/data/postgresql.conf" >/dev/null
    done
    clusters="$clusters $_name"
    cluster_start "$_name"
}

cluster_start() {
    as_server "$pg_bin/pg_ctl" -D "$work/$1/data" -l "$work/$1/log" -w -t 60 start >/dev/null ||
        { cat "$work/$1/log" >&2; exit 1; }
}

cluster_stop() { # NAME [MODE]
    as_server "$pg_bin/pg_ctl" -D "$work/$1/data" -m "${2:-immediate}" -w stop >/dev/null 2>&1 || true
}

# on CLUSTER DATABASE SQL...: runs SQL, prints bare values
on() {
    _cluster=$1 _database=$2
    shift 2
    for _sql in "$@"; do
        psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$work/$_cluster" -U tester -d "$_database" -c "$_sql"
    done
}

# url CLUSTER DATABASE
url() {
    echo "postgresql:///$2?host=$work/$1&user=tester"
}

servers_end() {
    for _cluster in $clusters; do
        cluster_stop "$_cluster"
    done
    rm -rf "$work"
}
trap servers_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
