"""Placement sets, and calibrations, shadow runs and corridors on them: an LA's or region's own, unchanged once done."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
MINE = f"{SCOPE} = 'system' OR ({SCOPE} IN ('la', 'region') AND owner_id = {ME})"
UNDER_WAY = "status IN ('queued', 'running')"

# table → its own columns and rule
RUNS: dict[str, tuple[list[sa.Column[object]], dict[str, str]]] = {
    "calibrations": (
        [
            sa.Column("name", sa.String(120), nullable=False),
            sa.Column("valid_from", sa.Date(), nullable=False),
            sa.Column("step", sa.Integer(), nullable=False),
            sa.Column("is_neutral", sa.Boolean(), nullable=False),
            sa.Column("fits_multipliers", sa.Boolean(), nullable=False),
            sa.Column("multipliers", postgresql.JSONB(), nullable=False),
        ],
        {"step": "step BETWEEN 0 AND 1000000"},
    ),
    "shadow_runs": (
        [
            sa.Column("tariff_id", sa.BigInteger(), nullable=True),
            sa.Column("content", postgresql.JSONB(), nullable=False),
            sa.Column("year_limit", sa.Integer(), nullable=False),
        ],
        {"year_limit": "year_limit BETWEEN 1 AND 10000"},
    ),
    "corridors": ([sa.Column("on_date", sa.Date(), nullable=False)], {}),
}


def upgrade() -> None:
    op.create_table(
        "placement_sets",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(40), nullable=False),
        sa.Column("placements", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("contents", postgresql.JSONB(), nullable=False),
        sa.Column("file", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("basis IN ('like_for_like', 'contracted')", name=op.f("ck_placement_sets_basis")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_placement_sets_dates")),
        sa.CheckConstraint("placements > 0", name=op.f("ck_placement_sets_placements")),
        sa.ForeignKeyConstraint(["owner_id"], ["organisations.id"], name=op.f("fk_placement_sets_owner_id")),
        sa.ForeignKeyConstraint(["added_by_id"], ["users.id"], name=op.f("fk_placement_sets_added_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement_sets")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_placement_sets_owner_id_name")),
        sa.UniqueConstraint("id", "owner_id", name=op.f("uq_placement_sets_id_owner_id")),
    )
    op.create_index(op.f("ix_placement_sets_owner_id"), "placement_sets", ["owner_id"])
    op.execute(f"GRANT SELECT, INSERT ON placement_sets TO {APPLICATION}")
    op.execute("ALTER TABLE placement_sets ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON placement_sets FOR SELECT USING ({MINE})")
    op.execute(f"CREATE POLICY adds ON placement_sets FOR INSERT WITH CHECK ({MINE})")
    for table, (columns, checks) in RUNS.items():
        _create_runs(table, columns, checks)
    op.create_foreign_key(
        op.f("fk_shadow_runs_tariff_id"), "shadow_runs", "tariffs", ["tariff_id"], ["id"], ondelete="SET NULL"
    )
    op.create_index(op.f("ix_shadow_runs_tariff_id"), "shadow_runs", ["tariff_id"])


def _create_runs(table: str, columns: list[sa.Column[object]], checks: dict[str, str]) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("placement_set_id", sa.BigInteger(), nullable=False),
        *columns,
        sa.Column("requested_by_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("progress", postgresql.JSONB(), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(400), nullable=True),
        sa.Column("figures", postgresql.JSONB(), nullable=True),
        sa.Column("files", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('queued', 'running', 'done', 'failed')", name=op.f(f"ck_{table}_status")),
        sa.CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name=op.f(f"ck_{table}_error_of_failed")),
        sa.CheckConstraint(
            "(status = 'done') = (figures IS NOT NULL AND files IS NOT NULL)", name=op.f(f"ck_{table}_result_of_done")
        ),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in checks.items()),
        sa.ForeignKeyConstraint(["requested_by_id"], ["users.id"], name=op.f(f"fk_{table}_requested_by_id")),
        sa.ForeignKeyConstraint(
            ["placement_set_id", "owner_id"],
            ["placement_sets.id", "placement_sets.owner_id"],
            name=op.f(f"fk_{table}_placement_set_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_placement_set_id"), table, ["placement_set_id"])
    op.create_index(f"uq_{table}_active", table, ["owner_id"], unique=True, postgresql_where=sa.text(UNDER_WAY))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {table} TO {APPLICATION}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({MINE})")
    op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({MINE})")
    # What has ended is never changed, by nobody.
    op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({UNDER_WAY} AND ({MINE})) WITH CHECK ({MINE})")


def downgrade() -> None:
    for table in ("corridors", "shadow_runs", "calibrations", "placement_sets"):
        op.drop_table(table)
