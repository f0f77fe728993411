"""A sound and a colour at the end of a block's time"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('workshop', sa.Column('signals_end', sa.Boolean(), nullable=False, server_default=sa.false()))
