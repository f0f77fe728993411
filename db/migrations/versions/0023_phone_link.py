"""Phones on which somebody took part under an account"""

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('phone_link',
    sa.Column('phone_hash', sa.Text(), nullable=False),
    sa.Column('account_hash', sa.Text(), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.PrimaryKeyConstraint('phone_hash', name=op.f('pk_phone_link'))
    )
    op.create_index(op.f('ix_phone_link_room_id'), 'phone_link', ['room_id'])
