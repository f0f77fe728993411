"""What a blank means is kept with each round of votes

In a score it is no opinion from now on. Rounds that have been opened keep the rule that their ballot stated: a blank
counts 0.
"""

from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE vote_round ADD COLUMN blank_means TEXT DEFAULT 'least' NOT NULL"
        " CONSTRAINT ck_vote_round_blank_means CHECK (blank_means IN ('least', 'no_opinion'))"
    )
    op.execute("UPDATE vote_round SET blank_means = 'no_opinion' WHERE state = 'draft' AND method = 'score'")
