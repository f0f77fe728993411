"""A wall that shows the words of a block's notes"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('workshop', sa.Column('wall_words', sa.Boolean(), nullable=False, server_default=sa.false()))
