# SPDX-License-Identifier: PostgreSQL
# What the tests on servers of other releases share; to be sourced. tests/servers/fetch comes first.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
servers=$top/build/servers
for _folder in "$servers"/clients/* "$servers/19"; do # decant looks for pg_dump there, the oldest that will do
    [ -d "$_folder/bin" ] && PATH=$PATH:$_folder/bin
done
export PATH
own=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
# shellcheck source=tests/e2e/lib.sh
. "$top/tests/e2e/lib.sh"

# bin_of MAJOR: its folder of programs; the machine's own release counts
bin_of() {
    if [ -x "$servers/$1/bin/initdb" ]; then
        echo "$servers/$1/bin"
    else
        [ "$own" = "/usr/lib/postgresql/$1/bin" ] && echo "$own"
    fi
}
newest() {
    local major
    for major in 19 18 17 16 14 13; do
        [ -n "$(bin_of $major)" ] && echo $major && return
    done
}
# server MAJOR NAME [SETTING...]: a cluster of that release
server() {
    pg_bin=$(bin_of "$1")
    cluster_make "${@:2}"
}
version_of() { # CLUSTER
    on "$1" postgres "SHOW server_version" | cut -d ' ' -f 1
}

# says COMMAND...: what it prints becomes comments, if it fails; it has two minutes
says() {
    timeout -k 5 "${LIMIT:-120}" "$@" >"$work/said" 2>&1
    local status=$?
    [ $status = 0 ] && return 0
    echo "# status $status"
    grep -v '^ *[0-9.]* s  ' "$work/said" | tail -n "${LINES_SAID:-12}" | sed 's/^/# /'
    return $status
}
whole() { # TARGET SOURCE [OPTION...]
    says "$DECANT" pull --no-mask --to "$1" "${@:3}" "$2"
}
# A PostgreSQL copy needs pg_dump's connection, too: where there is only one, it may be refused with the reason.
or_refused() { # TEXT COMMAND...
    local text=$1
    shift
    "$@" >"$work/refusal" && return 0
    grep -qx '# status 3' "$work/refusal" && grep -qE "$text" "$work/refusal" && return 0
    cat "$work/refusal"
    return 1
}
init() { # RULES SOURCE
    [ -e "$work/the.key" ] || "$DECANT" key new "$work/the.key" >/dev/null 2>&1
    says "$DECANT" init -c "$1" --key-file "$work/the.key" --rate 20% "$2"
}
masked() { # TARGET SOURCE RULES [OPTION...]
    says "$DECANT" pull -c "$3" --key-file "$work/the.key" --to "$1" "${@:4}" "$2"
}
verify() { says "$DECANT" verify "$@"; }
# tried FACT COMMAND...: a fact that others stand on: its status is the command's
tried() {
    local name=$1
    shift
    "$@" && echo "ok - $name" && return 0
    echo "not ok - $name"
    return 1
}
# What a session would notice of another's SETs, where both share a server connection: settings URL
settings() {
    psql -X -A -t "$1" -c "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding')" 2>&1
}
there() { # DATABASE: of the cluster target
    [ "$(on target postgres "SELECT count(*) FROM pg_database WHERE datname = '$1'")" = 1 ]
}
# is CLUSTER DATABASE SQL WANTED
is() { same "$3" "$4" "$(on "$1" "$2" "$3" 2>&1)"; }
lite_is() { same "$2" "$3" "$(sqlite3 -readonly "$1" "$2" 2>&1)"; }
# A writable connection, as an application has: only there SQLite knows CHECKs.
sound() { same "integrity_check" ok "$(sqlite3 "$1" 'PRAGMA integrity_check; PRAGMA foreign_key_check' 2>&1)"; }
listed() { # NAME CLASS OBJECT: what a run told (kept in $work/NAME.said) as not carried over
    awk -v class="[$2]" -v object="    $3" '/^  [^ ]/ { in_class = index($0, class) } in_class && $0 == object { found = 1 } END { exit !found }' "$work/$1.said" && return 0
    echo "# not listed as [$2]: $3"
    return 1
}
