#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A network that stalls: every wait ends.
. "$(dirname "$0")/lib.sh"
case ${B:-} in
*/asan | */tsan) skip "a network that stalls" "a sanitizer is too slow for what is counted in seconds"; exit ;;
esac
cluster_make source
cluster_make target
load source shop fixtures/shop.sql -v scale=0.05
export DECANT work key="$work/the.key" rules="$work/rules.yaml"
"$DECANT" init -c "$rules" --key-file "$key" --rate 30% "$(url source shop)" >/dev/null 2>&1
/usr/bin/python3 tests/e2e/stall.py
