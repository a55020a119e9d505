# SPDX-License-Identifier: PostgreSQL
decant --version
