"""An index that orders risks without reading their sentences"""

from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f('ix_project_risk_project_id_level_score'), 'project_risk')
    op.create_index(op.f('ix_project_risk_project_id_level_score_as_of'), 'project_risk', ['project_id', 'level', 'score', 'as_of'])
