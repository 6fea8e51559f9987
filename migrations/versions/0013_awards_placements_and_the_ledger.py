"""Awards, what they claim of the vacancies, placements with what happens to them, and the ledger."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
LA = f"({SCOPE} = 'la' AND authority_id = {ME})"
REGION = f"({SCOPE} = 'region' AND authority_id IN (SELECT id FROM authorities WHERE region_id = {ME}))"
PROVIDER = f"({SCOPE} = 'provider' AND provider_id = {ME})"

OF_NEED = f"({LA} AND EXISTS (SELECT FROM needs WHERE needs.id = need_id))"

SEEN = "EXISTS (SELECT FROM placements WHERE placements.id = placement_id)"  # by its key, not by a list of all

# table → (rights, who reads, adds, changes, removes). An award holds what other settings offered: no provider reads it,
# but the placement that comes of it. What is taken of a vacancy only the system writes, for whoever may
# (services/capacity.py). Of an award only the decision comes later; whose placement it is never changes.
POLICIES = {
    "awards": (
        "SELECT, INSERT, UPDATE (status, held_until, decided_at, decided_by_id, decision_note, notice_reference, version)",
        f"{SYSTEM} OR {LA} OR {REGION}",
        f"{SYSTEM} OR {OF_NEED}",
        f"{SYSTEM} OR {LA}",
        "false",
    ),
    "approval_thresholds": ("SELECT, INSERT", f"{SYSTEM} OR {LA} OR {REGION}", f"{SYSTEM} OR {LA}", "false", "false"),
    "claims": (
        "SELECT, INSERT, UPDATE",
        f"{SYSTEM} OR {LA} OR {REGION} OR ({SCOPE} = 'provider' AND pool_id IN (SELECT id FROM pools))",
        SYSTEM,
        SYSTEM,
        "false",
    ),
    "placements": (
        "SELECT, INSERT, UPDATE (status, starts_on, ends_on, band, sessions, hours_a_week, price, transport, agreement,"
        " version)",
        f"{SYSTEM} OR {LA} OR {REGION} OR {PROVIDER}",
        f"{SYSTEM} OR {OF_NEED}",
        f"{SYSTEM} OR {LA} OR {PROVIDER}",
        "false",
    ),
    "placement_events": (
        "SELECT, INSERT",
        f"{SYSTEM} OR {SEEN}",
        f"{SYSTEM} OR ({SCOPE} IN ('la', 'provider') AND {SEEN})",
        "false",
        "false",
    ),
    "ledger_lines": (
        "SELECT, INSERT",
        f"{SYSTEM} OR {LA} OR {REGION}",
        f"{SYSTEM} OR ({LA} AND {SEEN})",
        "false",
        "false",
    ),
    "ledger_totals": ("SELECT", f"{SYSTEM} OR {LA} OR {REGION}", "false", "false", "false"),
}

# Rows of these are added and never changed, by whoever it is.
ONLY_ADDED = ("placement_events", "ledger_lines")
UNCHANGED = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are added, never changed', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_TABLE_NAME || '_unchanged';
END $$;
"""
# A reversal undoes one line wholly; the totals follow the lines, and nobody else writes them.
LEDGER = """
CREATE FUNCTION check_reversal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    reversed ledger_lines;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO reversed FROM ledger_lines WHERE id = NEW.reverses_id;
        IF reversed.reverses_id IS NOT NULL
          OR (NEW.authority_id, NEW.placement_id, NEW.year, NEW.starts_on, NEW.ends_on, NEW.fee, NEW.amount)
             IS DISTINCT FROM
             (reversed.authority_id, reversed.placement_id, reversed.year, reversed.starts_on, reversed.ends_on,
              reversed.fee, -reversed.amount) THEN
            RAISE EXCEPTION 'a reversal undoes one line of the ledger, wholly'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_lines_reversal';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_lines_reversal BEFORE INSERT ON ledger_lines FOR EACH ROW EXECUTE FUNCTION check_reversal();

CREATE FUNCTION add_to_ledger_total() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO ledger_totals (authority_id, year, amount) VALUES (NEW.authority_id, NEW.year, NEW.amount)
    ON CONFLICT (authority_id, year) DO UPDATE SET amount = ledger_totals.amount + EXCLUDED.amount;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_lines_total AFTER INSERT ON ledger_lines FOR EACH ROW EXECUTE FUNCTION add_to_ledger_total();
REVOKE EXECUTE ON FUNCTION check_reversal, add_to_ledger_total FROM PUBLIC;
"""


def upgrade() -> None:
    op.create_table(
        "awards",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("consultation_id", sa.BigInteger(), nullable=True),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("provision_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "proposed",
                "made",
                "returned",
                "lapsed",
                "ended",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "route",
            sa.Enum(
                "offer",
                "silence",
                "full",
                "refusal",
                "order",
                name="route",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("route_reason", sa.String(length=4000), nullable=True),
        sa.Column("order_reference", sa.String(length=80), nullable=True),
        sa.Column(
            "band",
            sa.Enum(
                "mild",
                "moderate",
                "intensive",
                "profound",
                "exceptional",
                name="band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("hours_a_week", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("variation", sa.BigInteger(), nullable=False),
        sa.Column("variation_reason", sa.String(length=2000), nullable=True),
        sa.Column("transport", sa.BigInteger(), nullable=False),
        sa.Column("marginal", sa.BigInteger(), nullable=False),
        sa.Column("is_requested", sa.Boolean(), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "unsuitable",
                "education_of_others",
                "resources",
                "public_expenditure",
                name="ground",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("ground_evidence", sa.String(length=4000), nullable=True),
        sa.Column("reasons", sa.String(length=4000), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "basis",
            sa.Enum(
                "no_contract",
                "framework",
                "dynamic_market",
                "user_choice",
                "below_threshold",
                "direct",
                name="basis",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("basis_reason", sa.String(length=2000), nullable=True),
        sa.Column("notice_reference", sa.String(length=80), nullable=True),
        sa.Column("threshold", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("decision_note", sa.String(length=2000), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'proposed') = (held_until IS NOT NULL)", name=op.f("ck_awards_held_until")),
        sa.CheckConstraint(
            "(status IN ('made', 'returned', 'ended')) = (decided_at IS NOT NULL)", name=op.f("ck_awards_decided_at")
        ),
        sa.CheckConstraint("route <> 'order' OR order_reference IS NOT NULL", name=op.f("ck_awards_order_reference")),
        sa.CheckConstraint(
            "route IN ('silence', 'full', 'order') OR consultation_id IS NOT NULL", name=op.f("ck_awards_consultation")
        ),
        sa.CheckConstraint("status <> 'returned' OR decision_note IS NOT NULL", name=op.f("ck_awards_decision_note")),
        sa.CheckConstraint(
            "status NOT IN ('made', 'ended') OR marginal <= threshold OR coalesce(decided_by_id <> proposed_by_id, false)",
            name=op.f("ck_awards_two_people"),
        ),
        sa.CheckConstraint("(variation = 0) = (variation_reason IS NULL)", name=op.f("ck_awards_variation_reason")),
        sa.CheckConstraint("ground IS NULL OR ground_evidence IS NOT NULL", name=op.f("ck_awards_ground_evidence")),
        sa.CheckConstraint("least(price, transport, marginal, threshold) >= 0", name=op.f("ck_awards_amounts")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_awards_authority_id")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultations.id"], name=op.f("fk_awards_consultation_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name=op.f("fk_awards_decided_by_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_awards_need_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["users.id"], name=op.f("fk_awards_proposed_by_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_awards_provider_id")),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_awards_provision_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["price_schedules.id"], name=op.f("fk_awards_schedule_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_awards_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
    )
    op.create_index(op.f("ix_awards_authority_id"), "awards", ["authority_id"], unique=False)
    op.create_index(op.f("ix_awards_consultation_id"), "awards", ["consultation_id"], unique=False)
    op.create_index(op.f("ix_awards_need_id"), "awards", ["need_id"], unique=False)
    op.create_index(op.f("ix_awards_provider_id"), "awards", ["provider_id"], unique=False)
    op.create_index(op.f("ix_awards_setting_id"), "awards", ["setting_id"], unique=False)
    op.create_index(
        "uq_awards_live", "awards", ["need_id"], unique=True, postgresql_where=sa.text("status IN ('proposed', 'made')")
    )
    op.create_table(
        "approval_thresholds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("set_by_id", sa.BigInteger(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_approval_thresholds_amount")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_approval_thresholds_authority_id")),
        sa.ForeignKeyConstraint(["set_by_id"], ["users.id"], name=op.f("fk_approval_thresholds_set_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_thresholds")),
        sa.UniqueConstraint("authority_id", "starts_on", name=op.f("uq_approval_thresholds_authority_id_starts_on")),
    )
    op.create_index(op.f("ix_approval_thresholds_authority_id"), "approval_thresholds", ["authority_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("vacancy_id", sa.BigInteger(), nullable=True),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("award_id", sa.BigInteger(), nullable=True),
        sa.Column("consultation_id", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Numeric(precision=8, scale=2), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "end_kind",
            sa.Enum("freed", "kept", name="end_kind", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.CheckConstraint("(award_id IS NULL) <> (consultation_id IS NULL)", name=op.f("ck_claims_one_of_two")),
        sa.CheckConstraint("(ended_at IS NULL) = (end_kind IS NULL)", name=op.f("ck_claims_ended")),
        sa.CheckConstraint("(ended_at IS NULL) = (vacancy_id IS NOT NULL)", name=op.f("ck_claims_vacancy")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_claims_amount")),
        sa.CheckConstraint("consultation_id IS NULL OR held_until IS NOT NULL", name=op.f("ck_claims_offer_is_hold")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_claims_authority_id")),
        sa.ForeignKeyConstraint(["award_id"], ["awards.id"], name=op.f("fk_claims_award_id")),
        sa.ForeignKeyConstraint(["consultation_id"], ["consultations.id"], name=op.f("fk_claims_consultation_id")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_claims_pool_id")),
        sa.ForeignKeyConstraint(["vacancy_id"], ["vacancies.id"], name=op.f("fk_claims_vacancy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
    )
    op.create_index(op.f("ix_claims_authority_id"), "claims", ["authority_id"], unique=False)
    op.create_index(op.f("ix_claims_award_id"), "claims", ["award_id"], unique=False)
    op.create_index(op.f("ix_claims_consultation_id"), "claims", ["consultation_id"], unique=False)
    op.create_index(op.f("ix_claims_held_until"), "claims", ["held_until"], unique=False)
    op.create_index(op.f("ix_claims_pool_id"), "claims", ["pool_id"], unique=False)
    op.create_index(op.f("ix_claims_vacancy_id"), "claims", ["vacancy_id"], unique=False)
    op.create_table(
        "placements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("award_id", sa.BigInteger(), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("provision_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "agreed",
                "started",
                "suspended",
                "ended",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column(
            "band",
            sa.Enum(
                "mild",
                "moderate",
                "intensive",
                "profound",
                "exceptional",
                name="band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sessions", sa.Integer(), nullable=True),
        sa.Column("hours_a_week", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("transport", sa.BigInteger(), nullable=False),
        sa.Column("agreement", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status <> 'ended' OR ends_on IS NOT NULL", name=op.f("ck_placements_ends_on")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on - 1", name=op.f("ck_placements_dates")),
        sa.CheckConstraint("hours_a_week > 0", name=op.f("ck_placements_hours")),
        sa.CheckConstraint("price >= 0 AND transport >= 0", name=op.f("ck_placements_amounts")),
        sa.CheckConstraint("sessions BETWEEN 1 AND 9", name=op.f("ck_placements_sessions")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_placements_authority_id")),
        sa.ForeignKeyConstraint(["award_id"], ["awards.id"], name=op.f("fk_placements_award_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_placements_need_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_placements_provider_id")),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_placements_provision_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_placements_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placements")),
        sa.UniqueConstraint("award_id", name=op.f("uq_placements_award_id")),
    )
    op.create_index(op.f("ix_placements_authority_id"), "placements", ["authority_id"], unique=False)
    op.create_index(op.f("ix_placements_need_id"), "placements", ["need_id"], unique=False)
    op.create_index(op.f("ix_placements_provider_id"), "placements", ["provider_id"], unique=False)
    op.create_index(op.f("ix_placements_setting_id"), "placements", ["setting_id"], unique=False)
    op.create_table(
        "placement_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("placement_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "awarded",
                "started",
                "varied",
                "repriced",
                "suspended",
                "resumed",
                "notice_given",
                "ended",
                "transferred",
                "carried",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["placement_id"], ["placements.id"], name=op.f("fk_placement_events_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_placement_events")),
        sa.UniqueConstraint("placement_id", "number", name=op.f("uq_placement_events_placement_id_number")),
    )
    op.create_index(op.f("ix_placement_events_placement_id"), "placement_events", ["placement_id"], unique=False)
    op.create_table(
        "ledger_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("placement_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reverses_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "year = extract(year FROM starts_on - interval '3 months') AND year = extract(year FROM ends_on - interval '3 months')",
            name=op.f("ck_ledger_lines_year"),
        ),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_ledger_lines_dates")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_ledger_lines_authority_id")),
        sa.ForeignKeyConstraint(["event_id"], ["placement_events.id"], name=op.f("fk_ledger_lines_event_id")),
        sa.ForeignKeyConstraint(["placement_id"], ["placements.id"], name=op.f("fk_ledger_lines_placement_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["ledger_lines.id"], name=op.f("fk_ledger_lines_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_lines")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_lines_reverses_id")),
    )
    op.create_index(op.f("ix_ledger_lines_authority_id"), "ledger_lines", ["authority_id"], unique=False)
    op.create_index(op.f("ix_ledger_lines_event_id"), "ledger_lines", ["event_id"], unique=False)
    op.create_index(op.f("ix_ledger_lines_placement_id"), "ledger_lines", ["placement_id"], unique=False)
    op.create_table(
        "ledger_totals",
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_ledger_totals_authority_id")),
        sa.PrimaryKeyConstraint("authority_id", "year", name=op.f("pk_ledger_totals")),
    )
    for table, (rights, reads, adds, changes, removes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({removes})")
    op.execute(UNCHANGED)
    for table in ONLY_ADDED:
        op.execute(
            f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    op.execute(LEDGER)


def downgrade() -> None:
    for table in (
        "ledger_totals",
        "ledger_lines",
        "placement_events",
        "placements",
        "claims",
        "approval_thresholds",
        "awards",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION add_to_ledger_total, check_reversal, refuse_change")
