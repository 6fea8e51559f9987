"""Consultations, what settings reply, who the pupils are, and from when the clocks of a case run."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
LA = f"({SCOPE} = 'la' AND authority_id = {ME})"
REGION = f"({SCOPE} = 'region' AND authority_id IN (SELECT id FROM authorities WHERE region_id = {ME}))"
PROVIDER = f"({SCOPE} = 'provider' AND provider_id = {ME})"
OPEN = "status NOT IN ('withdrawn', 'awarded', 'closed')"
# An LA writes about its own needs: an id of another LA's need would open that pupil's identity to the setting named.
OF_NEED = f"({LA} AND EXISTS (SELECT FROM needs WHERE needs.id = need_id))"

# What hangs on a consultation is seen by those who see it, and written by the provider that is asked. A provider reads
# who a pupil is as long as its consultation is open, or the pupil is placed there.
SEEN = "EXISTS (SELECT FROM consultations WHERE consultations.id = consultation_id)"  # by its key, not by a list of all
ASKED = (
    f"({SCOPE} = 'provider' AND consultation_id IN (SELECT id FROM consultations WHERE provider_id = {ME} AND {OPEN}))"
)
OPEN_TO = (
    f"({SCOPE} = 'provider' AND need_id IN (SELECT need_id FROM consultations WHERE provider_id = {ME}"
    " AND status NOT IN ('withdrawn', 'closed')))"
)

# table → (rights, who reads, adds, changes, removes). Whom and what a consultation asks stays as it was sent, whoever
# changes it; one that has ended its setting cannot open again.
POLICIES = {
    "consultations": (
        "SELECT, INSERT, UPDATE (status, seen_at, replied_at, ended_at, reminded, chased_at, version)",
        f"{SYSTEM} OR {LA} OR {REGION} OR {PROVIDER}",
        f"({SYSTEM} OR {OF_NEED}) AND provider_id = (SELECT s.provider_id FROM settings s WHERE s.id = setting_id)",
        f"{SYSTEM} OR {LA} OR ({PROVIDER} AND {OPEN})",
        "false",
    ),
    "offers": ("SELECT, INSERT, UPDATE, DELETE", f"{SYSTEM} OR {SEEN}", *[f"{SYSTEM} OR {ASKED}"] * 3),
    "refusal_reasons": ("SELECT, INSERT, UPDATE, DELETE", f"{SYSTEM} OR {SEEN}", *[f"{SYSTEM} OR {ASKED}"] * 3),
    "identities": (
        "SELECT, INSERT, UPDATE",
        f"{SYSTEM} OR {LA} OR {OPEN_TO}",
        *[f"{SYSTEM} OR {OF_NEED}"] * 2,
        "false",
    ),
    "documents": ("SELECT, INSERT, UPDATE", f"{SYSTEM} OR {LA} OR {OPEN_TO}", *[f"{SYSTEM} OR {OF_NEED}"] * 2, "false"),
    "case_dates": ("SELECT, INSERT, UPDATE", f"{SYSTEM} OR {LA} OR {REGION}", *[f"{SYSTEM} OR {OF_NEED}"] * 2, "false"),
}


def upgrade() -> None:
    op.add_column("vacancies", sa.Column("used", sa.Numeric(8, 2), nullable=False, server_default="0"))
    op.alter_column("vacancies", "used", server_default=None)
    op.create_check_constraint(op.f("ck_vacancies_used"), "vacancies", "used BETWEEN 0 AND amount")
    op.create_table(
        "consultations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("provision_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "sent",
                "offered",
                "full",
                "refused",
                "withdrawn",
                "awarded",
                "closed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("brief", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by_id", sa.BigInteger(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded", sa.Integer(), nullable=False),
        sa.Column("chased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status IN ('withdrawn', 'awarded', 'closed')) = (ended_at IS NOT NULL)",
            name=op.f("ck_consultations_ended_at"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('offered', 'full', 'refused') OR replied_at IS NOT NULL",
            name=op.f("ck_consultations_replied_at"),
        ),
        sa.CheckConstraint("reminded IN (0, 7, 12, 15)", name=op.f("ck_consultations_reminded")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_consultations_authority_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_consultations_need_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_consultations_provider_id")),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_consultations_provision_id")),
        sa.ForeignKeyConstraint(["sent_by_id"], ["users.id"], name=op.f("fk_consultations_sent_by_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_consultations_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
    )
    op.create_index(op.f("ix_consultations_authority_id"), "consultations", ["authority_id"], unique=False)
    op.create_index(op.f("ix_consultations_need_id"), "consultations", ["need_id"], unique=False)
    op.create_index(op.f("ix_consultations_provider_id"), "consultations", ["provider_id"], unique=False)
    op.create_index(op.f("ix_consultations_setting_id"), "consultations", ["setting_id"], unique=False)
    op.create_index(
        "uq_consultations_open",
        "consultations",
        ["need_id", "setting_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'closed')"),
    )
    op.create_table(
        "offers",
        sa.Column("consultation_id", sa.BigInteger(), nullable=False),
        sa.Column("provision_id", sa.BigInteger(), nullable=False),
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
        sa.Column("note", sa.String(length=4000), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(variation = 0) = (variation_reason IS NULL)", name=op.f("ck_offers_variation_reason")),
        sa.CheckConstraint("hours_a_week > 0", name=op.f("ck_offers_hours")),
        sa.CheckConstraint("price >= 0 AND price + variation >= 0", name=op.f("ck_offers_price")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultations.id"], name=op.f("fk_offers_consultation_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_offers_provision_id")),
        sa.ForeignKeyConstraint(["schedule_id"], ["price_schedules.id"], name=op.f("fk_offers_schedule_id")),
        sa.PrimaryKeyConstraint("consultation_id", name=op.f("pk_offers")),
    )
    op.create_table(
        "refusal_reasons",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("consultation_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "code",
            sa.Enum(
                "unsuitable_age",
                "unsuitable_need",
                "education_of_others",
                "staffing",
                "therapy",
                "premises",
                "residential",
                "information",
                "full",
                "other",
                name="code",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.String(length=4000), nullable=False),
        sa.CheckConstraint("length(words) > 0 OR code = 'full'", name=op.f("ck_refusal_reasons_words")),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultations.id"],
            name=op.f("fk_refusal_reasons_consultation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal_reasons")),
        sa.UniqueConstraint("consultation_id", "code", name=op.f("uq_refusal_reasons_consultation_id_code")),
    )
    op.create_index(op.f("ix_refusal_reasons_consultation_id"), "refusal_reasons", ["consultation_id"], unique=False)
    op.create_table(
        "identities",
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("birth_date", sa.LargeBinary(), nullable=False),
        sa.Column("upn", sa.LargeBinary(), nullable=True),
        sa.Column("family_view", sa.LargeBinary(), nullable=True),
        sa.Column("child_view", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_identities_authority_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_identities_need_id")),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_authority_id"), "identities", ["authority_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "plan", "advice", "review", "other", name="kind", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by_id", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(removed_at IS NULL) = (content IS NOT NULL)", name=op.f("ck_documents_removed")),
        sa.CheckConstraint("size BETWEEN 1 AND 10000000", name=op.f("ck_documents_size")),
        sa.ForeignKeyConstraint(["added_by_id"], ["users.id"], name=op.f("fk_documents_added_by_id")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_documents_authority_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_documents_need_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_authority_id"), "documents", ["authority_id"], unique=False)
    op.create_index(op.f("ix_documents_need_id"), "documents", ["need_id"], unique=False)
    op.create_table(
        "case_dates",
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=True),
        sa.Column("draft_sent_on", sa.Date(), nullable=True),
        sa.Column(
            "transfer",
            sa.Enum("school", "post_16", name="transfer", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("transfer_year", sa.Integer(), nullable=True),
        sa.Column("review_held_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(transfer IS NULL) = (transfer_year IS NULL)", name=op.f("ck_case_dates_transfer_year")),
        sa.CheckConstraint("draft_sent_on >= requested_on", name=op.f("ck_case_dates_draft_after_request")),
        sa.CheckConstraint("transfer_year BETWEEN 2020 AND 2100", name=op.f("ck_case_dates_year")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_case_dates_authority_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_case_dates_need_id")),
        sa.PrimaryKeyConstraint("need_id", name=op.f("pk_case_dates")),
    )
    op.create_index(op.f("ix_case_dates_authority_id"), "case_dates", ["authority_id"], unique=False)
    for table, (rights, reads, adds, changes, removes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({removes})")


def downgrade() -> None:
    for table in reversed(POLICIES):
        op.drop_table(table)
    op.drop_constraint("ck_vacancies_used", "vacancies")
    op.drop_column("vacancies", "used")
