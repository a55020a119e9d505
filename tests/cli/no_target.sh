# SPDX-License-Identifier: PostgreSQL
decant pull --no-mask "dbname=x"
