"""The day on which a promised date was moved a second time, and an index that replays states by itself"""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('recommendation', sa.Column('moved_twice_on', sa.Date(), nullable=True))
    _date_past_moves()
    op.drop_index(op.f('ix_event_subject_type_to_state_at_subject_id'), 'event')
    op.create_index(op.f('ix_event_subject_type_to_state_at_subject_id_from_state_id'), 'event', ['subject_type', 'to_state', 'at', 'subject_id', 'from_state', 'id'])


def _date_past_moves() -> None:
    """Every move is remembered with the date before: the second one says since when it is late."""
    connection = op.get_bind()
    recommendation = sa.table('recommendation', sa.column('id', sa.Uuid()), sa.column('due_moves', sa.Integer()), sa.column('moved_twice_on', sa.Date()))
    event = sa.table('event', sa.column('subject_id', sa.Uuid()), sa.column('subject_type', sa.Text()), sa.column('at', sa.DateTime(timezone=True)), sa.column('detail', sa.JSON()))
    rows = connection.execute(
        sa.select(event.c.subject_id, event.c.at, event.c.detail)
        .join(recommendation, recommendation.c.id == event.c.subject_id)
        .where(recommendation.c.due_moves >= 2, event.c.subject_type == 'recommendation')
        .order_by(event.c.at)
    )
    moves: dict[object, list[dt.date]] = {}
    for key, at, detail in rows:
        if (detail.get('before') or {}).get('due'):
            moves.setdefault(key, []).append(at.date())
    late = [{'key': key, 'day': days[1]} for key, days in moves.items() if len(days) > 1]
    if late:
        connection.execute(
            sa.update(recommendation).where(recommendation.c.id == sa.bindparam('key')).values(moved_twice_on=sa.bindparam('day')), late
        )
