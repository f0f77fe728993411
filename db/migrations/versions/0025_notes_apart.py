"""Pairs of notes that a host said are not the same"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notes_apart',
    sa.Column('note_id', sa.Uuid(), nullable=False),
    sa.Column('other_id', sa.Uuid(), nullable=False),
    sa.Column('workshop_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['note_id'], ['note.id'], name=op.f('fk_notes_apart_note_id_note')),
    sa.ForeignKeyConstraint(['other_id'], ['note.id'], name=op.f('fk_notes_apart_other_id_note')),
    sa.ForeignKeyConstraint(['workshop_id'], ['workshop.id'], name=op.f('fk_notes_apart_workshop_id_workshop')),
    sa.PrimaryKeyConstraint('note_id', 'other_id', name=op.f('pk_notes_apart'))
    )
    op.create_index(op.f('ix_notes_apart_workshop_id'), 'notes_apart', ['workshop_id'])
    op.create_index(op.f('ix_notes_apart_other_id'), 'notes_apart', ['other_id'])
