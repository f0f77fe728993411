"""Lists ask the replies when people last heard

The feature table kept a second answer, which took the day a project opened for one on which people heard.
"""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('project_feature') as batch_op:
        batch_op.drop_column('last_heard_on')
