# SPDX-License-Identifier: PostgreSQL
decant pull --to x.sqlite "dbname=x"
