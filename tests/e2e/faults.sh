#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Whatever call fails while a PostgreSQL copy is made, the old one is as it was (tests/unit/test_faults.c does it for SQLite).
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
load source shop tests/unit/scripts/shop.sql
export FAULTY=${DECANT%/*}/decant-faults work
/usr/bin/python3 tests/e2e/faults.py
