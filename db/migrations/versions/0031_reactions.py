"""How often phones reacted during a block"""

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('block_reaction',
    sa.Column('block_id', sa.Uuid(), nullable=False),
    sa.Column('word', sa.Text(), nullable=False),
    sa.Column('minute', sa.DateTime(timezone=True), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.CheckConstraint("word IN ('agree', 'unclear', 'too_fast', 'thanks')", name=op.f('ck_block_reaction_word')),
    sa.CheckConstraint('number >= 1', name=op.f('ck_block_reaction_number')),
    sa.ForeignKeyConstraint(['block_id'], ['workshop_block.id'], name=op.f('fk_block_reaction_block_id_workshop_block')),
    sa.PrimaryKeyConstraint('block_id', 'word', 'minute', name=op.f('pk_block_reaction'))
    )
