"""Needs without an EHCP, settings that are not registered as a school, and plans of the way back."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
SYSTEM = f"{SCOPE} = 'system'"
SEEN = "EXISTS (SELECT FROM placements WHERE placements.id = placement_id)"  # by its key, not by a list of all
OF_LA = f"({SCOPE} = 'la' AND {SEEN})"

CLOCKS = ("final_plan", "family_reply", "transfer", "review_decision", "review_plan")
OUT = "'excluded', 'suspended', 'out_of_school'"

# A setting that is not registered as a school takes nobody full-time: no full placement, and of the week no more than
# five sessions of ten, four for a pupil with an EHCP; the roll stays with a school.
PROVISIONS = """
CREATE FUNCTION check_provision_registered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF (NEW.kind = 'full' OR NEW.sessions > 5)
      AND NOT (SELECT is_registered FROM settings WHERE id = NEW.setting_id) THEN
        RAISE EXCEPTION 'a setting that is not registered as a school takes nobody full-time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'provisions_unregistered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER provisions_unregistered BEFORE INSERT OR UPDATE OF kind, sessions, setting_id ON provisions
    FOR EACH ROW EXECUTE FUNCTION check_provision_registered();
"""
PLACEMENTS = """
CREATE FUNCTION check_placement_registered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    most integer;
BEGIN
    SELECT CASE n.footing WHEN 'ehcp' THEN 4 ELSE 5 END INTO most
        FROM needs n, settings s WHERE n.id = NEW.need_id AND s.id = NEW.setting_id AND NOT s.is_registered;
    IF most IS NOT NULL AND (NEW.is_on_roll OR NEW.sessions > most
      OR (SELECT kind FROM provisions WHERE id = NEW.provision_id) = 'full') THEN
        RAISE EXCEPTION 'a setting that is not registered as a school takes nobody full-time'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'placements_unregistered';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER placements_unregistered BEFORE INSERT OR UPDATE OF provision_id, sessions, is_on_roll ON placements
    FOR EACH ROW EXECUTE FUNCTION check_placement_registered();
"""
# The number says whether a setting is registered, so it is taken off the register under another number, as another row.
SETTINGS = """
CREATE FUNCTION refuse_change_of_registration() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'whether a setting is registered as a school does not change: it is another setting'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'settings_registration_unchanged';
END $$;
CREATE TRIGGER settings_registration_unchanged BEFORE UPDATE OF is_registered ON settings FOR EACH ROW
    WHEN (OLD.is_registered IS DISTINCT FROM NEW.is_registered) EXECUTE FUNCTION refuse_change_of_registration();
"""


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    _needs()
    op.add_column("settings", sa.Column("is_registered", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_check_constraint(op.f("ck_settings_unregistered_is_ap"), "settings", "is_registered OR type = 'ap'")
    op.create_check_constraint(op.f("ck_settings_unregistered_number"), "settings", "is_registered = (urn < 990000)")
    for trigger in (PROVISIONS, PLACEMENTS, SETTINGS):
        op.execute(trigger)
    op.drop_constraint(op.f("ck_case_dates_next_clock"), "case_dates")
    op.create_check_constraint(
        op.f("ck_case_dates_next_clock"), "case_dates", f"next_clock IN {(*CLOCKS, 'sixth_day')}"
    )
    _plans()


def _needs() -> None:
    op.add_column(
        "needs",
        sa.Column(
            "footing",
            sa.String(length=40),
            server_default="ehcp",
            nullable=False,
        ),
    )
    op.create_check_constraint(
        op.f("ck_needs_footing"), "needs", "footing IN ('ehcp', 'excluded', 'suspended', 'at_risk', 'out_of_school')"
    )
    op.add_column("needs", sa.Column("last_education_on", sa.Date(), nullable=True))
    op.add_column("needs", sa.Column("roll_school", sa.String(length=200), nullable=True))
    op.create_check_constraint(
        op.f("ck_needs_request_of_ehcp"),
        "needs",
        "footing = 'ehcp' OR (request_id IS NULL AND locked_id IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_needs_last_education"),
        "needs",
        f"status IN ('draft', 'withdrawn') OR footing NOT IN ({OUT}) OR last_education_on IS NOT NULL",
    )
    op.create_check_constraint(
        op.f("ck_needs_roll"),
        "needs",
        "status IN ('draft', 'withdrawn') OR footing = 'ehcp' OR roll_school IS NOT NULL",
    )
    op.create_check_constraint(
        op.f("ck_needs_at_risk_in_school"), "needs", "footing <> 'at_risk' OR last_education_on IS NULL"
    )


def _plans() -> None:
    op.create_table(
        "reintegration_plans",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("placement_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("purpose", sa.String(length=1000), nullable=False),
        sa.Column("school", sa.String(length=200), nullable=False),
        sa.Column("school_urn", sa.Integer(), nullable=True),
        sa.Column("returns_on", sa.Date(), nullable=False),
        sa.Column("steps", sa.String(length=4000), nullable=False),
        sa.Column("lead", sa.String(length=120), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=4000), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(number = 1) = (reason IS NULL)", name=op.f("ck_reintegration_plans_reason")),
        sa.CheckConstraint("review_on <= ends_on", name=op.f("ck_reintegration_plans_review_on")),
        sa.CheckConstraint("returns_on <= ends_on + 31", name=op.f("ck_reintegration_plans_returns_on")),
        sa.CheckConstraint("school_urn BETWEEN 100000 AND 999999", name=op.f("ck_reintegration_plans_school_urn")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_reintegration_plans_organisation_id")
        ),
        sa.ForeignKeyConstraint(["placement_id"], ["placements.id"], name=op.f("fk_reintegration_plans_placement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reintegration_plans")),
        sa.UniqueConstraint("placement_id", "number", name=op.f("uq_reintegration_plans_placement_id_number")),
    )
    op.create_table(
        "reintegration_results",
        sa.Column("placement_id", sa.BigInteger(), nullable=False),
        sa.Column("is_reached", sa.Boolean(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("words", sa.String(length=4000), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_reintegration_results_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["placement_id"], ["placements.id"], name=op.f("fk_reintegration_results_placement_id")
        ),
        sa.PrimaryKeyConstraint("placement_id", name=op.f("pk_reintegration_results")),
    )
    for table in ("reintegration_plans", "reintegration_results"):  # both are added by the LA and never changed
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({SYSTEM} OR {SEEN})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({SYSTEM} OR {OF_LA})")


def downgrade() -> None:
    op.drop_table("reintegration_results")
    op.drop_table("reintegration_plans")
    op.execute("UPDATE case_dates SET next_clock = NULL, next_due_on = NULL WHERE next_clock = 'sixth_day'")
    op.drop_constraint(op.f("ck_case_dates_next_clock"), "case_dates")
    op.create_check_constraint(op.f("ck_case_dates_next_clock"), "case_dates", f"next_clock IN {CLOCKS}")
    op.execute("DROP TRIGGER provisions_unregistered ON provisions")
    op.execute("DROP TRIGGER placements_unregistered ON placements")
    op.execute("DROP TRIGGER settings_registration_unchanged ON settings")
    for function in ("check_provision_registered", "check_placement_registered", "refuse_change_of_registration"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_column("settings", "is_registered")
    for column in ("roll_school", "last_education_on", "footing"):
        op.drop_column("needs", column)
