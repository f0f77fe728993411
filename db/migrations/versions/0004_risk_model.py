"""The models of the disillusion score"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('risk_model',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('made_by', sa.Uuid(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('weights', sa.JSON(), nullable=False),
    sa.Column('intercept', sa.Double(), nullable=False),
    sa.Column('slope', sa.Double(), nullable=False),
    sa.Column('in_use', sa.Boolean(), nullable=False),
    sa.Column('fitted_from', sa.Date(), nullable=True),
    sa.Column('fitted_to', sa.Date(), nullable=True),
    sa.Column('withdrawals', sa.Integer(), nullable=True),
    sa.Column('loss_before', sa.Double(), nullable=True),
    sa.Column('loss_after', sa.Double(), nullable=True),
    sa.Column('loss_error', sa.Double(), nullable=True),
    sa.CheckConstraint("source IN ('default', 'refit')", name=op.f('ck_risk_model_source')),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_risk_model_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_risk_model'))
    )
    with op.batch_alter_table('risk_model', schema=None) as batch_op:
        batch_op.create_index('uq_risk_model_one_in_use', ['in_use'], unique=True, sqlite_where=sa.text('in_use'), postgresql_where=sa.text('in_use'))
        batch_op.create_index(batch_op.f('ix_risk_model_made_by'), ['made_by'], unique=False)


def downgrade() -> None:
    op.drop_table('risk_model')
