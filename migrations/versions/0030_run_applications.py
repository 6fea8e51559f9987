"""Plans: what of a run's recommendations an LA acts upon, by two people; and what a recommendation rests on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
LA = f"({SCOPE} = 'la' AND authority_id = {ME})"
OF_RUN = "EXISTS (SELECT FROM matching_runs r WHERE r.id = run_id)"  # one that the LA may know of
SEEN = "EXISTS (SELECT FROM run_applications a WHERE a.id = application_id)"
# A pupil of the plan's own LA and run, in a plan that is only proposed; what is consulted is a consultation of that LA.
OWN = (
    "EXISTS (SELECT FROM run_applications a JOIN recommendations r ON r.run_id = a.run_id"
    " AND r.authority_id = a.authority_id WHERE a.id = application_id AND r.id = recommendation_id{0})"
)
CONSULTED = (
    "(consultation_id IS NULL OR EXISTS (SELECT FROM consultations c JOIN recommendations r ON r.need_id = c.need_id"
    " AND r.provision_id = c.provision_id WHERE c.id = consultation_id AND r.id = recommendation_id))"
)
STEPS = "approved_at, approved_by_id, returned_at, returned_by_id, reason, applied_at, applied_by_id, undone_at"

# table → (rights, who reads, who adds, who changes).
POLICIES: dict[str, tuple[str, str, str, str]] = {
    "run_applications": (
        f"SELECT, INSERT, UPDATE (status, {STEPS}, undone_by_id, version)",
        f"{SYSTEM} OR {LA}",
        f"{SYSTEM} OR ({LA} AND {OF_RUN} AND status = 'proposed')",
        f"{SYSTEM} OR {LA}",
    ),
    "application_rows": (
        "SELECT, INSERT, UPDATE (result, words, consultation_id, undone)",
        f"{SYSTEM} OR {SEEN}",
        f"{SYSTEM} OR ({SCOPE} = 'la' AND {OWN.format(chr(32) + 'AND a.status = ' + repr('proposed'))})",
        f"{SYSTEM} OR ({SCOPE} = 'la' AND {OWN.format('')} AND {CONSULTED})",
    ),
}


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    op.add_column("recommendations", sa.Column("versions", postgresql.JSONB(), nullable=True))
    _plans()
    _rows()
    for table, (rights, reads, adds, changes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")


def _plans() -> None:
    table = "run_applications"
    steps = ("approved", "returned", "applied", "undone")
    op.create_table(
        table,
        _id(),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("status", _one_of("status", "proposed", "approved", "returned", "applied", "undone"), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=False),
        *(sa.Column(f"{step}_at", sa.DateTime(timezone=True), nullable=True) for step in steps),
        *(sa.Column(f"{step}_by_id", sa.BigInteger(), nullable=True) for step in steps),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _check(table, "two_people", "approved_by_id <> proposed_by_id"),
        _check(table, "applied_by_second", "applied_by_id <> proposed_by_id"),
        _check(
            table,
            "approved",
            "status NOT IN ('approved', 'applied', 'undone') OR num_nulls(approved_at, approved_by_id) = 0",
        ),
        _check(table, "returned", "(status = 'returned') = (returned_at IS NOT NULL)"),
        _check(table, "reason", "(status = 'returned') = (reason IS NOT NULL)"),
        _check(table, "applied", "(status IN ('applied', 'undone')) = (num_nulls(applied_at, applied_by_id) = 0)"),
        _check(table, "undone", "(status = 'undone') = (undone_at IS NOT NULL)"),
        _to(table, "run_id", "matching_runs"),
        _to(table, "authority_id", "authorities"),
        *(_to(table, f"{step}_by_id", "users") for step in ("proposed", *steps)),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f("ix_run_applications_run_id"), table, ["run_id"], unique=False)
    op.create_index(op.f("ix_run_applications_authority_id"), table, ["authority_id"], unique=False)
    op.create_index(
        "uq_run_applications_live",
        table,
        ["run_id", "authority_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'approved', 'applied')"),
    )


def _rows() -> None:
    table = "application_rows"
    op.create_table(
        table,
        _id(),
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        sa.Column("recommendation_id", sa.BigInteger(), nullable=False),
        sa.Column("result", _one_of("result", "consulted", "skipped", "left_out"), nullable=True),
        sa.Column("words", sa.String(length=1000), nullable=True),
        sa.Column("consultation_id", sa.BigInteger(), nullable=True),
        sa.Column("undone", _one_of("undone", "withdrawn", "stays"), nullable=True),
        _check(table, "consulted", "coalesce(result = 'consulted', false) = (consultation_id IS NOT NULL)"),
        _check(table, "words", "coalesce(result IN ('skipped', 'left_out'), false) = (words IS NOT NULL)"),
        _check(table, "undone_of_consulted", "undone IS NULL OR consultation_id IS NOT NULL"),
        _to(table, "application_id", "run_applications"),
        _to(table, "recommendation_id", "recommendations"),
        _to(table, "consultation_id", "consultations"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "application_id", "recommendation_id", name=op.f(f"uq_{table}_application_id_recommendation_id")
        ),
        sa.UniqueConstraint("consultation_id", name=op.f(f"uq_{table}_consultation_id")),
    )
    op.create_index(op.f("ix_application_rows_application_id"), table, ["application_id"], unique=False)


def downgrade() -> None:
    op.drop_table("application_rows")
    op.drop_table("run_applications")
    op.drop_column("recommendations", "versions")
