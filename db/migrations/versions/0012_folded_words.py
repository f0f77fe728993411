"""Names folded, as searches and comparisons need them: byte by byte, a name in capitals or saved by a Mac is another"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

FOLDED = {
    'account': ('email',),
    'sponsor': ('name',),
    'project': ('title', 'place', 'reference'),
}


def upgrade() -> None:
    for name, columns in FOLDED.items():
        for column in columns:
            op.execute(f"ALTER TABLE {name} ADD COLUMN {column}_folded TEXT NOT NULL DEFAULT ''")
        _fill(name, columns)
    op.create_index(op.f('ix_account_email_folded'), 'account', ['email_folded'])
    op.create_index(op.f('ix_sponsor_name_folded'), 'sponsor', ['name_folded'])
    op.drop_index(op.f('ix_project_place'), 'project')
    op.create_index(op.f('ix_project_place_folded'), 'project', ['place_folded'])
    op.create_index(op.f('ix_project_reference_folded'), 'project', ['reference_folded'])


def _fill(name: str, columns: tuple[str, ...]) -> None:
    connection = op.get_bind()
    table = sa.table(name, sa.column('id', sa.Uuid()), *(sa.column(column + end, sa.Text()) for column in columns for end in ('', '_folded')))
    rows = connection.execute(sa.select(table.c.id, *(table.c[column] for column in columns))).all()
    if rows:
        connection.execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam('key'))
            .values({f'{column}_folded': sa.bindparam(f'folded_{column}') for column in columns}),
            [{'key': row.id} | {f'folded_{column}': _fold(getattr(row, column) or '') for column in columns} for row in rows],
        )


def _fold(text: str) -> str:
    """As `lab.foundation.folding.fold` was when this was written."""
    folded = _folded_once(text)
    while folded != text:
        text, folded = folded, _folded_once(folded)
    return folded


def _folded_once(text: str) -> str:
    seen = ''.join(each for each in text if unicodedata.category(each) not in ('Cf', 'Cs'))
    return ' '.join(unicodedata.normalize('NFKC', seen).casefold().split())
