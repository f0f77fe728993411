"""Methods of voting are those of the registry, which commands check, so that a new one needs no migration"""

from alembic import op

from db.migrations.in_place import edit_tables

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        edit_tables(op.get_bind(), {'vote_round': [(r'(?s),\s*CONSTRAINT ck_vote_round_method CHECK \(method IN \([^)]*\)\)', '')]})
        return
    op.drop_constraint(op.f('ck_vote_round_method'), 'vote_round', type_='check')
