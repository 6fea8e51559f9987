"""Outreach orders with shares, visits and reviews; hours that an order takes, and what it costs in the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
LA = f"({SCOPE} = 'la' AND authority_id = {ME})"
REGION = f"({SCOPE} = 'region' AND authority_id IN (SELECT id FROM authorities WHERE region_id = {ME}))"
PROVIDER = f"({SCOPE} = 'provider' AND provider_id = {ME})"

# By their key, not by a list of all; and whose a thing is that hangs on an order.
SEEN = "EXISTS (SELECT FROM outreach_orders o WHERE o.id = order_id)"
OF_LA = f"({SCOPE} = 'la' AND {SEEN})"
OF_PROVIDER = f"({SCOPE} = 'provider' AND {SEEN})"
PLACEMENT = "EXISTS (SELECT FROM placements p WHERE p.id = placement_id)"
RUN_BY = "provider_id = (SELECT s.provider_id FROM settings s WHERE s.id = setting_id)"

# table → (rights, who reads, adds, changes, removes). A region reads what its LAs' ledgers charge for. What was ordered stays so, and whose it is; a visit that was
# entered by mistake is marked; shares and reviews stay as they were added.
POLICIES = {
    "outreach_orders": (
        "SELECT, INSERT, UPDATE (status, next_review_on, price, threshold, agreed_by_id, reason, result, last_value,"
        " ended_on, result_words, version)",
        f"{SYSTEM} OR {LA} OR {REGION} OR {PROVIDER}",
        f"({SYSTEM} OR {LA}) AND {RUN_BY} AND (placement_id IS NULL OR {PLACEMENT})",
        f"{SYSTEM} OR {LA} OR {PROVIDER}",
        "false",
    ),
    "order_shares": ("SELECT, INSERT", f"{SYSTEM} OR {SEEN}", f"{SYSTEM} OR {OF_LA}", "false", "false"),
    "order_visits": (
        "SELECT, INSERT, UPDATE (undone_at)",
        f"{SYSTEM} OR {SEEN}",
        *[f"{SYSTEM} OR {OF_PROVIDER}"] * 2,
        "false",
    ),
    "order_reviews": (
        "SELECT, INSERT",
        f"{SYSTEM} OR {SEEN}",
        f"{SYSTEM} OR (organisation_id = {ME} AND ({OF_LA} OR {OF_PROVIDER}))",
        "false",
        "false",
    ),
}
CHARGES = f"{SYSTEM} OR ({LA} AND {{seen}})"

# A reversal undoes one line wholly, at its fee and in its band, of the same placement or order.
REVERSAL = """
CREATE OR REPLACE FUNCTION check_reversal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    reversed ledger_lines;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO reversed FROM ledger_lines WHERE id = NEW.reverses_id;
        IF reversed.reverses_id IS NOT NULL
          OR (NEW.authority_id, NEW.placement_id, {of} NEW.year, NEW.starts_on, NEW.ends_on, NEW.band, NEW.fee, NEW.amount)
             IS DISTINCT FROM
             (reversed.authority_id, reversed.placement_id, {of_reversed} reversed.year, reversed.starts_on,
              reversed.ends_on, reversed.band, reversed.fee, -reversed.amount) THEN
            RAISE EXCEPTION 'a reversal undoes one line of the ledger, wholly'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_lines_reversal';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _orders()
    _what_hangs_on_them()
    for table, (rights, reads, adds, changes, removes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({removes})")
    for table in ("claims", "ledger_lines"):
        op.add_column(table, sa.Column("order_id", sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_{table}_order_id"), table, "outreach_orders", ["order_id"], ["id"])
        op.create_index(op.f(f"ix_{table}_order_id"), table, ["order_id"], unique=False)
    op.drop_constraint(op.f("ck_claims_one_of_two"), "claims")
    op.create_check_constraint(
        op.f("ck_claims_one_of_three"), "claims", "num_nonnulls(award_id, consultation_id, order_id) = 1"
    )
    for column in ("placement_id", "event_id", "band"):
        op.alter_column("ledger_lines", column, nullable=True)
    op.create_check_constraint(
        op.f("ck_ledger_lines_of_one"), "ledger_lines", "num_nonnulls(placement_id, order_id) = 1"
    )
    op.create_check_constraint(
        op.f("ck_ledger_lines_of_placement"),
        "ledger_lines",
        "num_nonnulls(event_id, band) = CASE WHEN placement_id IS NULL THEN 0 ELSE 2 END",
    )
    op.execute(REVERSAL.format(of="NEW.order_id,", of_reversed="reversed.order_id,"))
    op.execute(f"ALTER POLICY adds ON ledger_lines WITH CHECK ({CHARGES.format(seen=f'({PLACEMENT} OR {SEEN})')})")


def _orders() -> None:
    op.create_table(
        "outreach_orders",
        _id(),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("authority_id", "setting_id", "provider_id", "provision_id")
        ),
        sa.Column("placement_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "status",
            _one_of("status", "asked", "accepted", "running", "ended", "declined", "withdrawn"),
            nullable=False,
        ),
        sa.Column("outcome", sa.String(length=1000), nullable=False),
        sa.Column("measure", sa.String(length=200), nullable=False),
        sa.Column("baseline", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("target", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("hours", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("hours_a_week", sa.Numeric(precision=6, scale=2), nullable=False),
        sa.Column("grade", _one_of("grade", "specialist_teacher", "senior_specialist", "hlta", "ta"), nullable=False),
        sa.Column("school", sa.String(length=200), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=True),
        sa.Column("year_group", sa.Integer(), nullable=True),
        sa.Column("pupils_with", sa.Integer(), nullable=False),
        sa.Column("pupils_without", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=1000), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("next_review_on", sa.Date(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("threshold", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.BigInteger(), nullable=True),
        sa.Column("agreed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("result", _one_of("result", "met", "partly", "not_met"), nullable=True),
        sa.Column("last_value", sa.Numeric(precision=8, scale=2), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("result_words", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_outreach_orders_{name}")) for name, rule in RULES.items()),
        _to("outreach_orders", "authority_id", "authorities"),
        _to("outreach_orders", "setting_id", "settings"),
        _to("outreach_orders", "provider_id", "providers"),
        _to("outreach_orders", "provision_id", "provisions"),
        _to("outreach_orders", "placement_id", "placements"),
        _to("outreach_orders", "asked_by_id", "users"),
        _to("outreach_orders", "agreed_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_orders")),
    )
    for column in ("authority_id", "setting_id", "provider_id"):
        op.create_index(op.f(f"ix_outreach_orders_{column}"), "outreach_orders", [column], unique=False)
    op.create_index(
        *("uq_outreach_orders_placement_id", "outreach_orders", ["placement_id"]),
        unique=True,
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )


RULES = {
    "dates": "ends_on >= starts_on",
    "target": "target <> baseline",
    "hours": "hours_a_week > 0 AND hours >= hours_a_week",
    "pupils": "least(pupils_with, pupils_without) >= 0",
    "served": "purpose IS NOT NULL OR pupils_with + pupils_without > 0",
    "urn": "urn BETWEEN 100000 AND 999999",
    "year_group": "year_group BETWEEN -1 AND 14",
    "price": "CASE WHEN placement_id IS NOT NULL THEN price IS NULL"
    " WHEN status IN ('accepted', 'running', 'ended') THEN coalesce(price >= 0, false) ELSE true END",
    "two_people": "placement_id IS NOT NULL OR status NOT IN ('running', 'ended')"
    " OR coalesce(price <= threshold OR agreed_by_id <> asked_by_id, false)",
    "of_placement": "placement_id IS NULL OR status IN ('running', 'ended', 'withdrawn')",
    "reason": "(status IN ('declined', 'withdrawn')) = (reason IS NOT NULL)",
    "ended": "num_nonnulls(result, last_value, ended_on, result_words) = CASE WHEN status = 'ended' THEN 4 ELSE 0 END",
    "ended_on": "ended_on BETWEEN starts_on AND ends_on",
    "met": "result <> 'met' OR CASE WHEN target > baseline THEN last_value >= target ELSE last_value <= target END",
}


def _what_hangs_on_them() -> None:
    op.create_table(
        "order_shares",
        _id(),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("school", sa.String(length=200), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.CheckConstraint("share BETWEEN 1 AND 100", name=op.f("ck_order_shares_share")),
        _to("order_shares", "order_id", "outreach_orders"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_shares")),
        sa.UniqueConstraint("order_id", "school", name=op.f("uq_order_shares_order_id_school")),
    )
    op.create_table(
        "order_visits",
        _id(),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("share_id", sa.BigInteger(), nullable=True),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=4, scale=2), nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=True),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("logged_by_id", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("hours > 0 AND hours <= 24", name=op.f("ck_order_visits_hours")),
        _to("order_visits", "order_id", "outreach_orders"),
        _to("order_visits", "share_id", "order_shares"),
        _to("order_visits", "logged_by_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_visits")),
    )
    op.create_index(op.f("ix_order_visits_order_id"), "order_visits", ["order_id"], unique=False)
    op.create_table(
        "order_reviews",
        _id(),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("officer", sa.String(length=120), nullable=False),
        _to("order_reviews", "order_id", "outreach_orders"),
        _to("order_reviews", "organisation_id", "organisations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_reviews")),
    )
    op.create_index(op.f("ix_order_reviews_order_id"), "order_reviews", ["order_id"], unique=False)


def downgrade() -> None:
    op.execute(f"ALTER POLICY adds ON ledger_lines WITH CHECK ({CHARGES.format(seen=PLACEMENT)})")
    op.execute(REVERSAL.format(of="", of_reversed=""))
    for name in ("of_one", "of_placement"):
        op.drop_constraint(op.f(f"ck_ledger_lines_{name}"), "ledger_lines")
    op.drop_constraint(op.f("ck_claims_one_of_three"), "claims")
    for table in ("claims", "ledger_lines"):
        op.drop_column(table, "order_id")
    for column in ("placement_id", "event_id", "band"):
        op.alter_column("ledger_lines", column, nullable=False)
    op.create_check_constraint(
        op.f("ck_claims_one_of_two"), "claims", "(award_id IS NULL) <> (consultation_id IS NULL)"
    )
    for table in ("order_reviews", "order_visits", "order_shares", "outreach_orders"):
        op.drop_table(table)
