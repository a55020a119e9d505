#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A sample looks like its source: fan-outs, sums, rare states of a small market, by brute force over both sides.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source market fixtures/market.sql -v customers=6000 || { cat "$work/load.log"; exit 1; }
on source market "ANALYZE" # a session of its own: counts of changes arrive late
printf '# fixed, so that every run of the tests chooses the same rows\n%064d\n' 7 >"$work/key"
chmod 600 "$work/key"
source=$(url source market)
fact "init finds who owns whom" bash -c "'$DECANT' init -c '$work/market.yaml' --key-file '$work/first' --rate 10% '$source' >'$work/out'"
fact "the customer, not the product or the employee" bash -c "'$DECANT' plan -c '$work/market.yaml' '$source' | awk '\$1 ~ /^public/ && \$2 == \"owned\" { print \$1, \$NF }' | sort | diff - <(printf '%s\n' 'public.follows follower_id' 'public.items order_id' 'public.orders customer_id' 'public.reviews customer_id')"
sed -i '/^key_id/d' "$work/market.yaml"
export work source DECANT
/usr/bin/python3 tests/e2e/market.py
