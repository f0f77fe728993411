"""An option of a vote may be an answer to a quick poll, which is no prototype"""

from alembic import op

from db.migrations.in_place import edit_tables

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        edit_tables(
            op.get_bind(),
            {'vote_option': [(r'(?m)^(\s*"?prototype_id"? [A-Z]+\(32\)) NOT NULL', r'\1')]},
        )
        return
    op.alter_column('vote_option', 'prototype_id', nullable=True)
