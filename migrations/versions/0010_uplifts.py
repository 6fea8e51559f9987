"""Uplifts: indices, requests, whom they affect, the steps of their negotiation, and each LA's answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
PROVIDER = f"{SCOPE} = 'provider'"
LA = f"{SCOPE} = 'la'"
OPERATOR = f"{SCOPE} = 'operator'"

# Of a request: its provider, and from sending on the LAs that it affects and the operator. What hangs on a request is seen
# by those who see it, but an LA's placements and answer by nobody of the other LAs; the answer also by the link LA.
MINE = f"({PROVIDER} AND provider_id = {ME})"
OURS = f"({LA} AND status <> 'draft' AND {ME} = ANY(authority_ids))"
SEEN = "uplift_id IN (SELECT id FROM uplifts)"
ITS_PROVIDER = f"({PROVIDER} AND uplift_id IN (SELECT id FROM uplifts WHERE provider_id = {ME}))"
ITS_DRAFTER = f"({PROVIDER} AND uplift_id IN (SELECT id FROM uplifts WHERE provider_id = {ME} AND status = 'draft'))"
ITS_PARTY = f"uplift_id IN (SELECT id FROM uplifts WHERE {ME} IN (provider_id, link_id))"
ITS_LINK = f"({LA} AND uplift_id IN (SELECT id FROM uplifts WHERE link_id = {ME}))"
OWN = f"({LA} AND authority_id = {ME} AND {SEEN})"

# table → (rights, who reads, adds, changes, removes)
POLICIES = {
    "price_indices": ("SELECT, INSERT", "true", SYSTEM, "false", "false"),
    "uplifts": (
        "SELECT, INSERT, UPDATE, DELETE",
        f"{SYSTEM} OR {MINE} OR {OURS} OR ({OPERATOR} AND status <> 'draft')",
        f"{SYSTEM} OR ({MINE} AND setting_id IN (SELECT id FROM settings WHERE provider_id = {ME}))",
        f"{SYSTEM} OR {MINE} OR {OURS}",
        f"{SYSTEM} OR ({MINE} AND status = 'draft')",
    ),
    "uplift_counts": (
        "SELECT, INSERT, UPDATE, DELETE",
        f"{SYSTEM} OR {ITS_PROVIDER} OR {OWN} OR ({OPERATOR} AND {SEEN})",
        f"{SYSTEM} OR {ITS_DRAFTER}",
        f"{SYSTEM} OR {ITS_DRAFTER} OR {OWN}",
        f"{SYSTEM} OR {ITS_DRAFTER}",
    ),
    "uplift_steps": (
        "SELECT, INSERT, UPDATE",
        f"{SYSTEM} OR {SEEN}",
        f"{SYSTEM} OR (organisation_id = {ME} AND {SEEN})",
        f"{SYSTEM} OR {ITS_PARTY}",
        "false",
    ),
    "uplift_answers": (
        "SELECT, INSERT, UPDATE",
        f"{SYSTEM} OR {ITS_PROVIDER} OR {OWN} OR {ITS_LINK} OR ({OPERATOR} AND {SEEN})",
        f"{SYSTEM} OR {ITS_PROVIDER}",
        f"{SYSTEM} OR {OWN}",
        "false",
    ),
}


def upgrade() -> None:
    op.create_table(
        "price_indices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "part",
            sa.Enum("staff", "premises", "other", name="part", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("percent", sa.Numeric(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.Column("url", sa.String(length=400), nullable=True),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_with(url, 'https://')", name=op.f("ck_price_indices_url")),
        sa.CheckConstraint("percent BETWEEN -50 AND 100", name=op.f("ck_price_indices_percent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_indices")),
        sa.UniqueConstraint("part", "starts_on", name=op.f("uq_price_indices_part_starts_on")),
    )
    op.create_table(
        "uplifts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "negotiating",
                "agreed",
                "published",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("percent", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("asked", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("staff", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("premises", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("other", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("reasons", sa.String(length=4000), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("base_id", sa.BigInteger(), nullable=True),
        sa.Column("authority_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=True),
        sa.Column("successor_id", sa.BigInteger(), nullable=True),
        sa.Column("agreed_percent", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("is_as_asked", sa.Boolean(), nullable=False),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("agreement", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("published_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(agreed_percent IS NULL) = (answer_by IS NULL) AND (agreed_percent IS NULL) = (agreement IS NULL) AND (status NOT IN ('agreed', 'published') OR agreed_percent IS NOT NULL)",
            name=op.f("ck_uplifts_agreed"),
        ),
        sa.CheckConstraint(
            "(status = 'draft') = (sent_at IS NULL) AND (sent_at IS NULL) = (base_id IS NULL) AND (sent_at IS NULL) = (link_id IS NULL)",
            name=op.f("ck_uplifts_sent"),
        ),
        sa.CheckConstraint("(status = 'published') = (published_id IS NOT NULL)", name=op.f("ck_uplifts_published")),
        sa.CheckConstraint(
            "status = 'draft' OR percent IS NOT NULL OR asked IS NOT NULL", name=op.f("ck_uplifts_asks")
        ),
        sa.CheckConstraint("year = extract(year FROM starts_on - interval '8 months')", name=op.f("ck_uplifts_year")),
        sa.CheckConstraint(
            "least(staff, premises, other) >= 0 AND staff + premises + other = 100", name=op.f("ck_uplifts_shares")
        ),
        sa.CheckConstraint("link_id IS NULL OR link_id = ANY(authority_ids)", name=op.f("ck_uplifts_link")),
        sa.CheckConstraint(
            "percent BETWEEN -50 AND 100 AND agreed_percent BETWEEN -50 AND 100", name=op.f("ck_uplifts_percent")
        ),
        sa.CheckConstraint("percent IS NULL OR asked IS NULL", name=op.f("ck_uplifts_one_of_two")),
        sa.CheckConstraint(
            "successor_id IS NULL OR (successor_id = ANY(authority_ids) AND successor_id <> link_id)",
            name=op.f("ck_uplifts_successor"),
        ),
        sa.ForeignKeyConstraint(["base_id"], ["price_schedules.id"], name=op.f("fk_uplifts_base_id")),
        sa.ForeignKeyConstraint(["link_id"], ["authorities.id"], name=op.f("fk_uplifts_link_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_uplifts_provider_id")),
        sa.ForeignKeyConstraint(["published_id"], ["price_schedules.id"], name=op.f("fk_uplifts_published_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_uplifts_setting_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["authorities.id"], name=op.f("fk_uplifts_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uplifts")),
    )
    op.create_index(op.f("ix_uplifts_provider_id"), "uplifts", ["provider_id"], unique=False)
    op.create_index(op.f("ix_uplifts_setting_id"), "uplifts", ["setting_id"], unique=False)
    op.create_index(
        "uq_uplifts_open",
        "uplifts",
        ["setting_id", "year"],
        unique=True,
        postgresql_where=sa.text("status <> 'withdrawn'"),
    )
    op.create_table(
        "uplift_answers",
        sa.Column("uplift_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=True),
        sa.Column("officer", sa.String(length=120), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("letter", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint(
            "num_nulls(is_accepted, reason, officer, answered_at, letter) IN (0, 5)",
            name=op.f("ck_uplift_answers_whole"),
        ),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_uplift_answers_authority_id")),
        sa.ForeignKeyConstraint(
            ["uplift_id"], ["uplifts.id"], name=op.f("fk_uplift_answers_uplift_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("uplift_id", "authority_id", name=op.f("pk_uplift_answers")),
    )
    op.create_table(
        "uplift_counts",
        sa.Column("uplift_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
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
        sa.Column("stated", sa.Integer(), nullable=False),
        sa.Column("corrected", sa.Integer(), nullable=True),
        sa.CheckConstraint("corrected BETWEEN 0 AND 999", name=op.f("ck_uplift_counts_corrected")),
        sa.CheckConstraint("stated BETWEEN 1 AND 999", name=op.f("ck_uplift_counts_stated")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_uplift_counts_authority_id")),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_uplift_counts_provision_id")),
        sa.ForeignKeyConstraint(
            ["uplift_id"], ["uplifts.id"], name=op.f("fk_uplift_counts_uplift_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("uplift_id", "authority_id", "provision_id", "band", name=op.f("pk_uplift_counts")),
    )
    op.create_table(
        "uplift_steps",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uplift_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "proposed",
                "agreed",
                "link_offered",
                "link_changed",
                "link_kept",
                "withdrawn",
                "published",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("officer", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("percent", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("reasons", sa.String(length=4000), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('proposed', 'agreed')) = (percent IS NOT NULL)", name=op.f("ck_uplift_steps_percent_of_kind")
        ),
        sa.CheckConstraint("NOT is_open OR kind = 'proposed'", name=op.f("ck_uplift_steps_open_proposal")),
        sa.CheckConstraint("percent BETWEEN -50 AND 100", name=op.f("ck_uplift_steps_percent")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_uplift_steps_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["uplift_id"], ["uplifts.id"], name=op.f("fk_uplift_steps_uplift_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uplift_steps")),
        sa.UniqueConstraint("uplift_id", "number", name=op.f("uq_uplift_steps_uplift_id_number")),
    )
    op.create_index(
        "uq_uplift_steps_open", "uplift_steps", ["uplift_id"], unique=True, postgresql_where=sa.text("is_open")
    )
    for table, (rights, reads, adds, changes, removes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({removes})")


def downgrade() -> None:
    op.drop_index("uq_uplift_steps_open", table_name="uplift_steps", postgresql_where=sa.text("is_open"))
    op.drop_table("uplift_steps")
    op.drop_table("uplift_counts")
    op.drop_table("uplift_answers")
    op.drop_index("uq_uplifts_open", table_name="uplifts", postgresql_where=sa.text("status <> 'withdrawn'"))
    op.drop_index(op.f("ix_uplifts_setting_id"), table_name="uplifts")
    op.drop_index(op.f("ix_uplifts_provider_id"), table_name="uplifts")
    op.drop_table("uplifts")
    op.drop_table("price_indices")
