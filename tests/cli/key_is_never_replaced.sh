# SPDX-License-Identifier: PostgreSQL
echo something >there
decant key new there
cat there
