# shellcheck shell=bash
# SPDX-License-Identifier: PostgreSQL
# For suites of small databases: lib.sh is there, the clusters source and target, and $key.

db() { # NAME: a database of the SQL on stdin
    on source postgres "CREATE DATABASE $1"
    psql -X -q -v ON_ERROR_STOP=1 -h "$work/source" -U tester -d "$1" -f - >"$work/load.log" 2>&1 ||
        { echo "not ok - the database $1 is made"; sed 's/^/# /' "$work/load.log" | head -n 5; }
    name=$1 src=$(url source "$1") file=$work/$1.sqlite copy=$(url target "$1") rules=$work/$1.yaml
}
rules() { cat >"$rules"; } # on stdin
status() { # WANTED COMMAND...: it ends with one of these, and what it says is in $work/log
    local wanted=$1 got
    shift
    "$@" >"$work/log" 2>&1
    got=$?
    [[ " $wanted " == *" $got "* ]] && return 0
    echo "# status $got, wanted $wanted:"
    grep -vE '^ +[0-9.]+ s ' "$work/log" | head -n 8 | sed 's/^/#   /'
    return 1
}
whole() { status "${ends:-0}" "$DECANT" pull --no-mask --to "$1" "${@:2}" "$src"; }
masked() { status "${ends:-0}" "$DECANT" pull -c "$rules" --key-file "$key" --to "$1" "${@:2}" "$src"; }
drafted() { status 0 "$DECANT" init -c "$rules" --key-file "$key" --rate 100% "$src"; }
says() { # REGEX: what the last command said
    grep -qE -- "$1" "$work/log" && return 0
    echo "# nothing like '$1' in:"
    grep -vE '^ +[0-9.]+ s ' "$work/log" | head -n 12 | sed 's/^/#   /'
    return 1
}
silent() { ! says "$1" >/dev/null; }
has() { grep -qE -- "$1" "$rules" || { echo "# no '$1' in:"; sed -n '/^columns/,$p' "$rules" | head -n 12 | sed 's/^/#   /'; false; }; }
asks() { lite "$file" "$1"; }                       # of the SQLite copy
asks_pg() { psql -X -Atq -h "$work/target" -U tester -d "$name" -c "$1" 2>&1; } # of the PostgreSQL one
sound() { # as a connection sees it that may write
    cp "$file" "$work/sound.sqlite" && same integrity ok "$(sqlite3 "$work/sound.sqlite" 'PRAGMA integrity_check; PRAGMA foreign_key_check')"
}
within() { # SECONDS COMMAND...
    local limit=$1 from=$EPOCHREALTIME
    shift
    "$@" || return 1
    awk -v a="$from" -v b="$EPOCHREALTIME" -v l="$limit" 'BEGIN { if (b - a > l) printf "# took %.1f s, %s are allowed\n", b - a, l; exit b - a > l }'
}
nothing_beside() { # FILE
    same "left" "" "$(ls -A "$(dirname "$1")" | grep -F "$(basename "$1")." | grep -vE '\.decant(-lock)?$')"
}
