#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Killed at every phase: the old copy is intact or the new one is whole, and the next run succeeds.
. "$(dirname "$0")/lib.sh"
cluster_make source
cluster_make target
load source shop fixtures/shop.sql -v scale=0.05
export DECANT work pg_bin server_user
/usr/bin/python3 tests/e2e/crash.py
