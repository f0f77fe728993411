"""Printed slips, each good for one ballot of a round"""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('vote_slip',
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.Text(), nullable=False),
    sa.Column('way', sa.Text(), nullable=True),
    sa.Column('used_by', sa.Text(), nullable=True),
    sa.CheckConstraint("way IN ('phone', 'paper')", name=op.f('ck_vote_slip_way')),
    sa.ForeignKeyConstraint(['round_id'], ['vote_round.id'], name=op.f('fk_vote_slip_round_id_vote_round')),
    sa.PrimaryKeyConstraint('round_id', 'code_hash', name=op.f('pk_vote_slip'))
    )
    op.add_column('vote_round', sa.Column('by_slip', sa.Boolean(), nullable=False, server_default=sa.false()))
