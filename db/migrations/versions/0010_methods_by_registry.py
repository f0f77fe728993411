"""Methods of voting are those of the registry, which commands check, so that a new one needs no migration"""

from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('vote_round') as table:
        table.drop_constraint(op.f('ck_vote_round_method'), type_='check')
