#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Samples of random small schemas, held against brute force.
. "$(dirname "$0")/lib.sh"
cluster_make source
printf '%064d\n' 7 >"$work/key"
chmod 600 "$work/key"
export DECANT work SCHEMAS=${SCHEMAS:-25}
/usr/bin/python3 tests/e2e/property.py
