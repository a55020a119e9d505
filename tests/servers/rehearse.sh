#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# The table of locks, the findings and the violations on a server of another release: rehearse.sh MAJOR
. "$(dirname "$0")/lib.sh"
major=$1
if [ -z "$(bin_of "$major")" ]; then
    skip "rehearsals on $major" "no server of that release"
    exit
fi
here=$top/tests/e2e
export WORK=$work
server "$major" copies
/usr/bin/python3 "$here/rehearse_locks.py" "$DECANT" "$work/copies" tester 5432
for name in shop broken; do on copies postgres "CREATE DATABASE $name"; done
psql -X -q -h "$work/copies" -U tester -d shop -f "$here/rehearse_shop.sql" >/dev/null
psql -X -q -h "$work/copies" -U tester -d broken -f "$here/rehearse_violations.sql" >/dev/null 2>&1
address() { echo "host='$work/copies' user=tester dbname=$1"; }
fact "findings on $major" /usr/bin/python3 "$here/rehearse_findings.py" "$DECANT" "$(address shop)" "$work"
fact "violations on $major" /usr/bin/python3 "$here/rehearse_violations.py" "$DECANT" "$(address broken)" "$work"
