"""The lab's time zone, and the day in it on which something happened; until now every day was one of UTC"""

from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out, because SQLite can add these in place, while a table made anew loses its checks.
    op.execute("ALTER TABLE lab ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC'")
    op.execute("ALTER TABLE event ADD COLUMN day DATE NOT NULL DEFAULT '1970-01-01'")
    op.execute('ALTER TABLE vote_round ADD COLUMN closed_on DATE')
    op.execute('ALTER TABLE workshop ADD COLUMN ended_on DATE')
    op.execute('ALTER TABLE workshop ADD COLUMN wrapped_up_on DATE')
    op.execute(f"UPDATE event SET day = {_utc_day('at')}")
    op.execute(f"UPDATE vote_round SET closed_on = {_utc_day('closed_at')}")
    op.execute(f"UPDATE workshop SET ended_on = {_utc_day('ended_at')}, wrapped_up_on = {_utc_day('wrapped_up_at')}")
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE event ALTER COLUMN day DROP DEFAULT')
    op.drop_index(op.f('ix_event_subject_type_to_state_at_subject_id_from_state_id'), 'event')
    op.create_index(op.f('ix_event_subject_type_to_state_day_at_subject_id_from_state_id'), 'event', ['subject_type', 'to_state', 'day', 'at', 'subject_id', 'from_state', 'id'])
    op.create_index(op.f('ix_event_day'), 'event', ['day'])


def _utc_day(column: str) -> str:
    if op.get_bind().dialect.name == 'postgresql':
        return f"CAST({column} AT TIME ZONE 'UTC' AS DATE)"
    return f'substr({column}, 1, 10)'
