# SPDX-License-Identifier: PostgreSQL
decant --help
