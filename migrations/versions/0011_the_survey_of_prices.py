"""The survey of published prices like for like, and what each provider is told of its peers.

Buyers read the survey; a provider reads no row of it, only its own standings.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
BUYER = f"{SYSTEM} OR {SCOPE} IN ('la', 'region', 'operator')"
READS = {
    "surveys": BUYER,
    "surveyed_prices": BUYER,
    "standings": f"{SYSTEM} OR ({SCOPE} = 'provider' AND provider_id = {ME})",
}


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _band() -> sa.Column[str]:
    values = ("mild", "moderate", "intensive", "profound", "exceptional")
    return sa.Column("band", _one_of("band", *values), nullable=False)


def _pattern() -> sa.Column[str]:
    return sa.Column("pattern", _one_of("pattern", "day", "weekly", "termly", "annual"), nullable=False)


def _setting_type() -> sa.Column[str]:
    values = ("nmss", "section41", "independent", "state_special", "ap", "resourced_mainstream")
    return sa.Column("setting_type", _one_of("setting_type", *values), nullable=False)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    op.create_table(
        "surveys",
        _id(),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("tariffs", postgresql.ARRAY(sa.String(length=200)), nullable=False),
        sa.Column("corridor", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("left_out >= 0", name=op.f("ck_surveys_left_out")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
    )
    op.create_table(
        "surveyed_prices",
        _id(),
        *(_whole(name) for name in ("survey_id", "provision_id", "setting_id", "authority_id")),
        _whole("provider_id", nullable=True),
        _band(),
        _pattern(),
        _setting_type(),
        *(_whole(name) for name in ("amount", "guide")),
        sa.CheckConstraint("guide > 0", name=op.f("ck_surveyed_prices_guide")),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["surveys.id"], name=op.f("fk_surveyed_prices_survey_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_surveyed_prices_provision_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_surveyed_prices_setting_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_surveyed_prices_provider_id")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_surveyed_prices_authority_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveyed_prices")),
        sa.UniqueConstraint(
            "survey_id", "provision_id", "band", name=op.f("uq_surveyed_prices_survey_id_provision_id_band")
        ),
    )
    op.create_index(
        op.f("ix_surveyed_prices_survey_id_band_pattern"), "surveyed_prices", ["survey_id", "band", "pattern"]
    )
    op.create_table(
        "standings",
        _id(),
        *(_whole(name) for name in ("provider_id", "region_id")),
        _setting_type(),
        _band(),
        _pattern(),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("area", sa.String(length=200), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("settings", "providers")),
        *(_whole(name, nullable=True) for name in ("lower", "median", "upper", "low", "middle", "high")),
        sa.CheckConstraint(
            "num_nulls(area, settings, providers, lower, median, upper) IN (0, 6)", name=op.f("ck_standings_peers")
        ),
        sa.CheckConstraint("settings >= 5 AND providers >= 3", name=op.f("ck_standings_discreet")),
        sa.CheckConstraint("num_nulls(low, middle, high) IN (0, 3)", name=op.f("ck_standings_corridor")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_standings_provider_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_standings_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standings")),
        sa.UniqueConstraint(
            *("provider_id", "region_id", "setting_type", "band", "pattern"),
            name=op.f("uq_standings_provider_id_region_id_setting_type_band_pattern"),
        ),
    )
    for table, reads in READS.items():
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({SYSTEM})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({SYSTEM})")


def downgrade() -> None:
    for table in ("standings", "surveyed_prices", "surveys"):
        op.drop_table(table)
