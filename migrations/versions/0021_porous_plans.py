"""How a pupil's week is split between a special setting and a mainstream school, in dated versions, and its reviews."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
SYSTEM = f"{SCOPE} = 'system'"
SEEN = "EXISTS (SELECT FROM placements WHERE placements.id = placement_id)"  # by its key, not by a list of all
SIDES = f"{SYSTEM} OR ({SCOPE} IN ('la', 'provider') AND {SEEN})"


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.add_column("placements", sa.Column("is_on_roll", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(f"GRANT UPDATE (is_on_roll) ON placements TO {APPLICATION}")
    op.create_table(
        "porous_plans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("placement_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", _one_of("status", "proposed", "approved", "returned", "withdrawn"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("main", _one_of("main", "special", "mainstream"), nullable=False),
        sa.Column("school", sa.String(length=200), nullable=False),
        sa.Column("school_urn", sa.Integer(), nullable=True),
        sa.Column("week", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("rides", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("goal", _one_of("goal", "towards_mainstream", "towards_special", "stable"), nullable=False),
        sa.Column("goal_sessions", sa.Integer(), nullable=False),
        sa.Column("goal_on", sa.Date(), nullable=True),
        sa.Column("special_staff", sa.String(length=120), nullable=False),
        sa.Column("mainstream_staff", sa.String(length=120), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("review_weeks", sa.Integer(), nullable=False),
        sa.Column(
            "why",
            _one_of("why", "first", "progress", "difficulty", "pupil", "family", "staffing", "other"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=4000), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decision", sa.String(length=4000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cardinality(week) = 10 AND week <@ ARRAY['special', 'mainstream']::varchar[]",
            name=op.f("ck_porous_plans_week"),
        ),
        sa.CheckConstraint("'special' = ANY (week) AND 'mainstream' = ANY (week)", name=op.f("ck_porous_plans_split")),
        sa.CheckConstraint(
            "cardinality(rides) = 5 AND rides <@ ARRAY['none', 'family', 'authority', 'schools']::varchar[]",
            name=op.f("ck_porous_plans_rides"),
        ),
        sa.CheckConstraint("goal_sessions BETWEEN 0 AND 10", name=op.f("ck_porous_plans_goal_sessions")),
        sa.CheckConstraint("(goal = 'stable') = (goal_on IS NULL)", name=op.f("ck_porous_plans_goal_on")),
        sa.CheckConstraint("review_weeks BETWEEN 1 AND 26", name=op.f("ck_porous_plans_review_weeks")),
        sa.CheckConstraint(
            "(status IN ('approved', 'returned')) = (decided_at IS NOT NULL)", name=op.f("ck_porous_plans_decided_at")
        ),
        sa.CheckConstraint("(decided_at IS NULL) = (decision IS NULL)", name=op.f("ck_porous_plans_decision")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_porous_plans_organisation_id")
        ),
        sa.ForeignKeyConstraint(["placement_id"], ["placements.id"], name=op.f("fk_porous_plans_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_porous_plans")),
        sa.UniqueConstraint("placement_id", "number", name=op.f("uq_porous_plans_placement_id_number")),
    )
    op.create_index(op.f("ix_porous_plans_placement_id"), "porous_plans", ["placement_id"], unique=False)
    op.create_index(
        "uq_porous_plans_proposed",
        "porous_plans",
        ["placement_id"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )
    # A version is added and decided on; what it says is never changed.
    decided = "status, decided_at, decided_by, decision, version"
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({decided}) ON porous_plans TO {APPLICATION}")
    op.execute("ALTER TABLE porous_plans ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON porous_plans FOR SELECT USING ({SYSTEM} OR {SEEN})")
    op.execute(f"CREATE POLICY adds ON porous_plans FOR INSERT WITH CHECK ({SIDES})")
    op.execute(f"CREATE POLICY changes ON porous_plans FOR UPDATE USING ({SIDES}) WITH CHECK ({SIDES})")

    op.create_table(
        "porous_reviews",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("placement_id", sa.BigInteger(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("belonging", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("pupil", sa.String(length=4000), nullable=True),
        sa.Column("family", sa.String(length=4000), nullable=True),
        sa.Column("special", sa.String(length=4000), nullable=False),
        sa.Column("mainstream", sa.String(length=4000), nullable=False),
        sa.Column("outcome", _one_of("outcome", "go_on", "change", "end"), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cardinality(belonging) = 4 AND belonging <@ ARRAY[0, 1, 2, 3, 4]", name=op.f("ck_porous_reviews_belonging")
        ),
        sa.CheckConstraint('"next_on" > "on"', name=op.f("ck_porous_reviews_next_on")),
        sa.CheckConstraint("(outcome = 'end') = (next_on IS NULL)", name=op.f("ck_porous_reviews_next_unless_it_ends")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_porous_reviews_organisation_id")
        ),
        sa.ForeignKeyConstraint(["placement_id"], ["placements.id"], name=op.f("fk_porous_reviews_placement_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["porous_plans.id"], name=op.f("fk_porous_reviews_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_porous_reviews")),
        sa.UniqueConstraint("placement_id", "number", name=op.f("uq_porous_reviews_placement_id_number")),
    )
    op.execute(f"GRANT SELECT, INSERT ON porous_reviews TO {APPLICATION}")
    op.execute("ALTER TABLE porous_reviews ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON porous_reviews FOR SELECT USING ({SYSTEM} OR {SEEN})")
    op.execute(f"CREATE POLICY adds ON porous_reviews FOR INSERT WITH CHECK ({SIDES})")


def downgrade() -> None:
    op.drop_table("porous_reviews")
    op.drop_table("porous_plans")
    op.drop_column("placements", "is_on_roll")
