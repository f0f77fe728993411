"""Contributions keep the dots that were put on them in the room

For workshops that have been wrapped up they are counted from what is still stored of the board.
"""

from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('ALTER TABLE contribution ADD COLUMN dots INTEGER CONSTRAINT ck_contribution_dots CHECK (dots >= 1)')
    op.execute(
        'UPDATE contribution SET dots = (SELECT sum(note_dots.dots) FROM note_dots'
        ' JOIN note AS dotted ON dotted.id = note_dots.note_id'
        ' JOIN note AS standing ON standing.id = coalesce(dotted.merged_into, dotted.id)'
        ' WHERE standing.contribution_id = contribution.id AND standing.hidden_at IS NULL)'
        ' WHERE id IN (SELECT contribution_id FROM note WHERE contribution_id IS NOT NULL)'
    )
