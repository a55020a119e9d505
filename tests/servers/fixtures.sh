#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Every fixture on a server of one release: whole copies and masked samples, to SQLite, to a server of the
# same release and to one of the newest.   fixtures.sh MAJOR
. "$(dirname "$0")/lib.sh"
major=$1
if [ -z "$(bin_of "$major")" ]; then
    skip "$major: fixtures" "no server of this release is there"
    exit 0
fi
newest=$(newest)
server "$newest" newest
server "$major" same
server "$major" source
version=$(version_of source) newest_version=$(version_of newest)

# What a release does not know is left out of the fixture.
fixture() { # NAME
    case $major in
    13) sed 's/ mr int4multirange, mrd datemultirange,$//; s/^  .{\[1,3),\[7,9)}., .{}.,$//; s/UNIQUE NULLS NOT DISTINCT/UNIQUE/
        s/(4, .Infinity., .-Infinity., .Infinity./(4, '"'Infinity', '-Infinity', 'NaN'"'/' "fixtures/$1.sql" ;;
    14) sed 's/UNIQUE NULLS NOT DISTINCT/UNIQUE/' "fixtures/$1.sql" ;;
    *) cat "fixtures/$1.sql" ;;
    esac
}
# What the shared checker takes for differences: spellings of equal keys (see tests/judge), and how another
# release spells views, a domain's NOT NULL, and the keys of partitions.
allowed() { # NAME FORM RELEASE: as its options, in $allow
    allow=()
    [ "$1/$2" = odd/sqlite ] && allow+=(--allow 'value-differs public.ci_child')
    [ "$2" = postgres ] && [ "${3%%[.r]*}" != "$major" ] &&
        allow+=(--allow 'different-view *' --allow 'different-type public.positive' --allow 'missing-foreign-key *_fkey[1-9]')
}

for name in odd canary shop market; do
    fixture "$name" >"$work/fixture.sql"
    if ! load source "$name" "$work/fixture.sql" -v ON_ERROR_STOP=1 -v scale=0.02 -v customers=1500; then
        grep -m 3 ERROR "$work/load.log" | sed 's/^/# /'
        echo "not ok - $version: the fixture $name is loaded"
        continue
    fi
    from=$(url source "$name")
    for kind in whole masked; do
        rules=$work/$name.yaml
        [ $kind = masked ] && fact "$version: init writes rules for $name" init "$rules" "$from"
        # the names that it has as keys of JSON stop a pull until the rules mask keys, too (tests/e2e/mask.sh)
        [ $kind = masked ] && [ "$name" = canary ] && sed -i 's/{use: json, other: mask}/{use: json, keys: mask, other: mask}/' "$rules"
        for target in SQLite "PostgreSQL $version" "PostgreSQL $newest_version"; do
            case $target in
            SQLite) to=$work/$name.sqlite form=sqlite ;;
            "PostgreSQL $version") to=$(url same "${name}_$kind") form=postgres ;;
            *) to=$(url newest "${name}_$kind") form=postgres ;;
            esac
            [ "$to" = "$(url newest "${name}_$kind")" ] && [ "$version" = "$newest_version" ] && continue
            if [ $kind = whole ]; then
                tried "$version: $name, whole, to $target" whole "$to" "$from" || continue
            else
                tried "$version: $name, masked, 20 %, to $target" masked "$to" "$from" "$rules" || continue
            fi
            fact "$version: verify of $name, $kind, $target" verify "$to"
            if [ $kind = whole ] && [ -d "$shared/tools" ]; then
                allowed "$name" "$form" "${target#PostgreSQL }"
                fact "$version: every value of $name, $target" judged "$to" "$from" "${allow[@]}"
            fi
            [ $form = sqlite ] && fact "$version: $name, $kind: a writable integrity_check is clean" sound "$to"
            rm -f "$work/$name.sqlite"*
        done
    done
    for cluster in same newest; do
        for kind in whole masked; do on $cluster postgres "DROP DATABASE IF EXISTS ${name}_$kind WITH (FORCE)" >/dev/null 2>&1; done
    done
done
