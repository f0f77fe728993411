"""Facts that nobody may have given can be empty

What is recorded stays as it is: nobody can tell which of these values somebody chose and which the form
proposed. Of records from here on, empty means that nobody said.
"""

import re

from alembic import op

revision = '0011'
down_revision = '0010'
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
        _edit_sqlite()
        return
    for table, columns in MAY_BE_EMPTY.items():
        for column in columns:
            op.alter_column(table, column, nullable=True)


def _edit_sqlite() -> None:
    """SQLite cannot alter a column, and a copied table would break the keys that lead to it. Its manual names
    this way for taking back a NOT NULL: lang_altertable.html, "Making Other Kinds Of Table Schema Changes"."""
    connection = op.get_bind()
    version = connection.exec_driver_sql('PRAGMA schema_version').scalar_one()
    connection.exec_driver_sql('PRAGMA writable_schema = ON')
    for table, columns in MAY_BE_EMPTY.items():
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).scalar_one()
        for column in columns:
            made, found = re.subn(rf'(?m)^(\s*"?{column}"? [A-Z]+) NOT NULL', r'\1', made)
            if found != 1:
                raise RuntimeError(f'{table}.{column} is not where it was expected')
        connection.exec_driver_sql("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (made, table))
    connection.exec_driver_sql(f'PRAGMA schema_version = {version + 1}')
    connection.exec_driver_sql('PRAGMA writable_schema = RESET')
