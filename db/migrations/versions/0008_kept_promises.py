"""The promises that hold whatever was edited since: due date and cadence, filled from the events"""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('recommendation', sa.Column('promised_cadence_days', sa.Integer(), nullable=False, server_default='30'))
    op.add_column('recommendation', sa.Column('promised_due', sa.Date(), nullable=True))
    op.add_column('project', sa.Column('promised_cadence_days', sa.Integer(), nullable=False, server_default='28'))
    op.execute('UPDATE recommendation SET promised_cadence_days = cadence_days, promised_due = due')
    op.execute('UPDATE project SET promised_cadence_days = cadence_days')
    _keep_promises()
    if op.get_bind().dialect.name != 'sqlite':  # there it may stay: a copied table would break the keys that lead to it
        for table in ('recommendation', 'project'):
            op.alter_column(table, 'promised_cadence_days', server_default=None)


def _keep_promises() -> None:
    """An edit can bring a promised date forward but not put it off, and the shortest cadence holds."""
    connection = op.get_bind()
    event = sa.table('event', sa.column('id', sa.Uuid()), sa.column('subject_id', sa.Uuid()), sa.column('subject_type', sa.Text()), sa.column('verb', sa.Text()), sa.column('to_state', sa.Text()), sa.column('at', sa.DateTime(timezone=True)), sa.column('recorded_at', sa.DateTime(timezone=True)), sa.column('detail', sa.JSON()))
    for kind, since in (('recommendation', 'sent_on'), ('project', 'opened_on')):
        table = sa.table(kind, sa.column('id', sa.Uuid()), sa.column(since, sa.Date()), sa.column('due', sa.Date()), sa.column('promised_due', sa.Date()), sa.column('cadence_days', sa.Integer()), sa.column('promised_cadence_days', sa.Integer()))
        rows = connection.execute(sa.select(event.c.subject_id, event.c.at, event.c.verb, event.c.to_state, event.c.detail).where(event.c.subject_type == kind).order_by(event.c.recorded_at, event.c.id))
        drafts, changes = set(), {}
        for key, at, verb, state, detail in rows:
            if state == 'draft':
                drafts.add(key)
            elif state == 'sent':
                drafts.discard(key)
            before = (detail or {}).get('before')
            if before and key not in drafts:
                changes.setdefault(key, []).append((at.date(), verb in ('edited', 'completed'), before))
        for key, found in changes.items():
            columns = [table.c[since], table.c.cadence_days] + ([table.c.due] if kind == 'recommendation' else [])
            row = connection.execute(sa.select(*columns).where(table.c.id == key)).one_or_none()
            if row is None or row[0] is None:
                continue
            kept = {'promised_cadence_days': min(int(days) for days, _ in _values(found, 'cadence_days', row[1], row[0]))}
            if kind == 'recommendation':
                kept['promised_due'] = _kept_date(_values(found, 'due', row[2], row[0]))
            connection.execute(sa.update(table).where(table.c.id == key).values(kept))


def _values(changes: list, name: str, present: object, since: dt.date) -> list:
    touching = [each for each in changes if name in each[2] and each[0] > since]
    values = [*(each[2][name] for each in touching), present]
    return [(values[0], False), *((value, each[1]) for each, value in zip(touching, values[1:]))]


def _kept_date(promises: list) -> 'dt.date | None':
    kept = None
    for value, edited in promises:
        day = dt.date.fromisoformat(value) if isinstance(value, str) else value
        if not edited or kept is None or (day is not None and day < kept):
            kept = day
    return kept
