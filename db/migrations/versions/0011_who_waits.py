"""Who waits in each running project, kept so that lists can be ordered by it"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('project_wait',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('waits_after', sa.Date(), nullable=False),
    sa.Column('heard_on', sa.Date(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_project_wait_project_id')),
    sa.PrimaryKeyConstraint('project_id', 'waits_after', 'heard_on', name=op.f('pk_project_wait')),
    sqlite_with_rowid=False
    )
    op.drop_index(op.f('ix_project_feature_stalled_after_people_waiting'), 'project_feature')
    with op.batch_alter_table('project_feature') as batch:
        batch.drop_column('people_waiting')
    op.create_index(op.f('ix_project_feature_stalled_after'), 'project_feature', ['stalled_after'])
    # the first refresh fills the new table
    op.execute('INSERT INTO stale_project (project_id) SELECT id FROM project WHERE outcome IS NULL')
