"""What each provider is told of the needs posted around its settings, in rows of its own: it reads no need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
READS = {
    "demands": f"{SYSTEM} OR ({SCOPE} = 'provider' AND provider_id = {ME})",
    "demand_counts": "demand_id IN (SELECT id FROM demands)",
}


def upgrade() -> None:
    op.create_table(
        "demands",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_demands_provider_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_demands_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demands")),
        sa.UniqueConstraint("provider_id", "setting_id", name=op.f("uq_demands_provider_id_setting_id")),
    )
    op.create_table(
        "demand_counts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("demand_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "dimension",
            sa.Enum(
                "all", "need", "level", "years", name="dimension", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("codes", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 5 AND amount % 5 = 0", name=op.f("ck_demand_counts_discreet")),
        sa.CheckConstraint("reach IN (10, 25, 50)", name=op.f("ck_demand_counts_reach")),
        sa.ForeignKeyConstraint(
            ["demand_id"], ["demands.id"], name=op.f("fk_demand_counts_demand_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demand_counts")),
        sa.UniqueConstraint(
            *("demand_id", "dimension", "codes", "reach"),
            name=op.f("uq_demand_counts_demand_id_dimension_codes_reach"),
        ),
    )
    for table, reads in READS.items():
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")


def downgrade() -> None:
    for table in ("demand_counts", "demands"):
        op.drop_table(table)
