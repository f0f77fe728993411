"""Change how SQLite made a table, in place.

SQLite cannot alter a column or drop a check. Alembic then copies the table and drops the old one, which fails
as soon as rows of other tables lead to it. Its manual names the way taken here for taking back a NOT NULL or
a CHECK: https://sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
"""

import re
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

HOW_MADE = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
MADE_LIKE_THIS = "UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?"


def edit_tables(connection: Connection, edits: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Replace patterns in the statements that made tables; each must be found exactly once."""
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, changes in edits.items():
        made = connection.exec_driver_sql(HOW_MADE, (table,)).scalar_one()
        for pattern, replacement in changes:
            made, found = re.subn(pattern, replacement, made)
            if found != 1:
                raise RuntimeError(f"{table} was not made as expected: {pattern}")
        connection.exec_driver_sql(MADE_LIKE_THIS, (made, table))
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
