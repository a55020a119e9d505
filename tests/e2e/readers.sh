#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Each profile is opened by a program that it is for: every table is read, a row is found by each of its values, and one
# is inserted. Those that Debian has are here; tests/readers has the others.
. "$(dirname "$0")/lib.sh"
cluster_make source
load source readers fixtures/readers.sql
load source shop fixtures/shop.sql -v scale=0.02
load source odd fixtures/odd.sql
for profile in default rails sqlalchemy; do
    for db in readers shop odd; do
        fact "a copy of $db for $profile" pull "$work/$db.$profile.sqlite" "$(url source $db)" --profile $profile
    done
done
fact "odd values are made NULL where a reader asks for that" pull "$work/odd.null.sqlite" "$(url source odd)" --profile sqlalchemy --odd-values null
if /usr/bin/python3 -c 'import sqlalchemy' 2>/dev/null; then
    /usr/bin/python3 tests/e2e/readers_sqlalchemy.py "$work/readers.sqlalchemy.sqlite" "$work/shop.sqlalchemy.sqlite" "$work/odd.null.sqlite"
else
    skip "SQLAlchemy reads its profile" "python3-sqlalchemy is not installed"
fi
if /usr/bin/ruby -e 'require "active_record"; require "sqlite3"' 2>/dev/null; then
    /usr/bin/ruby tests/e2e/readers_rails.rb "$work/readers.rails.sqlite" "$work/shop.rails.sqlite" "$work/odd.rails.sqlite"
else
    skip "ActiveRecord reads its profile" "ruby-activerecord is not installed"
fi
