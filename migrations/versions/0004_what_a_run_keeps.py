"""What a run keeps: its whole answer, its worker's last sign of life, what the child travels; and runs by command."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("matching_runs", "requested_by_id", nullable=True)
    op.add_column("matching_runs", sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("run_results", sa.Column("answer", sa.LargeBinary(), nullable=True))
    op.add_column("recommendations", sa.Column("child_km", sa.Numeric(8, 3), nullable=True))


def downgrade() -> None:
    op.drop_column("recommendations", "child_km")
    op.drop_column("run_results", "answer")
    op.drop_column("matching_runs", "seen_at")
    op.execute(
        "DELETE FROM recommendations WHERE run_id IN (SELECT id FROM matching_runs WHERE requested_by_id IS NULL)"
    )
    op.execute("DELETE FROM run_results WHERE run_id IN (SELECT id FROM matching_runs WHERE requested_by_id IS NULL)")
    op.execute("DELETE FROM matching_runs WHERE requested_by_id IS NULL")
    op.alter_column("matching_runs", "requested_by_id", nullable=False)
