# SPDX-License-Identifier: PostgreSQL
decant
