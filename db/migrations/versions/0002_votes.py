"""Votes"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('vote_round',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('budget', sa.Integer(), nullable=False),
    sa.Column('reveal', sa.Text(), nullable=False),
    sa.Column('option_order', sa.Text(), nullable=False),
    sa.Column('anonymity', sa.Text(), nullable=False),
    sa.Column('decides_next', sa.Text(), nullable=False),
    sa.Column('hear_by', sa.Date(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revealed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('chain_head', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'draft') = (opened_at IS NULL)", name=op.f('ck_vote_round_opened_dated')),
    sa.CheckConstraint("(state = 'revealed') = (revealed_at IS NOT NULL)", name=op.f('ck_vote_round_revealed_dated')),
    sa.CheckConstraint("(state IN ('closed', 'revealed')) = (closed_at IS NOT NULL)", name=op.f('ck_vote_round_closed_dated')),
    sa.CheckConstraint("anonymity IN ('anonymous', 'participation_recorded')", name=op.f('ck_vote_round_anonymity')),
    sa.CheckConstraint("method IN ('approval', 'score', 'ranked', 'dots', 'majority_judgment')", name=op.f('ck_vote_round_method')),
    sa.CheckConstraint("option_order IN ('fixed', 'shuffled')", name=op.f('ck_vote_round_option_order')),
    sa.CheckConstraint("reveal IN ('hidden', 'live')", name=op.f('ck_vote_round_reveal')),
    sa.CheckConstraint("state IN ('draft', 'open', 'closed', 'revealed')", name=op.f('ck_vote_round_state')),
    sa.CheckConstraint('(closed_at IS NULL) = (digest IS NULL)', name=op.f('ck_vote_round_closed_with_digest')),
    sa.CheckConstraint('budget BETWEEN 1 AND 100', name=op.f('ck_vote_round_budget')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_vote_round_project_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_vote_round')),
    sa.UniqueConstraint('code', name=op.f('uq_vote_round_code'))
    )
    with op.batch_alter_table('vote_round', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_vote_round_project_id_id'), ['project_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_vote_round_state'), ['state'], unique=False)

    op.create_table('ballot',
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('voter_id', sa.Uuid(), nullable=False),
    sa.Column('marks', sa.JSON(), nullable=False),
    sa.Column('group_name', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('weight', sa.Integer(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=True),
    sa.Column('salt', sa.Text(), nullable=True),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_ballot_group_name')),
    sa.CheckConstraint("source IN ('phone', 'account', 'paper', 'hands')", name=op.f('ck_ballot_source')),
    sa.CheckConstraint('weight BETWEEN 1 AND 100000', name=op.f('ck_ballot_weight')),
    sa.ForeignKeyConstraint(['round_id'], ['vote_round.id'], name=op.f('fk_ballot_round_id')),
    sa.PrimaryKeyConstraint('round_id', 'voter_id', name=op.f('pk_ballot'))
    )
    op.create_table('ballot_entry',
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('voter_id', sa.Uuid(), nullable=True),
    sa.Column('commitment', sa.Text(), nullable=False),
    sa.Column('hash', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['round_id'], ['vote_round.id'], name=op.f('fk_ballot_entry_round_id')),
    sa.PrimaryKeyConstraint('round_id', 'seq', name=op.f('pk_ballot_entry'))
    )
    op.create_table('vote_group',
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('group_name', sa.Text(), nullable=False),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_vote_group_group_name')),
    sa.ForeignKeyConstraint(['round_id'], ['vote_round.id'], name=op.f('fk_vote_group_round_id')),
    sa.PrimaryKeyConstraint('round_id', 'group_name', name=op.f('pk_vote_group'))
    )
    op.create_table('vote_join',
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('voter_id', sa.Uuid(), nullable=True),
    sa.Column('group_name', sa.Text(), nullable=True),
    sa.Column('stakeholder_id', sa.Uuid(), nullable=True),
    sa.Column('receipt', sa.Text(), nullable=True),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_vote_join_group_name')),
    sa.ForeignKeyConstraint(['round_id'], ['vote_round.id'], name=op.f('fk_vote_join_round_id')),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_vote_join_stakeholder_id')),
    sa.PrimaryKeyConstraint('round_id', 'token_hash', name=op.f('pk_vote_join'))
    )
    with op.batch_alter_table('vote_join', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_vote_join_round_id_receipt'), ['round_id', 'receipt'], unique=True)
        batch_op.create_index(batch_op.f('ix_vote_join_stakeholder_id'), ['stakeholder_id'], unique=False)

    op.create_table('vote_option',
    sa.Column('round_id', sa.Uuid(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('prototype_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.CheckConstraint('place BETWEEN 0 AND 29', name=op.f('ck_vote_option_place')),
    sa.ForeignKeyConstraint(['prototype_id'], ['prototype.id'], name=op.f('fk_vote_option_prototype_id')),
    sa.ForeignKeyConstraint(['round_id'], ['vote_round.id'], name=op.f('fk_vote_option_round_id')),
    sa.PrimaryKeyConstraint('round_id', 'place', name=op.f('pk_vote_option'))
    )
    with op.batch_alter_table('vote_option', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_vote_option_prototype_id'), ['prototype_id'], unique=False)

    # In place: SQLite would lose the table's checks if it were made again.
    op.add_column(
        'foreseen_risk',
        sa.Column('round_id', sa.Uuid(), sa.ForeignKey('vote_round.id', name=op.f('fk_foreseen_risk_round_id'))),
        inline_references=True,
    )
    op.create_index(op.f('ix_foreseen_risk_round_id'), 'foreseen_risk', ['round_id'])
