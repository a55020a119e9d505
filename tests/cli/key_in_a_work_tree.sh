# SPDX-License-Identifier: PostgreSQL
mkdir .git
decant key new secret
ls
