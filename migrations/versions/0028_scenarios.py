"""Scenarios: runs on the frozen base of another run, what they make otherwise, and why a pupil is elsewhere in one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
# What is made otherwise names pupils and budgets of all LAs of a region: of the scope that asked, like the result.
OF_SCOPE = f"{SYSTEM} OR EXISTS (SELECT FROM matching_runs r WHERE r.id = run_id AND r.scope_id = {ME})"
ACTIVE = "status IN ('queued', 'running')"


def upgrade() -> None:
    op.add_column("matching_runs", sa.Column("base_id", sa.BigInteger(), nullable=True))
    op.add_column("matching_runs", sa.Column("name", sa.String(80), nullable=True))
    op.create_check_constraint(op.f("ck_matching_runs_scenario"), "matching_runs", "(base_id IS NULL) = (name IS NULL)")
    op.create_unique_constraint(op.f("uq_matching_runs_id_scope_id"), "matching_runs", ["id", "scope_id"])
    op.create_unique_constraint(op.f("uq_matching_runs_base_id_name"), "matching_runs", ["base_id", "name"])
    op.create_foreign_key(
        op.f("fk_matching_runs_base_id"), "matching_runs", "matching_runs", ["base_id", "scope_id"], ["id", "scope_id"]
    )
    _one_active(f"{ACTIVE} AND base_id IS NULL")
    op.add_column("recommendations", sa.Column("moved_because", sa.String(400), nullable=True))
    op.create_table(
        "scenario_changes",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("changes", postgresql.JSONB(), nullable=False),
        sa.Column("words", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["matching_runs.id"], name=op.f("fk_scenario_changes_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_scenario_changes")),
    )
    op.execute(f"GRANT SELECT, INSERT ON scenario_changes TO {APPLICATION}")
    op.execute("ALTER TABLE scenario_changes ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON scenario_changes FOR SELECT USING ({OF_SCOPE})")
    op.execute(f"CREATE POLICY adds ON scenario_changes FOR INSERT WITH CHECK ({OF_SCOPE})")


def downgrade() -> None:
    op.drop_table("scenario_changes")
    scenarios = "(SELECT id FROM matching_runs WHERE base_id IS NOT NULL)"
    for table in ("recommendations", "run_budgets", "run_results"):
        op.execute(f"DELETE FROM {table} WHERE run_id IN {scenarios}")
    op.execute("DELETE FROM matching_runs WHERE base_id IS NOT NULL")
    op.drop_column("recommendations", "moved_because")
    _one_active(ACTIVE)
    op.drop_constraint("fk_matching_runs_base_id", "matching_runs")
    op.drop_constraint("uq_matching_runs_base_id_name", "matching_runs")
    op.drop_constraint("uq_matching_runs_id_scope_id", "matching_runs")
    op.drop_constraint("ck_matching_runs_scenario", "matching_runs")
    op.drop_column("matching_runs", "name")
    op.drop_column("matching_runs", "base_id")


def _one_active(which: str) -> None:
    op.drop_index("uq_matching_runs_active", table_name="matching_runs")
    op.create_index(
        "uq_matching_runs_active", "matching_runs", ["scope_id"], unique=True, postgresql_where=sa.text(which)
    )
