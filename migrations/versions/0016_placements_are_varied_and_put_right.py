"""What a placement is varied to and whose entries it has; what undoes one; the band of a line of the ledger; what a
case's clocks have met, and what is due next."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
KINDS = (
    "awarded", "started", "varied", "repriced", "suspended", "resumed", "notice_given", "ended", "transferred", "carried",
)  # fmt: skip

# A reversal undoes one line wholly, at its fee and in its band.
REVERSAL = """
CREATE OR REPLACE FUNCTION check_reversal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    reversed ledger_lines;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO reversed FROM ledger_lines WHERE id = NEW.reverses_id;
        IF reversed.reverses_id IS NOT NULL
          OR (NEW.authority_id, NEW.placement_id, NEW.year, NEW.starts_on, NEW.ends_on, {of} NEW.fee, NEW.amount)
             IS DISTINCT FROM
             (reversed.authority_id, reversed.placement_id, reversed.year, reversed.starts_on, reversed.ends_on,
              {of_reversed} reversed.fee, -reversed.amount) THEN
            RAISE EXCEPTION 'a reversal undoes one line of the ledger, wholly'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_lines_reversal';
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=False, length=40)


def _in(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


def upgrade() -> None:
    op.add_column("placements", sa.Column("schedule_id", sa.BigInteger(), nullable=True))
    op.execute("UPDATE placements SET schedule_id = (SELECT schedule_id FROM awards WHERE awards.id = award_id)")
    op.alter_column("placements", "schedule_id", nullable=False)
    op.create_foreign_key(op.f("fk_placements_schedule_id"), "placements", "price_schedules", ["schedule_id"], ["id"])
    op.add_column("placements", sa.Column("reference", sa.String(length=40), nullable=True))
    op.execute("UPDATE placements SET reference = (SELECT reference FROM needs WHERE needs.id = need_id)")
    op.alter_column("placements", "reference", nullable=False)
    op.execute(f"GRANT UPDATE (provision_id, schedule_id) ON placements TO {APPLICATION}")

    op.add_column("placement_events", sa.Column("organisation_id", sa.BigInteger(), nullable=True))
    op.add_column("placement_events", sa.Column("undoes_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_placement_events_organisation_id"), "placement_events", "organisations", ["organisation_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_placement_events_undoes_id"), "placement_events", "placement_events", ["undoes_id"], ["id"]
    )
    op.create_unique_constraint(op.f("uq_placement_events_undoes_id"), "placement_events", ["undoes_id"])
    op.drop_constraint(op.f("ck_placement_events_kind"), "placement_events")
    op.create_check_constraint(op.f("ck_placement_events_kind"), "placement_events", _in("kind", (*KINDS, "undone")))
    op.create_check_constraint(
        op.f("ck_placement_events_undoes"), "placement_events", "(kind = 'undone') = (undoes_id IS NOT NULL)"
    )

    bands = ("mild", "moderate", "intensive", "profound", "exceptional")
    op.add_column("ledger_lines", sa.Column("band", _one_of("band", *bands), nullable=True))
    op.execute("ALTER TABLE ledger_lines DISABLE TRIGGER ledger_lines_unchanged")
    op.execute("UPDATE ledger_lines SET band = (SELECT band FROM placements WHERE placements.id = placement_id)")
    op.execute("ALTER TABLE ledger_lines ENABLE TRIGGER ledger_lines_unchanged")
    op.alter_column("ledger_lines", "band", nullable=False)
    op.create_check_constraint(op.f("ck_ledger_lines_band"), "ledger_lines", _in("band", bands))
    op.execute(REVERSAL.format(of="NEW.band,", of_reversed="reversed.band,"))

    outcomes = ("maintain", "amend", "cease")
    clocks = ("final_plan", "family_reply", "transfer", "review_decision", "review_plan")
    op.add_column("case_dates", sa.Column("plan_issued_on", sa.Date(), nullable=True))
    op.add_column("case_dates", sa.Column("review_decided_on", sa.Date(), nullable=True))
    op.add_column("case_dates", sa.Column("review_outcome", _one_of("review_outcome", *outcomes), nullable=True))
    op.add_column("case_dates", sa.Column("next_due_on", sa.Date(), nullable=True))
    op.add_column("case_dates", sa.Column("next_clock", _one_of("next_clock", *clocks), nullable=True))
    for name, rule in (
        ("review_outcome", _in("review_outcome", outcomes)),
        ("next_clock", _in("next_clock", clocks)),
        ("review_outcome_of_decision", "(review_decided_on IS NULL) = (review_outcome IS NULL)"),
        (
            "decided_after_review",
            "review_decided_on IS NULL OR coalesce(review_decided_on >= review_held_on, false)",
        ),
        ("next", "(next_due_on IS NULL) = (next_clock IS NULL)"),
    ):
        op.create_check_constraint(op.f(f"ck_case_dates_{name}"), "case_dates", rule)
    op.create_index(op.f("ix_case_dates_next_due_on"), "case_dates", ["next_due_on"])


def downgrade() -> None:
    op.drop_index(op.f("ix_case_dates_next_due_on"), "case_dates")
    for column in ("next_clock", "next_due_on", "review_outcome", "review_decided_on", "plan_issued_on"):
        op.drop_column("case_dates", column)
    op.execute(REVERSAL.format(of="", of_reversed=""))
    op.drop_column("ledger_lines", "band")
    op.drop_constraint(op.f("ck_placement_events_undoes"), "placement_events")
    op.drop_constraint(op.f("ck_placement_events_kind"), "placement_events")
    op.create_check_constraint(op.f("ck_placement_events_kind"), "placement_events", _in("kind", KINDS))
    op.drop_column("placement_events", "undoes_id")
    op.drop_column("placement_events", "organisation_id")
    op.execute(f"REVOKE UPDATE (provision_id, schedule_id) ON placements FROM {APPLICATION}")
    op.drop_column("placements", "reference")
    op.drop_column("placements", "schedule_id")
