# SPDX-License-Identifier: PostgreSQL
decant plul
