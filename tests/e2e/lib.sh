# SPDX-License-Identifier: PostgreSQL
# What the end-to-end tests share; to be sourced. A test is a list of facts in TAP.
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
DECANT=${DECANT:-$PWD/build/default/decant}
. .ci/server.sh
export XDG_STATE_HOME=$work/state HOME=$work
shared=$PWD/../shared

# fact NAME COMMAND...: the command succeeds
fact() {
    local name=$1
    shift
    if "$@"; then echo "ok - $name"; else echo "not ok - $name"; fi
}
skip() { # NAME WHY
    echo "ok - $1 # SKIP $2"
}

# fails_with STATUS TEXT COMMAND...: it ends with STATUS and says TEXT on stderr
fails_with() {
    local status=$1 text=$2 got
    shift 2
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got = "$status" ] && grep -qF -- "$text" "$work/err" && return 0
    echo "# status $got, wanted $status and '$text':"
    sed 's/^/# /' "$work/err"
    return 1
}

pull() { # TARGET SOURCE [OPTION...]
    local target=$1 source=$2
    shift 2
    "$DECANT" pull --no-mask -q --to "$target" "$@" "$source"
}

load() { # CLUSTER DATABASE FILE [psql option...]
    local cluster=$1 database=$2 file=$3
    shift 3
    on "$cluster" postgres "CREATE DATABASE $database"
    case $file in *.gz) zcat "$file" ;; *) cat "$file" ;; esac |
        psql -X -q -h "$work/$cluster" -U tester -d "$database" "$@" -f - >"$work/load.log" 2>&1
}

# Has the judge found nothing but addresses that show no bits? Their examples of one column are cut.
shows_bits() {
    grep -q '^FAIL' "$work/judge" && ! grep '^FAIL' "$work/judge" | grep -vqE 'value-differs .*( \(inet\): copy has |: \.\.\. [0-9]+ more)'
}

# The shared checker of copies, where it is there: judged COPY SOURCE [option...]
judged() {
    /usr/bin/python3 "$shared/tools/check_copy.py" "$2" "$1" --full --max 100000 "${@:3}" >"$work/judge" 2>&1 && return 0
    # it casts addresses to text, which shows the bits of a host's; copies have them as psql prints them
    shows_bits && return 0
    head -n 20 "$work/judge" | sed 's/^/# /'
    return 1
}

lite() { sqlite3 -readonly "$@"; }
same() { # WHAT WANTED GOT
    [ "$2" = "$3" ] && return 0
    printf '# %s: wanted\n%s\n# got\n%s\n' "$1" "$2" "$3" | head -n 30
    return 1
}
