"""A recommendation may have been sent on a day that nobody said

Registers do not always say it. Until here the day of the import stood in for it; such a day can be told from
no other, so what is recorded stays.
"""

from alembic import op

from db.migrations.in_place import edit_tables

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

NAME = 'ck_recommendation_sent_is_dated'
RULE = (
    "(status <> 'draft' OR sent_on IS NULL) AND (status = 'draft') = (response_due IS NULL) "
    "AND (status = 'draft') = (last_news_on IS NULL)"
)


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        edit_tables(op.get_bind(), {'recommendation': [(rf'CONSTRAINT {NAME} CHECK \(.*\)(?=,? *\n)', f'CONSTRAINT {NAME} CHECK ({RULE})')]})
        return
    op.drop_constraint(op.f(NAME), 'recommendation')
    op.create_check_constraint(op.f(NAME), 'recommendation', RULE)
