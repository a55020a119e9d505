# SPDX-License-Identifier: PostgreSQL
decant pull --help
