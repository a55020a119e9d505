#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A suite of tests/e2e with a server of another release on both sides: e2e.sh SUITE MAJOR
. "$(dirname "$0")/lib.sh"
suite=$1 major=$2
if [ -z "$(bin_of "$major")" ]; then
    skip "$suite on $major" "no server of that release"
    exit
fi
PG_BINDIR=$(bin_of "$major")
export PG_BINDIR
exec bash "$top/tests/e2e/$suite.sh"
