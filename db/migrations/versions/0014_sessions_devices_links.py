"""Sessions that can be listed and ended, devices that are known, and one-time links

Sessions from before say nothing of browser and last use: they end here, and everybody signs in once more.
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('ALTER TABLE lab ADD COLUMN session_idle_minutes INTEGER NOT NULL DEFAULT 120')
    op.execute('ALTER TABLE lab ADD COLUMN session_hours INTEGER NOT NULL DEFAULT 12')
    op.drop_table('session')
    op.create_table(
        'session',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('token_hash', sa.Text(), nullable=False),
        sa.Column('account_id', sa.Uuid(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('browser', sa.Text(), nullable=False),
        sa.Column('address', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_session_account_id_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_session')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_session_token_hash')),
    )
    op.create_index(op.f('ix_session_account_id'), 'session', ['account_id'])
    op.create_table(
        'known_device',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('token_hash', sa.Text(), nullable=False),
        sa.Column('account_id', sa.Uuid(), nullable=False),
        sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('wrong_in_a_row', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_known_device_account_id_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_known_device')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_known_device_token_hash')),
    )
    op.create_index(op.f('ix_known_device_account_id'), 'known_device', ['account_id'])
    op.create_table(
        'one_time_link',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('token_hash', sa.Text(), nullable=False),
        sa.Column('account_id', sa.Uuid(), nullable=False),
        sa.Column('purpose', sa.Text(), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('invitation', 'reset')", name=op.f('ck_one_time_link_purpose')),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_one_time_link_account_id_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_link')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_one_time_link_token_hash')),
    )
    op.create_index(op.f('ix_one_time_link_account_id'), 'one_time_link', ['account_id'])
    op.create_index(op.f('ix_event_actor_id'), 'event', ['actor_id'])
