"""A wall that is blank, and notes that wait for a host to let them on it

Rooms and notes from before: a wall that shows, no choice made, no note that waits.
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('workshop', sa.Column('wall_blank', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('workshop', sa.Column('holds_notes', sa.Boolean(), nullable=True))
    op.add_column('note', sa.Column('waits', sa.Boolean(), nullable=False, server_default=sa.false()))
