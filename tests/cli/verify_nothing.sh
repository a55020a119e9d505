# SPDX-License-Identifier: PostgreSQL
decant verify
