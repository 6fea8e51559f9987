"""Where a pupil means to go as an adult, the transfers to services for adults, and what came of it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
LA = f"({SCOPE} = 'la' AND authority_id = {ME})"
REGION = f"({SCOPE} = 'region' AND authority_id IN (SELECT id FROM authorities WHERE region_id = {ME}))"
OF_NEED = f"({LA} AND EXISTS (SELECT FROM needs WHERE needs.id = need_id))"
# A provider reads where its pupil means to go as long as the pupil is placed there; what came of it is the authority's.
PLACED = (
    f"({SCOPE} = 'provider' AND EXISTS (SELECT FROM placements p"
    f" WHERE p.need_id = destination_plans.need_id AND p.provider_id = {ME} AND p.status <> 'ended'))"
)
SEEN = "EXISTS (SELECT FROM destination_plans d WHERE d.id = plan_id)"
OF_PLACEMENT = (
    "(placement_id IS NULL OR EXISTS (SELECT FROM placements p"
    " WHERE p.id = placement_id AND p.need_id = destination_outcomes.need_id))"
)

# table → (rights, who reads, who adds, who changes; None = nobody).
POLICIES: dict[str, tuple[str | None, ...]] = {
    "destination_plans": (
        "SELECT, INSERT",
        f"{SYSTEM} OR {LA} OR {REGION} OR {PLACED}",
        f"{SYSTEM} OR {OF_NEED}",
        None,
    ),
    "destination_aims": ("SELECT, INSERT", f"{SYSTEM} OR {SEEN}", f"{SYSTEM} OR ({SCOPE} = 'la' AND {SEEN})", None),
    "adult_transfers": (
        "SELECT, INSERT, UPDATE (team, planned_on, requested_on, assessed_on, agreed_on, done_on, closed_on, version)",
        f"{SYSTEM} OR {LA} OR {REGION}",
        *[f"{SYSTEM} OR {OF_NEED}"] * 2,
    ),
    "destination_outcomes": (
        'SELECT, INSERT, UPDATE (placement_id, code, "on", aim_met, words, six_months, a_year, version)',
        f"{SYSTEM} OR {LA} OR {REGION}",
        *[f"({SYSTEM} OR {OF_NEED}) AND {OF_PLACEMENT}"] * 2,
    ),
}

PATHWAYS = ("education", "employment", "independent_living", "community", "health")
CODES = {
    "education": (
        "school_sixth_form", "fe_college", "special_post_16", "supported_internship", "apprenticeship",
        "higher_education", "training", "working", "neet", "unknown",
    ),
    "employment": ("paid", "paid_with_support", "voluntary", "studying", "neet", "unknown"),
    "independent_living": (
        "own_home", "supported_living", "shared_lives", "family_home", "residential", "unknown",
    ),
    "community": ("takes_part", "takes_part_with_support", "hardly_takes_part", "unknown"),
    "health": ("adult_services", "gp", "waiting", "no_service", "not_needed", "unknown"),
}  # fmt: skip
ALL_CODES = (
    "school_sixth_form", "fe_college", "special_post_16", "supported_internship", "apprenticeship",
    "higher_education", "training", "working", "paid", "paid_with_support", "voluntary", "studying", "neet",
    "own_home", "supported_living", "shared_lives", "family_home", "residential", "takes_part",
    "takes_part_with_support", "hardly_takes_part", "adult_services", "gp", "waiting", "no_service", "not_needed",
    "unknown",
)  # fmt: skip
CODE_OF_PATHWAY = " ".join(
    f"WHEN '{pathway}' THEN code IN ({', '.join(repr(code) for code in codes)})" for pathway, codes in CODES.items()
)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _of_need() -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in ("need_id", "authority_id")]


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _keys(table: str, *unique: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_{'_'.join(unique)}")),
    ]


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _plans()
    _transfers()
    _outcomes()
    for table in ("destination_plans", "adult_transfers", "destination_outcomes"):
        op.create_index(op.f(f"ix_{table}_authority_id"), table, ["authority_id"], unique=False)
    op.create_index(
        op.f("ix_destination_outcomes_placement_id"), "destination_outcomes", ["placement_id"], unique=False
    )
    for table, (rights, reads, adds, changes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        if changes:
            op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")


def _plans() -> None:
    table = "destination_plans"
    op.create_table(
        table,
        _id(),
        *_of_need(),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_destination_plans_version")),
        sa.CheckConstraint('"next_on" > "on"', name=op.f("ck_destination_plans_next_on")),
        _to(table, "need_id", "needs"),
        _to(table, "authority_id", "authorities"),
        *_keys(table, "need_id", "version"),
    )
    table = "destination_aims"
    op.create_table(
        table,
        _id(),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("pathway", _one_of("pathway", *PATHWAYS), nullable=False),
        sa.Column("aim", sa.String(length=2000), nullable=False),
        sa.Column("barriers", sa.String(length=2000), nullable=True),
        sa.Column("target_on", sa.Date(), nullable=False),
        sa.Column("steps", postgresql.ARRAY(sa.String(length=400)), nullable=False),
        sa.Column("who", postgresql.ARRAY(sa.String(length=120)), nullable=False),
        sa.Column("by", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.CheckConstraint("cardinality(steps) = cardinality(who)", name=op.f("ck_destination_aims_who")),
        sa.CheckConstraint("cardinality(steps) = cardinality(by)", name=op.f("ck_destination_aims_by")),
        sa.CheckConstraint("cardinality(steps) <= 3", name=op.f("ck_destination_aims_steps")),
        _to(table, "plan_id", "destination_plans"),
        *_keys(table, "plan_id", "pathway"),
    )


def _transfers() -> None:
    table = "adult_transfers"
    op.create_table(
        table,
        _id(),
        *_of_need(),
        sa.Column(
            "service",
            _one_of("service", "social_care", "health", "mental_health", "continuing_care"),
            nullable=False,
        ),
        sa.Column("team", sa.String(length=200), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.Date(), nullable=True)
            for name in ("requested_on", "assessed_on", "agreed_on", "done_on", "closed_on")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "assessed_on IS NULL OR coalesce(assessed_on >= requested_on, false)",
            name=op.f("ck_adult_transfers_assessed_after_request"),
        ),
        sa.CheckConstraint(
            "done_on IS NULL OR coalesce(done_on >= agreed_on, false)",
            name=op.f("ck_adult_transfers_done_after_agreement"),
        ),
        sa.CheckConstraint("num_nonnulls(done_on, closed_on) <= 1", name=op.f("ck_adult_transfers_one_end")),
        _to(table, "need_id", "needs"),
        _to(table, "authority_id", "authorities"),
        *_keys(table, "need_id", "service"),
    )


def _outcomes() -> None:
    table = "destination_outcomes"
    held = ("yes", "no", "not_known")
    op.create_table(
        table,
        _id(),
        *_of_need(),
        sa.Column("placement_id", sa.BigInteger(), nullable=True),
        sa.Column("pathway", _one_of("pathway", *PATHWAYS), nullable=False),
        sa.Column("code", _one_of("code", *ALL_CODES), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("aim_met", _one_of("aim_met", "met", "partly", "not_met", "no_aim"), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.Column("six_months", _one_of("six_months", *held), nullable=True),
        sa.Column("a_year", _one_of("a_year", *held), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"CASE pathway {CODE_OF_PATHWAY} END", name=op.f("ck_destination_outcomes_code_of_pathway")),
        sa.CheckConstraint(
            "a_year IS NULL OR six_months IS NOT NULL", name=op.f("ck_destination_outcomes_year_after_six_months")
        ),
        sa.CheckConstraint(
            "NOT coalesce(six_months = 'no' AND a_year = 'yes', false)",
            name=op.f("ck_destination_outcomes_sustained"),
        ),
        _to(table, "need_id", "needs"),
        _to(table, "authority_id", "authorities"),
        _to(table, "placement_id", "placements"),
        *_keys(table, "need_id", "pathway"),
    )


def downgrade() -> None:
    for table in ("destination_outcomes", "adult_transfers", "destination_aims", "destination_plans"):
        op.drop_table(table)
