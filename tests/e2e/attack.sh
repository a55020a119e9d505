#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A schema whose owner is hostile, read by a superuser: nothing of hers runs on the source. Her functions
# say in the server's log that they ran, and the log is read.
. "$(dirname "$0")/lib.sh"
cluster_make source "autovacuum=off" "log_min_messages=log" "log_line_prefix=''" "jit=off"
cluster_make target
key=$work/the.key
"$DECANT" key new "$key" >/dev/null 2>&1


attacked() { # DATABASE
    load source "$1" "fixtures/attack/$1.sql" -v ON_ERROR_STOP=1 || { head -n 5 "$work/load.log"; exit 1; }
    source=$(url source "$1") rules=$work/$1.yaml copy=$work/$1.sqlite
    heard=$(stat -c %s "$work/source/log")
}
loud() { # SQL: it runs her code, and the test hears it
    psql -X -q -h "$work/source" -U tester -d "$database" -c "$1" >"$work/out" 2>&1
    local from=$heard
    heard=$(stat -c %s "$work/source/log")
    tail -c +$((from + 1)) "$work/source/log" | grep -q '^LOG:  mallory ran '
}
# silent STATUSES COMMAND...: it ends with one of them, and nothing of hers ran meanwhile
silent() {
    local statuses=$1 status
    shift
    "$@" >"$work/out" 2>"$work/err"
    status=$?
    tail -c +$((heard + 1)) "$work/source/log" >"$work/heard"
    heard=$(stat -c %s "$work/source/log")
    if ! [[ " $statuses " == *" $status "* ]]; then
        echo "# status $status, wanted one of: $statuses"
        sed 's/^/# /' "$work/err" | head -n 8
    elif ! grep -q '^LOG:  mallory ran ' "$work/heard"; then
        [ "$status" = 0 ] || echo "# refused: $(head -n 1 "$work/err")"
        return 0
    fi
    # what ran, how often, and the statement that did it
    awk '/^LOG:  mallory ran / { what = substr($0, 19); sub(/ at character.*/, "", what); n[what]++; next }
        /^STATEMENT:  / && what != "" { if (!(what in by)) { by[what] = substr($0, 13, 160); open = what } what = ""; next }
        /^\t/ && open != "" && length(by[open]) < 120 { by[open] = by[open] " " substr($0, 2, 60); next }
        { open = "" }
        END { for (w in n) printf "# %s, %d times: %s\n", w, n[w], by[w] }' "$work/heard" | sort | head -n "${SHOWN:-8}"
    return 1
}

# folded: planning any statement computes immutable calls of constants that stand in an index, in
# statistics or in a partition's key.
for database in trap shadow ordered folded; do
    attacked $database
    may="0"
    case $database in folded | ordered) may="0 3" ;; esac # to refuse such a table is right, too
    case $database in
    trap) what="code in a schema" table=public.shops sql="SELECT mood::text FROM public.shops WHERE id = 1" ;;
    shadow) what="names of pg_catalog" table=public.customers sql="SELECT lower('A' || email) FROM public.customers WHERE id = 1" ;;
    ordered) what="order of a type" table=public.ties sql="SELECT max(n) FROM public.loose GROUP BY pair" ;;
    folded) what="calls of constants" table=public.indexed sql="SELECT v FROM public.indexed WHERE id = 1" ;;
    esac
    fact "$what: it can be heard" loud "$sql"
    fact "$what: nothing runs in init" silent "$may" "$DECANT" init -c "$rules" --key-file "$key" --rate 30% "$source"
    if [ ! -s "$rules" ]; then
        rm -f "$rules"
        "$DECANT" init --no-values -c "$rules" --key-file "$key" --rate 30% "$source" >/dev/null 2>&1
        [ -s "$rules" ] || printf 'version: 1\nsample: {rate: 30%%}\ndefaults: {unclassified: "null"}\ncolumns: {"*": {v: text}}\n' >"$rules"
        heard=$(stat -c %s "$work/source/log")
    fi
    fact "$what: nor in check" silent "$may" "$DECANT" check -c "$rules" "$source"
    fact "$what: nor in check without masks" silent "$may" "$DECANT" check --no-mask "$source"
    fact "$what: nor in the scripts of grants" silent "$may" "$DECANT" check --grants "$source"
    fact "$what: nor by column" silent "$may" "$DECANT" check --by-column -c "$rules" "$source"
    fact "$what: nor in plan" silent "$may" "$DECANT" plan -c "$rules" --key-file "$key" "$source"
    fact "$what: nor in plan --exact" silent "$may" "$DECANT" plan --exact -c "$rules" --key-file "$key" "$source"
    fact "$what: nor in explain" silent "$may" "$DECANT" explain "$table" -c "$rules" "$source"
    fact "$what: nor in explain --row" silent "$may" "$DECANT" explain --row "$table:17" -c "$rules" --key-file "$key" "$source"
    fact "$what: nor in a pull to SQLite" silent "$may" "$DECANT" pull -q -c "$rules" --key-file "$key" --to "$copy" "$source"
    fact "$what: nor in a pull to PostgreSQL" silent "$may" "$DECANT" pull -q -c "$rules" --key-file "$key" --to "$(url target "$database")" "$source"
    fact "$what: nor in a pull of all rows" silent "$may" "$DECANT" pull -q --no-mask --to "$work/$database.whole.sqlite" "$source"
    fact "$what: nor in one to PostgreSQL" silent "$may" "$DECANT" pull -q --no-mask --to "$(url target "${database}_whole")" "$source"
    if [ -e "$copy" ]; then
        fact "$what: nor in verify beside the source" silent "$may" "$DECANT" verify --source "$source" -c "$rules" --key-file "$key" "$copy"
        fact "$what: nor of a PostgreSQL copy" silent "$may" "$DECANT" verify --source "$source" -c "$rules" --key-file "$key" "$(url target "$database")"
    fi
    # everything that a sample can ask for
    { printf 'sample:\n  rate: 30%%\n  edges: {per_value: 5, null_patterns: 3, extremes: 3, budget: 5%%}\n'
        [ $database = trap ] && printf '  strata: {public.shops: {by: [mood, code], min: 2}}\n  roots: {public.shops: {}}\n'
        sed '/^sample:/,/^[a-z]*:/{/^sample:/d;/^ /d}' "$rules"; } >"$work/rich.yaml"
    fact "$what: nor with strata and edge rows" silent "$may" "$DECANT" pull -q -c "$work/rich.yaml" --key-file "$key" --to "$work/$database.rich.sqlite" "$source"
done
for table in indexed partial guessed parted shifted standard braced; do
    fact "calls of constants: $table is refused by itself" silent 3 "$DECANT" pull -q --no-mask -t "public.$table" --to "$work/one.sqlite" "$source"
done
fact "what the refused tables leave is copied, and nothing runs" silent 0 "$DECANT" pull -q --no-mask -T public.indexed -T public.partial -T public.guessed -T public.parted -T public.parted_1 -T public.shifted -T public.standard -T public.braced --to "$work/rest.sqlite" "$source"
# what others own, and calls with a row's values: no reason to refuse
on source postgres "CREATE DATABASE plain"
on source plain "GRANT CREATE ON SCHEMA public TO mallory" "SET ROLE mallory; CREATE FUNCTION public.folded(t text) RETURNS text LANGUAGE sql IMMUTABLE AS \$\$SELECT lower(\$1 || 'x')\$\$; CREATE FUNCTION public.turned(t text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS \$\$BEGIN RETURN reverse(t); END\$\$; CREATE TABLE public.words (id int PRIMARY KEY, w text); CREATE INDEX ON public.words (public.folded(w)); CREATE INDEX ON public.words (public.turned(w)) WHERE id > 0"
fact "indexes over functions of others are no reason to refuse" silent 0 "$DECANT" pull -q --no-mask --to "$work/plain.sqlite" "$(url source plain)"
