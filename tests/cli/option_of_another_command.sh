# SPDX-License-Identifier: PostgreSQL
decant verify --no-mask x
