"""A secret of the lab's own, and voter keys of accounts that nobody can compute from an account's id

The key that signed pulse links becomes the lab's secret, so that links that are out stay good. What accounts
handed in is found under their new keys; phones keep theirs.
"""

import datetime as dt
import hashlib
import hmac
import secrets
import uuid

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

lab = sa.table('lab', sa.column('link_key', sa.Text()))
stakeholder = sa.table('stakeholder', sa.column('id', sa.Uuid()), sa.column('account_id', sa.Uuid()))
vote_join = sa.table('vote_join', sa.column('round_id', sa.Uuid()), sa.column('token_hash', sa.Text()), sa.column('stakeholder_id', sa.Uuid()))
workshop_join = sa.table('workshop_join', sa.column('workshop_id', sa.Uuid()), sa.column('token_hash', sa.Text()), sa.column('stakeholder_id', sa.Uuid()))
block = sa.table('workshop_block', sa.column('id', sa.Uuid()), sa.column('workshop_id', sa.Uuid()))
pulse = sa.table('pulse', sa.column('id', sa.Uuid()))
event = sa.table('event', sa.column('subject_id', sa.Uuid()), sa.column('subject_type', sa.Text()))


def upgrade() -> None:
    signing_key = op.create_table('signing_key',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_signing_key_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signing_key'))
    )
    connection = op.get_bind()
    secret = connection.scalar(sa.select(lab.c.link_key)) or secrets.token_hex(32)
    connection.execute(sa.insert(signing_key).values(id=1, secret=secret, made_at=_now(connection)))
    with op.batch_alter_table('lab') as batch:
        batch.drop_column('link_key')
    key = hmac.digest(bytes.fromhex(secret), b'followthrough account voter\x01', 'sha256')
    _move_voters(connection, key)
    _move_participants(connection, key)


def _move_voters(connection: sa.Connection, key: bytes) -> None:
    for row in _joins(connection, vote_join, vote_join.c.round_id):
        before, after = (_voter_hash(f'{row.room}:{token}') for token in _tokens(row.account_id, key))
        if row.token_hash == before:
            connection.execute(_moved(vote_join, before, after).where(vote_join.c.round_id == row.room))


def _move_participants(connection: sa.Connection, key: bytes) -> None:
    """Pulses too: their keys are made from the participant's, so that a second answer replaces the first."""
    for row in _joins(connection, workshop_join, workshop_join.c.workshop_id):
        before, after = (_voter_hash(f'workshop:{row.room}:{token}') for token in _tokens(row.account_id, key))
        if row.token_hash != before:
            continue
        connection.execute(_moved(workshop_join, before, after).where(workshop_join.c.workshop_id == row.room))
        blocks = connection.scalars(sa.select(block.c.id).where(block.c.workshop_id == row.room)).all()
        for occasion in [*blocks, 'after']:
            old, new = (uuid.uuid5(uuid.NAMESPACE_OID, f'pulse:{each}:{occasion}') for each in (before, after))
            if connection.execute(sa.update(pulse).where(pulse.c.id == old).values(id=new)).rowcount:
                connection.execute(sa.update(event).where(event.c.subject_type == 'pulse', event.c.subject_id == old).values(subject_id=new))


def _joins(connection: sa.Connection, table: sa.TableClause, room: sa.ColumnClause) -> list:
    return list(connection.execute(
        sa.select(room.label('room'), table.c.token_hash, stakeholder.c.account_id)
        .join(stakeholder, stakeholder.c.id == table.c.stakeholder_id)
        .where(stakeholder.c.account_id.is_not(None))
    ))


def _moved(table: sa.TableClause, before: str, after: str) -> sa.Update:
    return sa.update(table).where(table.c.token_hash == before).values(token_hash=after)


def _tokens(account_id: uuid.UUID, key: bytes) -> tuple[str, str]:
    """What stood for an account until now, and what stands for it from now on."""
    return f'account:{account_id}', 'account.' + hmac.digest(key, str(account_id).encode(), 'sha256').hex()


def _now(connection: sa.Connection) -> dt.datetime:
    now = dt.datetime.now(dt.timezone.utc)
    return now.replace(tzinfo=None) if connection.dialect.name == 'sqlite' else now


def _voter_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
