"""Runs can be cancelled by a person, and a matching run has a limit of memory."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

TABLES = ("calibrations", "shadow_runs", "corridors", "matching_runs")
ENDED = "'done', 'failed'"


def upgrade() -> None:
    for table in TABLES:
        _statuses(table, f"'queued', 'running', {ENDED}, 'cancelled'")
    op.add_column("matching_runs", sa.Column("memory_gb", sa.Double(), nullable=True))
    op.create_check_constraint(op.f("ck_matching_runs_memory_gb"), "matching_runs", "memory_gb > 0")


def downgrade() -> None:
    op.drop_column("matching_runs", "memory_gb")
    for table in TABLES:
        op.execute(f"UPDATE {table} SET status = 'failed', error = 'It was cancelled.' WHERE status = 'cancelled'")
        _statuses(table, f"'queued', 'running', {ENDED}")


def _statuses(table: str, statuses: str) -> None:
    op.drop_constraint(f"ck_{table}_status", table)
    op.create_check_constraint(op.f(f"ck_{table}_status"), table, f"status IN ({statuses})")
