# SPDX-License-Identifier: PostgreSQL
decant pull --json --no-mask --to x.sqlite "host=/nonexistent dbname=x user=u"
