"""Studies of a run: where one more place would help, who gains and who pays."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
# It counts the pupils and the money of all LAs of a region: of the scope that asked, like the result of its run.
MINE = f"{SCOPE} = 'system' OR scope_id = {ME}"
UNDER_WAY = "status IN ('queued', 'running')"


def upgrade() -> None:
    op.create_table(
        "studies",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("progress", postgresql.JSONB(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(400), nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_studies_status")
        ),
        sa.CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name=op.f("ck_studies_error_of_failed")),
        sa.CheckConstraint("(status = 'done') = (figures IS NOT NULL)", name=op.f("ck_studies_result_of_done")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["users.id"], name=op.f("fk_studies_requested_by_id")),
        sa.ForeignKeyConstraint(
            ["run_id", "scope_id"], ["matching_runs.id", "matching_runs.scope_id"], name=op.f("fk_studies_run_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_studies")),
    )
    op.create_index(op.f("ix_studies_run_id"), "studies", ["run_id"])
    op.create_index("uq_studies_active", "studies", ["run_id"], unique=True, postgresql_where=sa.text(UNDER_WAY))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON studies TO {APPLICATION}")
    op.execute("ALTER TABLE studies ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON studies FOR SELECT USING ({MINE})")
    op.execute(f"CREATE POLICY adds ON studies FOR INSERT WITH CHECK ({MINE})")
    # What has ended is never changed, by nobody.
    op.execute(f"CREATE POLICY changes ON studies FOR UPDATE USING ({UNDER_WAY} AND ({MINE})) WITH CHECK ({MINE})")


def downgrade() -> None:
    op.drop_table("studies")
