"""The index of replays bounds no day right after a list of states

SQLite before 3.42 (Debian 12 has 3.40) passes over the bound of a range on the column that follows a list in an index,
once it knows how large the index is, and so finds events of later days.
"""

from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f('ix_event_subject_type_to_state_day_at_subject_id_from_state_id'), 'event')
    op.create_index(op.f('ix_event_subject_type_to_state_at_day_subject_id_from_state_id'), 'event', ['subject_type', 'to_state', 'at', 'day', 'subject_id', 'from_state', 'id'])
