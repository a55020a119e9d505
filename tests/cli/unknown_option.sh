# SPDX-License-Identifier: PostgreSQL
decant pull --no-maks
