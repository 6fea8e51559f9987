"""Partnerships of authorities and schools: members, registers, decisions, and the figures that they are told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
LA = f"{SCOPE} = 'la'"
MINE = f"({SCOPE} IN ('la', 'provider') AND organisation_id = {ME})"
LEADS = f"({LA} AND EXISTS (SELECT FROM partnerships p WHERE p.id = partnership_id AND p.lead_id = {ME}))"
TOOK_PART = f"EXISTS (SELECT FROM partnership_members m WHERE m.partnership_id = partnerships.id AND {MINE})"
RUN_BY = "(setting_id IS NULL OR organisation_id = (SELECT s.provider_id FROM settings s WHERE s.id = setting_id))"
REPORT = "EXISTS (SELECT FROM partnership_reports r WHERE r.id = report_id)"
MEMBER = f"""EXISTS (SELECT FROM partnership_members m WHERE m.id = member_id AND m.kind = 'school'
             AND m.status = 'agreed' AND m.organisation_id = {ME})"""

# Whether the actor's organisation takes part, or is asked to; a region does by an authority of its own that has agreed.
# With the rights of the owner, since whoever asks may read only the members of its own partnerships.
TAKES_PART = f"""
CREATE FUNCTION takes_part(partnership bigint, has_agreed boolean) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (
        SELECT FROM partnership_members m
        WHERE m.partnership_id = partnership AND m.kind <> 'school'
          AND (m.status = 'agreed' OR (m.status = 'invited' AND NOT has_agreed))
          AND CASE {SCOPE}
              WHEN 'la' THEN m.organisation_id = {ME}
              WHEN 'provider' THEN m.organisation_id = {ME}
              WHEN 'region' THEN m.status = 'agreed'
                   AND m.organisation_id IN (SELECT a.id FROM authorities a WHERE a.region_id = {ME})
              ELSE false END
    )
$$
"""

# table → (rights, who reads, adds, changes). What is over stays, and what was told is never changed. Nobody is put into
# a partnership by another: who leads may invite, and end; only the organisation itself agrees.
POLICIES = {
    "partnerships": (
        "SELECT, INSERT",
        f"{SYSTEM} OR ({LA} AND lead_id = {ME}) OR {TOOK_PART} OR takes_part(id, false)",
        f"{SYSTEM} OR ({LA} AND lead_id = {ME})",
        "false",
    ),
    "partnership_members": (
        "SELECT, INSERT, UPDATE (status, ends_on, decided_at, version)",
        f"{SYSTEM} OR {MINE} OR takes_part(partnership_id, false)",
        f"""{RUN_BY} AND ({SYSTEM}
            OR ({LEADS} AND kind <> 'school' AND (status = 'invited' OR organisation_id = {ME}))
            OR ({LA} AND kind = 'school' AND organisation_id = {ME} AND takes_part(partnership_id, true)))""",
        f"{SYSTEM} OR {MINE} OR ({LEADS} AND status <> 'agreed')",
    ),
    "registers": (
        "SELECT, INSERT, UPDATE (needs, support, plans, entered_at, version)",
        f"{SYSTEM} OR ({LA} AND organisation_id = {ME})",
        *[f"{SYSTEM} OR ({LA} AND organisation_id = {ME} AND {MEMBER})"] * 2,
    ),
    "partnership_decisions": (
        "SELECT, INSERT, UPDATE (result, result_on, version)",
        f"{SYSTEM} OR takes_part(partnership_id, true)",
        *[f"{SYSTEM} OR {LEADS}"] * 2,
    ),
    "partnership_reports": (
        "SELECT, INSERT",
        f"{SYSTEM} OR takes_part(partnership_id, true)",
        SYSTEM,
        "false",
    ),
    "report_rows": (
        "SELECT, INSERT",
        f"{SYSTEM} OR ({REPORT} AND (part NOT IN ('money_by_kind', 'money_by_authority')"
        f" OR {SCOPE} IN ('la', 'region')))",
        SYSTEM,
        "false",
    ),
}
# Of a member, also what it was: an invitation is changed to what it becomes.
FROM = {"partnership_members": f"{SYSTEM} OR {MINE} OR {LEADS}"}


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _integer(*names: str, is_big: bool = True) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger() if is_big else sa.Integer(), nullable=False) for name in names]


def _term() -> sa.Column[str]:
    return sa.Column("term", _one_of("term", "autumn", "spring", "summer"), nullable=False)


def _checks(table: str, **rules: str) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}")) for name, rule in rules.items()]


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _texts(*names: str) -> list[sa.Column[list[str]]]:
    return [sa.Column(name, postgresql.ARRAY(sa.String(length=200)), nullable=False) for name in names]


def upgrade() -> None:
    _groups()
    _what_they_write()
    _what_they_are_told()
    op.execute(TAKES_PART)
    op.execute(f"REVOKE ALL ON FUNCTION takes_part FROM PUBLIC; GRANT EXECUTE ON FUNCTION takes_part TO {APPLICATION}")
    for table, (rights, reads, adds, changes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(
            f"CREATE POLICY changes ON {table} FOR UPDATE USING ({FROM.get(table, changes)}) WITH CHECK ({changes})"
        )


def _groups() -> None:
    op.create_table(
        "partnerships",
        _id(),
        sa.Column("name", sa.String(length=200), nullable=False),
        *_integer("lead_id"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        _instant("made_at"),
        *_checks("partnerships", name="name <> ''"),
        _to("partnerships", "lead_id", "authorities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnerships")),
        sa.UniqueConstraint("lead_id", "name", name=op.f("uq_partnerships_lead_id_name")),
    )
    op.create_table(
        "partnership_members",
        _id(),
        *_integer("partnership_id"),
        sa.Column("kind", _one_of("kind", "authority", "setting", "school"), nullable=False),
        *_integer("organisation_id"),
        sa.Column("setting_id", sa.BigInteger(), nullable=True),
        sa.Column("school", sa.String(length=200), nullable=True),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("status", _one_of("status", "invited", "agreed", "declined", "ended"), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        _instant("decided_at", nullable=True),
        *_integer("version", is_big=False),
        *_checks(
            "partnership_members",
            setting="(kind = 'setting') = (setting_id IS NOT NULL)",
            school="(kind = 'school') = (school IS NOT NULL)",
            urn_of_school="(school IS NULL) = (urn IS NULL)",
            urn="urn BETWEEN 100000 AND 999999",
            ends_on="(status IN ('declined', 'ended')) = (ends_on IS NOT NULL)",
            decided="status = 'invited' OR decided_at IS NOT NULL",
            entered="kind <> 'school' OR status IN ('agreed', 'ended')",
        ),
        _to("partnership_members", "partnership_id", "partnerships"),
        _to("partnership_members", "organisation_id", "organisations"),
        _to("partnership_members", "setting_id", "settings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership_members")),
    )
    for column in ("partnership_id", "organisation_id"):
        op.create_index(op.f(f"ix_partnership_members_{column}"), "partnership_members", [column], unique=False)
    for name, column, rule in (
        ("authority", "organisation_id", "kind = 'authority' AND ends_on IS NULL"),
        ("setting", "setting_id", "ends_on IS NULL"),
        ("urn", "urn", "ends_on IS NULL"),
    ):
        op.create_index(
            *(f"uq_partnership_members_{name}", "partnership_members", ["partnership_id", column]),
            unique=True,
            postgresql_where=sa.text(rule),
        )


def _what_they_write() -> None:
    op.create_table(
        "registers",
        _id(),
        *_integer("member_id", "organisation_id"),
        *_integer("year", is_big=False),
        _term(),
        sa.Column("needs", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        *(sa.Column(name, postgresql.ARRAY(sa.Integer()), nullable=False) for name in ("support", "plans")),
        _instant("entered_at"),
        *_integer("version", is_big=False),
        *_checks(
            "registers",
            whole="cardinality(needs) = cardinality(support) AND cardinality(needs) = cardinality(plans)",
            counts="0 <= ALL (support) AND 0 <= ALL (plans)",
        ),
        _to("registers", "member_id", "partnership_members"),
        _to("registers", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registers")),
        sa.UniqueConstraint("member_id", "year", "term", name=op.f("uq_registers_member_id_year_term")),
    )
    op.create_table(
        "partnership_decisions",
        _id(),
        *_integer("partnership_id"),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("decided", sa.String(length=2000), nullable=False),
        sa.Column("reasons", sa.String(length=4000), nullable=False),
        sa.Column("alternatives", sa.String(length=4000), nullable=False),
        sa.Column("deciders", sa.String(length=400), nullable=False),
        sa.Column("expected", sa.String(length=2000), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("result", sa.String(length=4000), nullable=True),
        sa.Column("result_on", sa.Date(), nullable=True),
        _instant("at"),
        *_integer("version", is_big=False),
        *_checks(
            "partnership_decisions",
            due_on='due_on >= "on"',
            result="(result IS NULL) = (result_on IS NULL)",
            result_on='result_on >= "on"',
        ),
        _to("partnership_decisions", "partnership_id", "partnerships"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership_decisions")),
    )
    op.create_index(
        op.f("ix_partnership_decisions_partnership_id"), "partnership_decisions", ["partnership_id"], unique=False
    )


def _what_they_are_told() -> None:
    op.create_table(
        "partnership_reports",
        _id(),
        *_integer("partnership_id"),
        *_integer("year", is_big=False),
        _term(),
        sa.Column("on", sa.Date(), nullable=False),
        *_texts("counted", "absent", "settings"),
        _instant("at"),
        _to("partnership_reports", "partnership_id", "partnerships"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partnership_reports")),
        sa.UniqueConstraint(
            "partnership_id", "year", "term", name=op.f("uq_partnership_reports_partnership_id_year_term")
        ),
    )
    op.create_table(
        "report_rows",
        _id(),
        *_integer("report_id"),
        sa.Column("part", _one_of("part", *PARTS), nullable=False),
        *_integer("number", is_big=False),
        *_texts("names"),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_checks(
            "report_rows",
            discreet="coalesce((figures ->> 'pupils')::integer % 5, 0) = 0"
            " AND coalesce((figures ->> 'support')::integer % 5, 0) = 0"
            " AND coalesce((figures ->> 'plans')::integer % 5, 0) = 0",
        ),
        _to("report_rows", "report_id", "partnership_reports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_rows")),
        sa.UniqueConstraint("report_id", "number", name=op.f("uq_report_rows_report_id_number")),
    )


PARTS = (
    *("capacity_by_kind", "capacity_by_setting", "money_by_kind", "money_by_authority", "movement", "goals"),
    *("waiting", "waited", "register_by_school", "register_by_need", "refusals"),
)


def downgrade() -> None:
    for table in ("report_rows", "partnership_reports", "partnership_decisions", "registers"):
        op.drop_table(table)
    for table in ("partnership_members", "partnerships"):
        op.execute(f"DROP POLICY reads ON {table}; DROP POLICY adds ON {table}; DROP POLICY changes ON {table}")
    op.execute("DROP FUNCTION takes_part")
    for table in ("partnership_members", "partnerships"):
        op.drop_table(table)
