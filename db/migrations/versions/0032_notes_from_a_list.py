"""A note may come from a list"""

from alembic import op

from db.migrations.in_place import edit_tables

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

LISTED = "'phone', 'account', 'facilitator', 'paper', 'list'"


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        edit_tables(op.get_bind(), {'note': [(r'CHECK \(source IN \([^)]*\)\)', f'CHECK (source IN ({LISTED}))')]})
        return
    op.drop_constraint(op.f('ck_note_source'), 'note', type_='check')
    op.create_check_constraint(op.f('ck_note_source'), 'note', f'source IN ({LISTED})')
