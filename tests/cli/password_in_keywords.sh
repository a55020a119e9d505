# SPDX-License-Identifier: PostgreSQL
decant pull --no-mask --to x.sqlite "host=h password=secret"
