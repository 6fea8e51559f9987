"""What a pupil needs, as it was written at each time, with what gets in the way and what helps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SYSTEM = "current_setting('marketplace.scope', true) = 'system'"
SEEN = "EXISTS (SELECT FROM needs WHERE needs.id = need_id)"  # by its key, not by a list of all
WHY = ("posted", "review", "reassessed", "corrected")
PROFILE = "level_ci, level_cl, level_semh, level_sp, primary_need, secondary_needs, requirements"
# Added by the database, whoever writes the need: no version can be forgotten, and none is changed.
KEEP = """
CREATE FUNCTION keep_profile() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.published_at IS NOT NULL
        AND ROW(%(new)s, NEW.barriers, NEW.adjustments, coalesce(NEW.band_override, NEW.derived_band))
        IS NOT DISTINCT FROM
        ROW(%(old)s, OLD.barriers, OLD.adjustments, coalesce(OLD.band_override, OLD.derived_band))
    THEN
        RETURN NULL;
    END IF;
    INSERT INTO profiles (need_id, number, "on", why, year_group, %(columns)s, band, barriers, adjustments, at)
    SELECT NEW.id, 1 + count(*), coalesce(NEW.profiled_on, (NEW.published_at AT TIME ZONE 'Europe/London')::date),
        NEW.profile_why, NEW.year_group, %(new)s, coalesce(NEW.band_override, NEW.derived_band),
        NEW.barriers, NEW.adjustments, greatest(NEW.published_at, NEW.profiled_at)
    FROM profiles WHERE need_id = NEW.id;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    texts = postgresql.ARRAY(sa.String(length=1000))
    why = sa.Enum(*WHY, name="why", native_enum=False, create_constraint=True, length=40)
    of_need = sa.Enum(*WHY, name="profile_why", native_enum=False, create_constraint=True, length=40)
    none = sa.text("""'{"","","",""}'""")
    op.add_column("needs", sa.Column("barriers", texts, server_default=none, nullable=False))
    op.add_column("needs", sa.Column("adjustments", texts, server_default=none, nullable=False))
    op.add_column("needs", sa.Column("profiled_on", sa.Date(), nullable=True))
    op.add_column("needs", sa.Column("profiled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("needs", sa.Column("profile_why", of_need, server_default="posted", nullable=False))
    op.create_check_constraint(
        op.f("ck_needs_areas"), "needs", "cardinality(barriers) = 4 AND cardinality(adjustments) = 4"
    )
    for column in ("barriers", "adjustments", "profile_why"):
        op.alter_column("needs", column, server_default=None)
    op.create_table(
        "profiles",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("why", why, nullable=False),
        sa.Column("year_group", sa.Integer(), nullable=False),
        *(sa.Column(f"level_{area}", sa.Integer(), nullable=False) for area in ("ci", "cl", "semh", "sp")),
        sa.Column("primary_need", sa.String(length=4), nullable=False),
        sa.Column("secondary_needs", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("requirements", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column(
            "band",
            sa.Enum(
                "mild", "moderate", "intensive", "profound", "exceptional",
                name="band", native_enum=False, create_constraint=True, length=40,
            ),
            nullable=True,
        ),
        sa.Column("barriers", texts, nullable=False),
        sa.Column("adjustments", texts, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_profiles_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiles")),
        sa.UniqueConstraint("need_id", "number", name=op.f("uq_profiles_need_id_number")),
    )  # fmt: skip
    op.execute(f"GRANT SELECT ON profiles TO {APPLICATION}")
    op.execute("ALTER TABLE profiles ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON profiles FOR SELECT USING ({SYSTEM} OR {SEEN})")
    columns = PROFILE.split(", ")
    op.execute(
        KEEP % {
            "columns": PROFILE,
            "new": ", ".join(f"NEW.{column}" for column in columns),
            "old": ", ".join(f"OLD.{column}" for column in columns),
        }
    )  # fmt: skip
    op.execute("REVOKE EXECUTE ON FUNCTION keep_profile FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER keep_profile AFTER INSERT OR UPDATE ON needs FOR EACH ROW"
        " WHEN (NEW.published_at IS NOT NULL) EXECUTE FUNCTION keep_profile()"
    )
    # What stands now is the first version of what was published before.
    op.execute(
        f'INSERT INTO profiles (need_id, number, "on", why, year_group, {PROFILE}, band, barriers, adjustments, at)'
        " SELECT id, 1, (published_at AT TIME ZONE 'Europe/London')::date, 'posted', year_group,"
        f" {PROFILE}, coalesce(band_override, derived_band), barriers, adjustments, published_at"
        " FROM needs WHERE published_at IS NOT NULL ORDER BY id"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_profile ON needs")
    op.execute("DROP FUNCTION keep_profile")
    op.drop_table("profiles")
    for column in ("barriers", "adjustments", "profiled_on", "profiled_at", "profile_why"):
        op.drop_column("needs", column)
