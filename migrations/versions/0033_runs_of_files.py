"""A run may be of files that somebody sent, kept with it from its start; no need of the database is in it."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("matching_runs", sa.Column("file_name", sa.String(200), nullable=True))
    op.create_check_constraint(
        op.f("ck_matching_runs_file_has_no_base"), "matching_runs", "file_name IS NULL OR base_id IS NULL"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE matching_runs SET status = 'failed', error = 'It was of files that somebody sent.'"
        " WHERE file_name IS NOT NULL"
    )
    op.drop_column("matching_runs", "file_name")
