# SPDX-License-Identifier: PostgreSQL
decant verify none.sqlite
