# SPDX-License-Identifier: PostgreSQL
decant pull --keep many --to x
