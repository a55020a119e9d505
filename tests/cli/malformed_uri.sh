# SPDX-License-Identifier: PostgreSQL
decant pull --no-mask --to x.sqlite "postgresql://h:port:secret/db"
