# SPDX-License-Identifier: PostgreSQL
import sqlalchemy as sa
from alembic import op

revision, down_revision = '1', None


def upgrade():
    op.create_table('notes', sa.Column('id', sa.Integer, primary_key=True), sa.Column('body', sa.Text))
    op.bulk_insert(sa.table('notes', sa.column('id', sa.Integer), sa.column('body', sa.Text)), [{'id': i, 'body': f'n{i}'} for i in range(50)])
    op.add_column('t', sa.Column('flag', sa.Boolean, server_default='false'))
