"""Facts that nobody may have given can be empty

What is recorded stays as it is: nobody can tell which of these values somebody chose and which the form
proposed. Of records from here on, empty means that nobody said.
"""

from alembic import op

from db.migrations.in_place import edit_tables

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

MAY_BE_EMPTY = {
    'expectation': ('importance', 'within_power'),
    'recommendation': ('importance',),
    'engagement': ('agenda_set_by',),
    'stakeholder': ('voice_role', 'expert_by_experience'),
    'test': ('sponsor_present',),
    'workshop_block': ('raised_by',),
    'workshop_invitation': ('hoped_for',),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == 'sqlite':
        edit_tables(op.get_bind(), {table: [_not_null(column) for column in columns] for table, columns in MAY_BE_EMPTY.items()})
        return
    for table, columns in MAY_BE_EMPTY.items():
        for column in columns:
            op.alter_column(table, column, nullable=True)


def _not_null(column: str) -> tuple[str, str]:
    return rf'(?m)^(\s*"?{column}"? [A-Z]+) NOT NULL', r'\1'
