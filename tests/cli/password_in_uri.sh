# SPDX-License-Identifier: PostgreSQL
decant pull --no-mask --to x.sqlite "postgresql://u:secret@h/db"
