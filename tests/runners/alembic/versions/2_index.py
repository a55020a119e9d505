# SPDX-License-Identifier: PostgreSQL
from alembic import op

revision, down_revision = '2', '1'


def upgrade():
    with op.get_context().autocommit_block():
        op.create_index('t_kept', 't', ['kept'], postgresql_concurrently=True)
    op.execute("UPDATE t SET note = 'x' WHERE id % 7 = 0")
