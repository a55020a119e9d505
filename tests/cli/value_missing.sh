# SPDX-License-Identifier: PostgreSQL
decant pull --to
