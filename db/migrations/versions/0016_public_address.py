"""The lab's public address, and the proxies that are trusted; until now the one was guessed from each request"""

from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Written out, because SQLite can add these in place, while a table made anew loses its checks.
    op.execute('ALTER TABLE lab ADD COLUMN public_address TEXT')
    op.execute('ALTER TABLE lab ADD COLUMN trusted_proxies TEXT')
