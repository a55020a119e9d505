# SPDX-License-Identifier: PostgreSQL
decant pull --no-mask --to x.sqlite "host=/nonexistent dbname=x user=u"
