# SPDX-License-Identifier: PostgreSQL
decant pull --no-mask --publish copy --to x.sqlite "dbname=x"
