#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Amplified copies, with a server of another release on both sides: amplify.sh MAJOR
. "$(dirname "$0")/lib.sh"
major=$1
if [ -z "$(bin_of "$major")" ]; then
    skip "amplified copies on $major" "no server of that release"
    exit
fi
PG_BINDIR=$(bin_of "$major")
export PG_BINDIR
exec bash "$top/tests/e2e/amplify.sh"
