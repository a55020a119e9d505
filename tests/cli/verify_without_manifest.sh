# SPDX-License-Identifier: PostgreSQL
sqlite3 x.sqlite "create table t(a)"; decant verify x.sqlite
