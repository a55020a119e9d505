# SPDX-License-Identifier: PostgreSQL
decant verify --overwrite x
