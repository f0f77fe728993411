"""Workshops"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('group_attendance',
    sa.Column('engagement_id', sa.Uuid(), nullable=False),
    sa.Column('group_name', sa.Text(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_group_attendance_group_name')),
    sa.CheckConstraint('people BETWEEN 0 AND 100000', name=op.f('ck_group_attendance_people')),
    sa.ForeignKeyConstraint(['engagement_id'], ['engagement.id'], name=op.f('fk_group_attendance_engagement_id')),
    sa.PrimaryKeyConstraint('engagement_id', 'group_name', name=op.f('pk_group_attendance'))
    )
    op.create_table('workshop',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('begins', sa.Text(), nullable=False),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('hosts', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('current_place', sa.Integer(), nullable=True),
    sa.Column('block_began_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('extra_seconds', sa.Integer(), nullable=False),
    sa.Column('phones_open', sa.Boolean(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('board_revision', sa.Integer(), nullable=False),
    sa.Column('began_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wrapped_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hear_by', sa.Date(), nullable=True),
    sa.Column('heard', sa.Text(), nullable=False),
    sa.Column('what_next', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'planned') = (began_at IS NULL)", name=op.f('ck_workshop_began_dated')),
    sa.CheckConstraint("(state = 'running') = (current_place IS NOT NULL)", name=op.f('ck_workshop_running_has_block')),
    sa.CheckConstraint("(state = 'wrapped_up') = (wrapped_up_at IS NOT NULL)", name=op.f('ck_workshop_wrapped_up_dated')),
    sa.CheckConstraint("(state IN ('ended', 'wrapped_up')) = (ended_at IS NOT NULL)", name=op.f('ck_workshop_ended_dated')),
    sa.CheckConstraint("state IN ('planned', 'running', 'ended', 'wrapped_up')", name=op.f('ck_workshop_state')),
    sa.CheckConstraint('(current_place IS NULL) = (block_began_at IS NULL)', name=op.f('ck_workshop_block_dated')),
    sa.ForeignKeyConstraint(['id'], ['engagement.id'], name=op.f('fk_workshop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop')),
    sa.UniqueConstraint('code', name=op.f('uq_workshop_code'))
    )
    with op.batch_alter_table('workshop', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_state_hear_by'), ['state', 'hear_by'], unique=False)

    op.create_table('cluster',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workshop_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('is_dropped', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_cluster_workshop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cluster'))
    )
    with op.batch_alter_table('cluster', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cluster_workshop_id_place'), ['workshop_id', 'place'], unique=False)

    op.create_table('workshop_block',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workshop_id', sa.Uuid(), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('prompt', sa.Text(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('raised_by', sa.Text(), nullable=False),
    sa.Column('round_id', sa.Uuid(), nullable=True),
    sa.Column('dots', sa.Integer(), nullable=False),
    sa.CheckConstraint("kind IN ('welcome', 'expectations_round', 'ideas', 'cluster', 'dots', 'vote', 'worries', 'pulse', 'wrap_up')", name=op.f('ck_workshop_block_kind')),
    sa.CheckConstraint("raised_by IN ('lab', 'participants', 'both')", name=op.f('ck_workshop_block_raised_by')),
    sa.CheckConstraint('dots BETWEEN 1 AND 20', name=op.f('ck_workshop_block_dots')),
    sa.CheckConstraint('minutes BETWEEN 1 AND 480', name=op.f('ck_workshop_block_minutes')),
    sa.ForeignKeyConstraint(['round_id'], ['vote_round.id'], name=op.f('fk_workshop_block_round_id')),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_block_workshop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop_block')),
    sa.UniqueConstraint('workshop_id', 'place', name=op.f('uq_workshop_block_workshop_id_place'))
    )
    with op.batch_alter_table('workshop_block', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_block_round_id'), ['round_id'], unique=False)

    op.create_table('workshop_invitation',
    sa.Column('workshop_id', sa.Uuid(), nullable=False),
    sa.Column('group_name', sa.Text(), nullable=False),
    sa.Column('hoped_for', sa.Integer(), nullable=False),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_workshop_invitation_group_name')),
    sa.CheckConstraint('hoped_for BETWEEN 0 AND 100000', name=op.f('ck_workshop_invitation_hoped_for')),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_invitation_workshop_id')),
    sa.PrimaryKeyConstraint('workshop_id', 'group_name', name=op.f('pk_workshop_invitation'))
    )
    op.create_table('workshop_join',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workshop_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('group_name', sa.Text(), nullable=True),
    sa.Column('stakeholder_id', sa.Uuid(), nullable=True),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_workshop_join_group_name')),
    sa.CheckConstraint("source IN ('phone', 'account', 'paper')", name=op.f('ck_workshop_join_source')),
    sa.CheckConstraint('people BETWEEN 1 AND 100000', name=op.f('ck_workshop_join_people')),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_workshop_join_stakeholder_id')),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_join_workshop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop_join')),
    sa.UniqueConstraint('workshop_id', 'token_hash', name=op.f('uq_workshop_join_workshop_id_token_hash'))
    )
    with op.batch_alter_table('workshop_join', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_join_stakeholder_id'), ['stakeholder_id'], unique=False)

    op.create_table('note',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workshop_id', sa.Uuid(), nullable=False),
    sa.Column('block_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('cluster_id', sa.Uuid(), nullable=True),
    sa.Column('position', sa.Double(), nullable=False),
    sa.Column('join_id', sa.Uuid(), nullable=True),
    sa.Column('group_name', sa.Text(), nullable=True),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('chosen', sa.Boolean(), nullable=False),
    sa.Column('prototype_id', sa.Uuid(), nullable=True),
    sa.Column('importance', sa.Integer(), nullable=True),
    sa.Column('within_power', sa.Text(), nullable=True),
    sa.Column('said_back', sa.Text(), nullable=True),
    sa.Column('promised_by', sa.Text(), nullable=False),
    sa.Column('promised_for', sa.Date(), nullable=True),
    sa.Column('merged_into', sa.Uuid(), nullable=True),
    sa.Column('hidden_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hidden_by', sa.Uuid(), nullable=True),
    sa.Column('hidden_why', sa.Text(), nullable=False),
    sa.Column('contribution_id', sa.Uuid(), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.CheckConstraint("(hidden_at IS NULL) = (hidden_why = '')", name=op.f('ck_note_hidden_has_reason')),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_note_group_name')),
    sa.CheckConstraint("kind IN ('idea', 'expectation', 'worry', 'decision', 'promise')", name=op.f('ck_note_kind')),
    sa.CheckConstraint("said_back IN ('will', 'will_if', 'will_not', 'cannot_promise')", name=op.f('ck_note_said_back')),
    sa.CheckConstraint("source IN ('phone', 'account', 'facilitator', 'paper')", name=op.f('ck_note_source')),
    sa.CheckConstraint("within_power IN ('yes', 'partly', 'no')", name=op.f('ck_note_within_power')),
    sa.CheckConstraint('importance BETWEEN 1 AND 5', name=op.f('ck_note_importance')),
    sa.ForeignKeyConstraint(['block_id'], ['workshop_block.id'], name=op.f('fk_note_block_id')),
    sa.ForeignKeyConstraint(['cluster_id'], ['cluster.id'], name=op.f('fk_note_cluster_id')),
    sa.ForeignKeyConstraint(['contribution_id'], ['contribution.id'], name=op.f('fk_note_contribution_id')),
    sa.ForeignKeyConstraint(['hidden_by'], ['account.id'], name=op.f('fk_note_hidden_by')),
    sa.ForeignKeyConstraint(['join_id'], ['workshop_join.id'], name=op.f('fk_note_join_id')),
    sa.ForeignKeyConstraint(['prototype_id'], ['prototype.id'], name=op.f('fk_note_prototype_id')),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_note_workshop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_note'))
    )
    with op.batch_alter_table('note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_note_block_id'), ['block_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_note_contribution_id'), ['contribution_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_note_join_id'), ['join_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_note_workshop_id_revision'), ['workshop_id', 'revision'], unique=False)

    op.create_table('workshop_photo',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('workshop_id', sa.Uuid(), nullable=False),
    sa.Column('block_id', sa.Uuid(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('screen', sa.LargeBinary(), nullable=False),
    sa.Column('screen_width', sa.Integer(), nullable=False),
    sa.Column('screen_height', sa.Integer(), nullable=False),
    sa.Column('thumbnail', sa.LargeBinary(), nullable=False),
    sa.Column('thumbnail_width', sa.Integer(), nullable=False),
    sa.Column('thumbnail_height', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['block_id'], ['workshop_block.id'], name=op.f('fk_workshop_photo_block_id')),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_workshop_photo_workshop_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workshop_photo'))
    )
    with op.batch_alter_table('workshop_photo', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_workshop_photo_block_id'), ['block_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_workshop_photo_workshop_id'), ['workshop_id'], unique=False)

    op.create_table('note_dots',
    sa.Column('block_id', sa.Uuid(), nullable=False),
    sa.Column('join_id', sa.Uuid(), nullable=False),
    sa.Column('note_id', sa.Uuid(), nullable=False),
    sa.Column('dots', sa.Integer(), nullable=False),
    sa.CheckConstraint('dots BETWEEN 1 AND 20', name=op.f('ck_note_dots_dots')),
    sa.ForeignKeyConstraint(['block_id'], ['workshop_block.id'], name=op.f('fk_note_dots_block_id')),
    sa.ForeignKeyConstraint(['join_id'], ['workshop_join.id'], name=op.f('fk_note_dots_join_id')),
    sa.ForeignKeyConstraint(['note_id'], ['note.id'], name=op.f('fk_note_dots_note_id')),
    sa.PrimaryKeyConstraint('block_id', 'join_id', 'note_id', name=op.f('pk_note_dots'))
    )
    with op.batch_alter_table('note_dots', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_note_dots_note_id'), ['note_id'], unique=False)

    with op.batch_alter_table('contribution', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contribution_engagement_id'), ['engagement_id'], unique=False)

    with op.batch_alter_table('foreseen_risk', schema=None) as batch_op:
        batch_op.add_column(sa.Column('contribution_id', sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f('ix_foreseen_risk_contribution_id'), ['contribution_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_foreseen_risk_contribution_id'), 'contribution', ['contribution_id'], ['id'])

    with op.batch_alter_table('recommendation', schema=None) as batch_op:
        batch_op.add_column(sa.Column('contribution_id', sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f('ix_recommendation_contribution_id'), ['contribution_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_recommendation_contribution_id'), 'contribution', ['contribution_id'], ['id'])

    with op.batch_alter_table('lab', schema=None) as batch_op:
        batch_op.add_column(sa.Column('link_key', sa.Text(), nullable=True))
