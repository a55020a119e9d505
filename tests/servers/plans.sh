#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Plans on hollow copies beside production's, on a server of one release: the shop at full size from 1 %, and three smaller
# databases, two of which need ../shared: plans.sh MAJOR
. "$(dirname "$0")/lib.sh"
major=$1
if [ -z "$(bin_of "$major")" ]; then
    skip "plans on $major" "no server of that release"
    exit
fi
pg_bin=$(bin_of "$major")
PATH=$PATH:$pg_bin # where decant finds the programs of that release again
cluster_make source shared_buffers=256MB
mkdir -p "$work/own"
chmod 755 "$work/own"
export XDG_STATE_HOME=$work/own
trap '"$DECANT" server stop >/dev/null 2>&1; servers_end' EXIT
"$DECANT" server start --pg-bindir "$pg_bin" >/dev/null
printf '%064d\n' 7 >"$work/key" && chmod 600 "$work/key"

# plans NAME RATE LEAST QUERIES
plans() {
    local name=$1 rate=$2 least=$3 queries=$4 found
    on source "$name" "VACUUM ANALYZE"
    "$DECANT" init -c "$work/$name.yaml" --key-file "$work/key" --rate "$rate" "$(url source "$name")" >/dev/null
    says "$DECANT" pull -q -c "$work/$name.yaml" --key-file "$work/key" --fail-under none --to "local:$name" "$(url source "$name")"
    says "$DECANT" volume hollow "local:$name"
    found=$("$top/tests/e2e/volume.py" "host=$work/source user=tester dbname=$name" "$("$DECANT" server url "$name")" "$queries")
    echo "# $found"
    fact "$name on $major: plans are production's" /usr/bin/python3 -c 'import re, sys; a, b, c = map(int, re.findall(r"\d+", sys.argv[1])[:3]); sys.exit(not (a >= int(sys.argv[2]) and c >= 0.9 * b))' "$found" "$least"
}
load source shop fixtures/shop.sql -v scale=1
plans shop 1% 23 tests/e2e/volume_queries.sql
load source market fixtures/market.sql -v customers=30000
plans market 2% 11 tests/servers/plans/market.sql
for name in pagila chinook; do
    if [ ! -e "$shared/databases/$name.sql.gz" ]; then
        skip "$name on $major" "../shared is not there"
        continue
    fi
    load source "$name" "$shared/databases/$name.sql.gz"
    plans "$name" 10% 11 "tests/servers/plans/$name.sql"
done
