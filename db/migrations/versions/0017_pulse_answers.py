"""By which link a pulse answer came and when, whether it counts, and links that have been ended"""

from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = 'TIMESTAMP WITH TIME ZONE' if op.get_bind().dialect.name == 'postgresql' else 'DATETIME'
    op.execute('ALTER TABLE pulse ADD COLUMN link TEXT')
    op.execute(f'ALTER TABLE pulse ADD COLUMN answered_at {instant}')
    op.execute(
        "ALTER TABLE pulse ADD COLUMN standing TEXT DEFAULT 'counted' NOT NULL"
        " CONSTRAINT ck_pulse_standing CHECK (standing IN ('counted', 'held', 'kept', 'left_out'))"
    )
    op.execute('ALTER TABLE project ADD COLUMN pulse_links_ended INTEGER DEFAULT 0 NOT NULL')
