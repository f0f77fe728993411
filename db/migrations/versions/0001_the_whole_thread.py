"""The whole thread"""

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lab',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('evaluated_on', sa.Date(), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_lab_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lab'))
    )
    op.create_table('sign_in_attempt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_attempt'))
    )
    with op.batch_alter_table('sign_in_attempt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sign_in_attempt_subject_at'), ['subject', 'at'], unique=False)

    op.create_table('sponsor',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sponsor')),
    sa.UniqueConstraint('name', name=op.f('uq_sponsor_name'))
    )
    op.create_table('account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('sponsor_id', sa.Uuid(), nullable=True),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('disabled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("role = 'sponsor' OR sponsor_id IS NULL", name=op.f('ck_account_sponsor_of')),
    sa.CheckConstraint("role IN ('facilitator', 'stakeholder', 'sponsor', 'manager', 'administrator')", name=op.f('ck_account_role')),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_account_email_lower')),
    sa.ForeignKeyConstraint(['sponsor_id'], ['sponsor.id'], name=op.f('fk_account_sponsor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('email', name=op.f('uq_account_email'))
    )
    op.create_table('project',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('challenge', sa.Text(), nullable=False),
    sa.Column('sponsor_id', sa.Uuid(), nullable=True),
    sa.Column('owner_id', sa.Uuid(), nullable=True),
    sa.Column('place', sa.Text(), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('stage_since', sa.Date(), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('outcome', sa.Text(), nullable=True),
    sa.Column('outcome_reason', sa.Text(), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('paused_on', sa.Date(), nullable=True),
    sa.Column('paused_reason', sa.Text(), nullable=True),
    sa.Column('mode', sa.Text(), nullable=True),
    sa.Column('cycle_phase', sa.Text(), nullable=True),
    sa.Column('cadence_days', sa.Integer(), nullable=False),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("cycle_phase IN ('prevention', 'detection', 'treatment', 'recovery')", name=op.f('ck_project_cycle_phase')),
    sa.CheckConstraint("mode IN ('consumer', 'participative', 'enhanced')", name=op.f('ck_project_mode')),
    sa.CheckConstraint("outcome IN ('implemented', 'partly_implemented', 'not_implemented')", name=op.f('ck_project_outcome')),
    sa.CheckConstraint("outcome IS NULL OR outcome_reason <> ''", name=op.f('ck_project_outcome_has_reason')),
    sa.CheckConstraint("stage IN ('discovery', 'co_design', 'prototype', 'recommend', 'implement')", name=op.f('ck_project_stage')),
    sa.CheckConstraint('(outcome IS NULL) = (closed_on IS NULL)', name=op.f('ck_project_closed_with_outcome')),
    sa.CheckConstraint('(paused_on IS NULL) = (paused_reason IS NULL)', name=op.f('ck_project_paused_has_reason')),
    sa.CheckConstraint('cadence_days BETWEEN 1 AND 365', name=op.f('ck_project_cadence')),
    sa.ForeignKeyConstraint(['owner_id'], ['account.id'], name=op.f('fk_project_owner_id')),
    sa.ForeignKeyConstraint(['sponsor_id'], ['sponsor.id'], name=op.f('fk_project_sponsor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project')),
    sa.UniqueConstraint('reference', name=op.f('uq_project_reference')),
    sa.UniqueConstraint('slug', name=op.f('uq_project_slug'))
    )
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_closed_on'), ['closed_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_outcome_closed_on_opened_on'), ['outcome', 'closed_on', 'opened_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_place'), ['place'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_sponsor_id'), ['sponsor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_stage_outcome_opened_on_id'), ['stage', 'outcome', 'opened_on', 'id'], unique=False)

    op.create_table('session',
    sa.Column('token_hash', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_session_account_id')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_session'))
    )
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_session_account_id'), ['account_id'], unique=False)

    op.create_table('engagement',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('agenda_set_by', sa.Text(), nullable=False),
    sa.Column('chaired_by', sa.Text(), nullable=False),
    sa.Column('sponsor_present', sa.Boolean(), nullable=True),
    sa.Column('declared_influence', sa.Text(), nullable=True),
    sa.Column('actual_influence', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("actual_influence IN ('tell', 'ask', 'work_with', 'share_decisions', 'hand_over')", name=op.f('ck_engagement_actual_influence')),
    sa.CheckConstraint("agenda_set_by IN ('lab', 'participants', 'both')", name=op.f('ck_engagement_agenda_set_by')),
    sa.CheckConstraint("declared_influence IN ('tell', 'ask', 'work_with', 'share_decisions', 'hand_over')", name=op.f('ck_engagement_declared_influence')),
    sa.CheckConstraint("kind IN ('workshop', 'interview', 'test', 'meeting', 'online_round')", name=op.f('ck_engagement_kind')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_engagement_project_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_engagement'))
    )
    with op.batch_alter_table('engagement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_engagement_held_on'), ['held_on'], unique=False)
        batch_op.create_index(batch_op.f('ix_engagement_project_id_held_on'), ['project_id', 'held_on'], unique=False)

    op.create_table('event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('project_id', sa.Uuid(), nullable=True),
    sa.Column('subject_type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Uuid(), nullable=True),
    sa.Column('verb', sa.Text(), nullable=False),
    sa.Column('from_state', sa.Text(), nullable=True),
    sa.Column('to_state', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['account.id'], name=op.f('fk_event_actor_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_event_project_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event'))
    )
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_event_project_id_at'), ['project_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_event_subject_id_at'), ['subject_id', 'at'], unique=False)
        batch_op.create_index(batch_op.f('ix_event_subject_type_to_state_at_subject_id'), ['subject_type', 'to_state', 'at', 'subject_id'], unique=False)

    op.create_table('flag',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('acknowledged_on', sa.Date(), nullable=True),
    sa.Column('acknowledged_by', sa.Uuid(), nullable=True),
    sa.Column('plan', sa.Text(), nullable=False),
    sa.Column('review_on', sa.Date(), nullable=True),
    sa.Column('cleared_on', sa.Date(), nullable=True),
    sa.Column('cleared_by', sa.Uuid(), nullable=True),
    sa.Column('cleared_reason', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(state = 'cleared') = (cleared_on IS NOT NULL)", name=op.f('ck_flag_cleared_dated')),
    sa.CheckConstraint("acknowledged_on IS NULL OR (plan <> '' AND review_on IS NOT NULL)", name=op.f('ck_flag_acknowledged_with_plan')),
    sa.CheckConstraint("level IN ('calm', 'watch', 'at_risk', 'critical')", name=op.f('ck_flag_level')),
    sa.CheckConstraint("state IN ('raised', 'acknowledged', 'cleared')", name=op.f('ck_flag_state')),
    sa.ForeignKeyConstraint(['acknowledged_by'], ['account.id'], name=op.f('fk_flag_acknowledged_by')),
    sa.ForeignKeyConstraint(['cleared_by'], ['account.id'], name=op.f('fk_flag_cleared_by')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_flag_project_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_flag'))
    )
    with op.batch_alter_table('flag', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_flag_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_flag_state'), ['state'], unique=False)
        batch_op.create_index('uq_flag_one_open', ['project_id'], unique=True, sqlite_where=sa.text('cleared_on IS NULL'), postgresql_where=sa.text('cleared_on IS NULL'))

    op.create_table('project_form',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('form', sa.Text(), nullable=False),
    sa.CheckConstraint("form IN ('co_commissioning', 'co_design', 'co_delivery', 'co_assessment')", name=op.f('ck_project_form_form')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_project_form_project_id')),
    sa.PrimaryKeyConstraint('project_id', 'form', name=op.f('pk_project_form'))
    )
    with op.batch_alter_table('project_form', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_form_form'), ['form'], unique=False)

    op.create_table('project_risk',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('low', sa.Double(), nullable=False),
    sa.Column('high', sa.Double(), nullable=False),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('coverage', sa.Double(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('alert_state', sa.Text(), nullable=False),
    sa.Column('people_waiting', sa.Integer(), nullable=False),
    sa.Column('lines', sa.JSON(), nullable=False),
    sa.CheckConstraint("level IN ('calm', 'watch', 'at_risk', 'critical')", name=op.f('ck_project_risk_level')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_project_risk_project_id')),
    sa.PrimaryKeyConstraint('project_id', name=op.f('pk_project_risk'))
    )
    with op.batch_alter_table('project_risk', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_project_risk_level'), ['level'], unique=False)
        batch_op.create_index(batch_op.f('ix_project_risk_project_id_level_score'), ['project_id', 'level', 'score'], unique=False)

    op.create_table('reply',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('told_on', sa.Date(), nullable=False),
    sa.Column('how', sa.Text(), nullable=False),
    sa.Column('what_happened', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('what_next', sa.Text(), nullable=False),
    sa.Column('next_news_on', sa.Date(), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_reply_project_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reply'))
    )
    with op.batch_alter_table('reply', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reply_project_id_told_on'), ['project_id', 'told_on'], unique=False)

    op.create_table('risk_evaluation',
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('evaluated_on', sa.Date(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('low', sa.Double(), nullable=False),
    sa.Column('high', sa.Double(), nullable=False),
    sa.Column('probability', sa.Double(), nullable=False),
    sa.Column('level', sa.Text(), nullable=False),
    sa.Column('alert_state', sa.Text(), nullable=False),
    sa.CheckConstraint("level IN ('calm', 'watch', 'at_risk', 'critical')", name=op.f('ck_risk_evaluation_level')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_risk_evaluation_project_id')),
    sa.PrimaryKeyConstraint('project_id', 'evaluated_on', name=op.f('pk_risk_evaluation'))
    )
    op.create_table('stakeholder',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('pseudonym', sa.Text(), nullable=False),
    sa.Column('group_name', sa.Text(), nullable=False),
    sa.Column('voice_role', sa.Text(), nullable=False),
    sa.Column('expert_by_experience', sa.Boolean(), nullable=False),
    sa.Column('people', sa.Integer(), nullable=False),
    sa.Column('joined_on', sa.Date(), nullable=False),
    sa.Column('consent_for', sa.Text(), nullable=False),
    sa.Column('consent_on', sa.Date(), nullable=True),
    sa.Column('consent_withdrawn_on', sa.Date(), nullable=True),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.Column('withdrawn_reason', sa.Text(), nullable=True),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'withdrawn') = (withdrawn_on IS NOT NULL) AND (withdrawn_on IS NULL) = (withdrawn_reason IS NULL)", name=op.f('ck_stakeholder_withdrawn_with_date_and_reason')),
    sa.CheckConstraint("group_name IN ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner')", name=op.f('ck_stakeholder_group_name')),
    sa.CheckConstraint("status IN ('active', 'withdrawn')", name=op.f('ck_stakeholder_status')),
    sa.CheckConstraint("voice_role IN ('voice', 'action', 'both')", name=op.f('ck_stakeholder_voice_role')),
    sa.CheckConstraint("withdrawn_reason IN ('disappointed', 'no_time', 'moved', 'other', 'not_given')", name=op.f('ck_stakeholder_withdrawn_reason')),
    sa.CheckConstraint('people BETWEEN 1 AND 100000', name=op.f('ck_stakeholder_people')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_stakeholder_account_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_stakeholder_project_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stakeholder'))
    )
    with op.batch_alter_table('stakeholder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stakeholder_account_id'), ['account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_stakeholder_project_id_pseudonym'), ['project_id', 'pseudonym'], unique=True)

    op.create_table('attendance',
    sa.Column('engagement_id', sa.Uuid(), nullable=False),
    sa.Column('stakeholder_id', sa.Uuid(), nullable=False),
    sa.Column('attended', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['engagement_id'], ['engagement.id'], name=op.f('fk_attendance_engagement_id')),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_attendance_stakeholder_id')),
    sa.PrimaryKeyConstraint('engagement_id', 'stakeholder_id', name=op.f('pk_attendance'))
    )
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_attendance_stakeholder_id'), ['stakeholder_id'], unique=False)

    op.create_table('contact',
    sa.Column('stakeholder_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_contact_stakeholder_id')),
    sa.PrimaryKeyConstraint('stakeholder_id', name=op.f('pk_contact'))
    )
    op.create_table('contribution',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=True),
    sa.Column('stakeholder_id', sa.Uuid(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('cluster', sa.Text(), nullable=False),
    sa.Column('chosen', sa.Boolean(), nullable=False),
    sa.Column('said_on', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['engagement_id'], ['engagement.id'], name=op.f('fk_contribution_engagement_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_contribution_project_id')),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_contribution_stakeholder_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contribution'))
    )
    with op.batch_alter_table('contribution', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_contribution_project_id'), ['project_id'], unique=False)

    op.create_table('pulse',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('engagement_id', sa.Uuid(), nullable=True),
    sa.Column('stakeholder_id', sa.Uuid(), nullable=True),
    sa.Column('trust', sa.Integer(), nullable=False),
    sa.Column('difference', sa.Integer(), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('answered_on', sa.Date(), nullable=False),
    sa.CheckConstraint('difference BETWEEN 1 AND 5', name=op.f('ck_pulse_difference')),
    sa.CheckConstraint('trust BETWEEN 1 AND 5', name=op.f('ck_pulse_trust')),
    sa.ForeignKeyConstraint(['engagement_id'], ['engagement.id'], name=op.f('fk_pulse_engagement_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_pulse_project_id')),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_pulse_stakeholder_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pulse'))
    )
    with op.batch_alter_table('pulse', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pulse_project_id_answered_on'), ['project_id', 'answered_on'], unique=False)

    op.create_table('expectation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('stakeholder_id', sa.Uuid(), nullable=True),
    sa.Column('contribution_id', sa.Uuid(), nullable=True),
    sa.Column('statement', sa.Text(), nullable=False),
    sa.Column('importance', sa.Integer(), nullable=False),
    sa.Column('confidence', sa.Integer(), nullable=True),
    sa.Column('within_power', sa.Text(), nullable=False),
    sa.Column('said_back', sa.Text(), nullable=True),
    sa.Column('hoped_for', sa.Date(), nullable=True),
    sa.Column('state', sa.Text(), nullable=False),
    sa.Column('verdict', sa.Text(), nullable=True),
    sa.Column('verdict_on', sa.Date(), nullable=True),
    sa.Column('recorded_on', sa.Date(), nullable=False),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("said_back IN ('will', 'will_if', 'will_not', 'cannot_promise')", name=op.f('ck_expectation_said_back')),
    sa.CheckConstraint("state IN ('open', 'in_hand', 'met', 'partly_met', 'not_met', 'withdrawn')", name=op.f('ck_expectation_state')),
    sa.CheckConstraint("verdict IN ('yes', 'partly', 'no')", name=op.f('ck_expectation_verdict')),
    sa.CheckConstraint("within_power IN ('yes', 'partly', 'no')", name=op.f('ck_expectation_within_power')),
    sa.CheckConstraint('(verdict IS NULL) = (verdict_on IS NULL)', name=op.f('ck_expectation_verdict_dated')),
    sa.CheckConstraint('confidence IS NULL OR confidence BETWEEN 0 AND 100', name=op.f('ck_expectation_confidence')),
    sa.CheckConstraint('importance BETWEEN 1 AND 5', name=op.f('ck_expectation_importance')),
    sa.ForeignKeyConstraint(['contribution_id'], ['contribution.id'], name=op.f('fk_expectation_contribution_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_expectation_project_id')),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_expectation_stakeholder_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_expectation'))
    )
    with op.batch_alter_table('expectation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_expectation_contribution_id'), ['contribution_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_expectation_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_expectation_stakeholder_id'), ['stakeholder_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_expectation_state_verdict'), ['state', 'verdict'], unique=False)

    op.create_table('prototype',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('contribution_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('fidelity', sa.Text(), nullable=False),
    sa.Column('iteration', sa.Integer(), nullable=False),
    sa.Column('cost_estimate', sa.Integer(), nullable=True),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("fidelity IN ('sketch', 'storyboard', 'paper', 'role_play', 'mock_up', 'service_blueprint', 'pilot')", name=op.f('ck_prototype_fidelity')),
    sa.CheckConstraint('cost_estimate IS NULL OR cost_estimate >= 0', name=op.f('ck_prototype_cost_estimate')),
    sa.CheckConstraint('iteration >= 1', name=op.f('ck_prototype_iteration')),
    sa.ForeignKeyConstraint(['contribution_id'], ['contribution.id'], name=op.f('fk_prototype_contribution_id')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_prototype_project_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_prototype'))
    )
    with op.batch_alter_table('prototype', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_prototype_contribution_id'), ['contribution_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_prototype_project_id'), ['project_id'], unique=False)

    op.create_table('foreseen_risk',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('prototype_id', sa.Uuid(), nullable=False),
    sa.Column('stakeholder_id', sa.Uuid(), nullable=True),
    sa.Column('statement', sa.Text(), nullable=False),
    sa.Column('finding', sa.Text(), nullable=False),
    sa.Column('finding_note', sa.Text(), nullable=False),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("finding <> 'accepted' OR finding_note <> ''", name=op.f('ck_foreseen_risk_accepted_has_reason')),
    sa.CheckConstraint("finding IN ('untested', 'did_not_occur', 'occurred_fixed', 'occurred_open', 'accepted')", name=op.f('ck_foreseen_risk_finding')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_foreseen_risk_project_id')),
    sa.ForeignKeyConstraint(['prototype_id'], ['prototype.id'], name=op.f('fk_foreseen_risk_prototype_id')),
    sa.ForeignKeyConstraint(['stakeholder_id'], ['stakeholder.id'], name=op.f('fk_foreseen_risk_stakeholder_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_foreseen_risk'))
    )
    with op.batch_alter_table('foreseen_risk', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_foreseen_risk_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_foreseen_risk_prototype_id'), ['prototype_id'], unique=False)

    op.create_table('picture',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('prototype_id', sa.Uuid(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('media_type', sa.Text(), nullable=False),
    sa.Column('screen', sa.LargeBinary(), nullable=False),
    sa.Column('screen_width', sa.Integer(), nullable=False),
    sa.Column('screen_height', sa.Integer(), nullable=False),
    sa.Column('thumbnail', sa.LargeBinary(), nullable=False),
    sa.Column('thumbnail_width', sa.Integer(), nullable=False),
    sa.Column('thumbnail_height', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('added_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['prototype_id'], ['prototype.id'], name=op.f('fk_picture_prototype_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_picture'))
    )
    with op.batch_alter_table('picture', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_picture_prototype_id'), ['prototype_id'], unique=False)

    op.create_table('prototype_expectation',
    sa.Column('prototype_id', sa.Uuid(), nullable=False),
    sa.Column('expectation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['expectation_id'], ['expectation.id'], name=op.f('fk_prototype_expectation_expectation_id')),
    sa.ForeignKeyConstraint(['prototype_id'], ['prototype.id'], name=op.f('fk_prototype_expectation_prototype_id')),
    sa.PrimaryKeyConstraint('prototype_id', 'expectation_id', name=op.f('pk_prototype_expectation'))
    )
    with op.batch_alter_table('prototype_expectation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_prototype_expectation_expectation_id'), ['expectation_id'], unique=False)

    op.create_table('recommendation',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('prototype_id', sa.Uuid(), nullable=True),
    sa.Column('sponsor_id', sa.Uuid(), nullable=False),
    sa.Column('reference', sa.Text(), nullable=True),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('importance', sa.Integer(), nullable=False),
    sa.Column('status', sa.Text(), nullable=False),
    sa.Column('recorded_on', sa.Date(), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=True),
    sa.Column('response_due', sa.Date(), nullable=True),
    sa.Column('cadence_days', sa.Integer(), nullable=False),
    sa.Column('due', sa.Date(), nullable=True),
    sa.Column('due_moves', sa.Integer(), nullable=False),
    sa.Column('last_news_on', sa.Date(), nullable=True),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("(status = 'draft') = (sent_on IS NULL) AND (sent_on IS NULL) = (response_due IS NULL) AND (sent_on IS NULL) = (last_news_on IS NULL)", name=op.f('ck_recommendation_sent_is_dated')),
    sa.CheckConstraint("status IN ('draft', 'sent', 'accepted', 'partly_accepted', 'declined', 'in_progress', 'implemented', 'dropped')", name=op.f('ck_recommendation_status')),
    sa.CheckConstraint('cadence_days BETWEEN 1 AND 365', name=op.f('ck_recommendation_cadence')),
    sa.CheckConstraint('importance BETWEEN 1 AND 5', name=op.f('ck_recommendation_importance')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_recommendation_project_id')),
    sa.ForeignKeyConstraint(['prototype_id'], ['prototype.id'], name=op.f('fk_recommendation_prototype_id')),
    sa.ForeignKeyConstraint(['sponsor_id'], ['sponsor.id'], name=op.f('fk_recommendation_sponsor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recommendation'))
    )
    with op.batch_alter_table('recommendation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recommendation_project_id_reference'), ['project_id', 'reference'], unique=True)
        batch_op.create_index(batch_op.f('ix_recommendation_prototype_id'), ['prototype_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_recommendation_sent_on_response_due_status'), ['sent_on', 'response_due', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_recommendation_sponsor_id'), ['sponsor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_recommendation_status_last_news_on_id'), ['status', 'last_news_on', 'id'], unique=False)

    op.create_table('reply_expectation',
    sa.Column('reply_id', sa.Uuid(), nullable=False),
    sa.Column('expectation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['expectation_id'], ['expectation.id'], name=op.f('fk_reply_expectation_expectation_id')),
    sa.ForeignKeyConstraint(['reply_id'], ['reply.id'], name=op.f('fk_reply_expectation_reply_id')),
    sa.PrimaryKeyConstraint('reply_id', 'expectation_id', name=op.f('pk_reply_expectation'))
    )
    with op.batch_alter_table('reply_expectation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reply_expectation_expectation_id'), ['expectation_id'], unique=False)

    op.create_table('test',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('project_id', sa.Uuid(), nullable=False),
    sa.Column('prototype_id', sa.Uuid(), nullable=False),
    sa.Column('iteration', sa.Integer(), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('participants', sa.Integer(), nullable=False),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.Column('sponsor_present', sa.Boolean(), nullable=False),
    sa.Column('decision', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint("decision IN ('iterate', 'recommend', 'drop')", name=op.f('ck_test_decision')),
    sa.CheckConstraint('participants BETWEEN 0 AND 100000', name=op.f('ck_test_participants')),
    sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_test_project_id')),
    sa.ForeignKeyConstraint(['prototype_id'], ['prototype.id'], name=op.f('fk_test_prototype_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_test'))
    )
    with op.batch_alter_table('test', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_test_project_id'), ['project_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_test_prototype_id'), ['prototype_id'], unique=False)

    op.create_table('progress_update',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('recommendation_id', sa.Uuid(), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['recommendation_id'], ['recommendation.id'], name=op.f('fk_progress_update_recommendation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_progress_update'))
    )
    with op.batch_alter_table('progress_update', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_progress_update_recommendation_id'), ['recommendation_id'], unique=False)

    op.create_table('recommendation_expectation',
    sa.Column('recommendation_id', sa.Uuid(), nullable=False),
    sa.Column('expectation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['expectation_id'], ['expectation.id'], name=op.f('fk_recommendation_expectation_expectation_id')),
    sa.ForeignKeyConstraint(['recommendation_id'], ['recommendation.id'], name=op.f('fk_recommendation_expectation_recommendation_id')),
    sa.PrimaryKeyConstraint('recommendation_id', 'expectation_id', name=op.f('pk_recommendation_expectation'))
    )
    with op.batch_alter_table('recommendation_expectation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recommendation_expectation_expectation_id'), ['expectation_id'], unique=False)

    op.create_table('reply_recommendation',
    sa.Column('reply_id', sa.Uuid(), nullable=False),
    sa.Column('recommendation_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['recommendation_id'], ['recommendation.id'], name=op.f('fk_reply_recommendation_recommendation_id')),
    sa.ForeignKeyConstraint(['reply_id'], ['reply.id'], name=op.f('fk_reply_recommendation_reply_id')),
    sa.PrimaryKeyConstraint('reply_id', 'recommendation_id', name=op.f('pk_reply_recommendation'))
    )
    with op.batch_alter_table('reply_recommendation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reply_recommendation_recommendation_id'), ['recommendation_id'], unique=False)

    op.create_table('response',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('recommendation_id', sa.Uuid(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=True),
    sa.CheckConstraint("answer <> 'declined' OR reason <> ''", name=op.f('ck_response_declined_has_reason')),
    sa.CheckConstraint("answer IN ('accepted', 'partly_accepted', 'declined')", name=op.f('ck_response_answer')),
    sa.ForeignKeyConstraint(['recommendation_id'], ['recommendation.id'], name=op.f('fk_response_recommendation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_response'))
    )
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_response_recommendation_id_received_on'), ['recommendation_id', 'received_on'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_response_recommendation_id_received_on'))

    op.drop_table('response')
    with op.batch_alter_table('reply_recommendation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reply_recommendation_recommendation_id'))

    op.drop_table('reply_recommendation')
    with op.batch_alter_table('recommendation_expectation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recommendation_expectation_expectation_id'))

    op.drop_table('recommendation_expectation')
    with op.batch_alter_table('progress_update', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_progress_update_recommendation_id'))

    op.drop_table('progress_update')
    with op.batch_alter_table('test', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_test_prototype_id'))
        batch_op.drop_index(batch_op.f('ix_test_project_id'))

    op.drop_table('test')
    with op.batch_alter_table('reply_expectation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reply_expectation_expectation_id'))

    op.drop_table('reply_expectation')
    with op.batch_alter_table('recommendation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recommendation_status_last_news_on_id'))
        batch_op.drop_index(batch_op.f('ix_recommendation_sponsor_id'))
        batch_op.drop_index(batch_op.f('ix_recommendation_sent_on_response_due_status'))
        batch_op.drop_index(batch_op.f('ix_recommendation_prototype_id'))
        batch_op.drop_index(batch_op.f('ix_recommendation_project_id_reference'))

    op.drop_table('recommendation')
    with op.batch_alter_table('prototype_expectation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_prototype_expectation_expectation_id'))

    op.drop_table('prototype_expectation')
    with op.batch_alter_table('picture', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_picture_prototype_id'))

    op.drop_table('picture')
    with op.batch_alter_table('foreseen_risk', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_foreseen_risk_prototype_id'))
        batch_op.drop_index(batch_op.f('ix_foreseen_risk_project_id'))

    op.drop_table('foreseen_risk')
    with op.batch_alter_table('prototype', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_prototype_project_id'))
        batch_op.drop_index(batch_op.f('ix_prototype_contribution_id'))

    op.drop_table('prototype')
    with op.batch_alter_table('expectation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_expectation_state_verdict'))
        batch_op.drop_index(batch_op.f('ix_expectation_stakeholder_id'))
        batch_op.drop_index(batch_op.f('ix_expectation_project_id'))
        batch_op.drop_index(batch_op.f('ix_expectation_contribution_id'))

    op.drop_table('expectation')
    with op.batch_alter_table('pulse', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_pulse_project_id_answered_on'))

    op.drop_table('pulse')
    with op.batch_alter_table('contribution', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_contribution_project_id'))

    op.drop_table('contribution')
    op.drop_table('contact')
    with op.batch_alter_table('attendance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_attendance_stakeholder_id'))

    op.drop_table('attendance')
    with op.batch_alter_table('stakeholder', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stakeholder_project_id_pseudonym'))
        batch_op.drop_index(batch_op.f('ix_stakeholder_account_id'))

    op.drop_table('stakeholder')
    op.drop_table('risk_evaluation')
    with op.batch_alter_table('reply', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reply_project_id_told_on'))

    op.drop_table('reply')
    with op.batch_alter_table('project_risk', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_project_risk_project_id_level_score'))
        batch_op.drop_index(batch_op.f('ix_project_risk_level'))

    op.drop_table('project_risk')
    with op.batch_alter_table('project_form', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_project_form_form'))

    op.drop_table('project_form')
    with op.batch_alter_table('flag', schema=None) as batch_op:
        batch_op.drop_index('uq_flag_one_open', sqlite_where=sa.text('cleared_on IS NULL'), postgresql_where=sa.text('cleared_on IS NULL'))
        batch_op.drop_index(batch_op.f('ix_flag_state'))
        batch_op.drop_index(batch_op.f('ix_flag_project_id'))

    op.drop_table('flag')
    with op.batch_alter_table('event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_event_subject_type_to_state_at_subject_id'))
        batch_op.drop_index(batch_op.f('ix_event_subject_id_at'))
        batch_op.drop_index(batch_op.f('ix_event_project_id_at'))

    op.drop_table('event')
    with op.batch_alter_table('engagement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_engagement_project_id_held_on'))
        batch_op.drop_index(batch_op.f('ix_engagement_held_on'))

    op.drop_table('engagement')
    with op.batch_alter_table('session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_session_account_id'))

    op.drop_table('session')
    with op.batch_alter_table('project', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_project_stage_outcome_opened_on_id'))
        batch_op.drop_index(batch_op.f('ix_project_sponsor_id'))
        batch_op.drop_index(batch_op.f('ix_project_place'))
        batch_op.drop_index(batch_op.f('ix_project_outcome_closed_on_opened_on'))
        batch_op.drop_index(batch_op.f('ix_project_closed_on'))

    op.drop_table('project')
    op.drop_table('account')
    op.drop_table('sponsor')
    with op.batch_alter_table('sign_in_attempt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sign_in_attempt_subject_at'))

    op.drop_table('sign_in_attempt')
    op.drop_table('lab')
