"""Flags that can be snoozed and judged, stalls with a ladder and a reason, and the feature table"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out, because SQLite can add and drop these in place, while a table made anew loses its checks.
    op.execute("ALTER TABLE lab ADD COLUMN escalation_days JSON NOT NULL DEFAULT '[7, 28, 56, 84]'")
    op.execute("ALTER TABLE flag ADD COLUMN snooze_reason TEXT NOT NULL DEFAULT ''")
    op.execute(
        "ALTER TABLE flag ADD COLUMN snoozed_until DATE "
        "CONSTRAINT ck_flag_snoozed_with_reason CHECK (snoozed_until IS NULL OR snooze_reason <> '')"
    )
    op.execute(
        "ALTER TABLE flag ADD COLUMN outcome TEXT "
        "CONSTRAINT ck_flag_outcome CHECK (outcome IN ('acted', 'no_action', 'false_alarm'))"
    )
    op.execute('ALTER TABLE project_risk DROP COLUMN people_waiting')
    op.create_index(op.f('ix_project_risk_as_of'), 'project_risk', ['as_of'])
    op.create_table(
        'stale_project',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('project_id', sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_stale_project_project_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stale_project')),
    )
    op.create_index(op.f('ix_stale_project_project_id'), 'stale_project', ['project_id'])
    op.create_table(
        'escalation',
        sa.Column('recommendation_id', sa.Uuid(), nullable=False),
        sa.Column('began_on', sa.Date(), nullable=False),
        sa.Column('step', sa.Text(), nullable=False),
        sa.Column('reached_on', sa.Date(), nullable=False),
        sa.CheckConstraint(
            "step IN ('owner', 'sponsor', 'manager', 'public')", name=op.f('ck_escalation_step')
        ),
        sa.ForeignKeyConstraint(
            ['recommendation_id'], ['recommendation.id'], name=op.f('fk_escalation_recommendation_id')
        ),
        sa.PrimaryKeyConstraint('recommendation_id', 'began_on', 'step', name=op.f('pk_escalation')),
    )
    op.create_index(op.f('ix_escalation_reached_on'), 'escalation', ['reached_on'])
    op.create_table(
        'stall_reason',
        sa.Column('recommendation_id', sa.Uuid(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('said_on', sa.Date(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('nobody_owns_it', 'no_money', 'no_time', 'law_or_rules', 'priorities_changed', "
            "'waits_for_others', 'no_agreement', 'other', 'not_known')",
            name=op.f('ck_stall_reason_reason'),
        ),
        sa.ForeignKeyConstraint(
            ['recommendation_id'], ['recommendation.id'], name=op.f('fk_stall_reason_recommendation_id')
        ),
        sa.PrimaryKeyConstraint('recommendation_id', name=op.f('pk_stall_reason')),
    )
    op.create_index(op.f('ix_stall_reason_reason'), 'stall_reason', ['reason'])
    op.create_table(
        'project_feature',
        sa.Column('project_id', sa.Uuid(), nullable=False),
        sa.Column('open_recommendations', sa.Integer(), nullable=False),
        sa.Column('unanswered', sa.Integer(), nullable=False),
        sa.Column('stalled_after', sa.Date(), nullable=True),
        sa.Column('open_expectations', sa.Integer(), nullable=False),
        sa.Column('missed_after', sa.Date(), nullable=True),
        sa.Column('last_heard_on', sa.Date(), nullable=False),
        sa.Column('people_waiting', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['project_id'], ['project.id'], name=op.f('fk_project_feature_project_id')),
        sa.PrimaryKeyConstraint('project_id', name=op.f('pk_project_feature')),
    )
    op.create_index(
        op.f('ix_project_feature_stalled_after_people_waiting'),
        'project_feature',
        ['stalled_after', 'people_waiting'],
    )
