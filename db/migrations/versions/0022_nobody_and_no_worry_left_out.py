"""A foreseen risk may be about the project as a whole, and people who name no group are counted"""

from alembic import op

from db.migrations.in_place import edit_tables

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None

GROUPS = ('service_user', 'carer', 'community', 'front_line', 'public_manager', 'elected', 'sponsor', 'partner', 'group_not_said')


def upgrade() -> None:
    listed = ', '.join(f"'{group}'" for group in GROUPS)
    if op.get_bind().dialect.name == 'sqlite':
        edit_tables(
            op.get_bind(),
            {
                'foreseen_risk': [(r'(?m)^(\s*"?prototype_id"? [A-Z]+\(32\)) NOT NULL', r'\1')],
                'group_attendance': [(r'CHECK \(group_name IN \([^)]*\)\)', f'CHECK (group_name IN ({listed}))')],
            },
        )
        return
    op.alter_column('foreseen_risk', 'prototype_id', nullable=True)
    op.drop_constraint(op.f('ck_group_attendance_group_name'), 'group_attendance', type_='check')
    op.create_check_constraint(op.f('ck_group_attendance_group_name'), 'group_attendance', f'group_name IN ({listed})')
