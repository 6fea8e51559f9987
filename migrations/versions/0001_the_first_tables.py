"""The first tables, with their named constraints."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "frameworks",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "in_consultation",
                "adopted",
                "superseded",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frameworks")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_frameworks_name_version")),
    )
    op.create_table(
        "home_areas",
        sa.Column("code", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("easting", sa.Integer(), nullable=False),
        sa.Column("northing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_home_areas")),
    )
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "la",
                "provider",
                "region",
                "operator",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_index("uq_organisations_kind_name", "organisations", ["kind", "name"], unique=True)
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
    )
    op.create_index(op.f("ix_rate_limits_expires_at"), "rate_limits", ["expires_at"], unique=False)
    op.create_table(
        "providers",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["organisations.id"], name=op.f("fk_providers_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_providers")),
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["organisations.id"], name=op.f("fk_regions_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
    )
    op.create_table(
        "tariffs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("framework_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "in_consultation",
                "adopted",
                "superseded",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("is_illustrative", sa.Boolean(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_tariffs_dates")),
        sa.ForeignKeyConstraint(["framework_id"], ["frameworks.id"], name=op.f("fk_tariffs_framework_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["organisations.id"], name=op.f("fk_tariffs_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariffs")),
        sa.UniqueConstraint("name", "starts_on", name=op.f("uq_tariffs_name_starts_on")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("organisation_id", sa.BigInteger(), nullable=False),
        sa.Column("is_password_temporary", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("email = lower(email) AND email LIKE '%%_@_%%'", name=op.f("ck_users_email")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_users_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(op.f("ix_users_organisation_id"), "users", ["organisation_id"], unique=False)
    op.create_table(
        "audit_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.String(length=80), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_audit_events_organisation_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_events_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
    )
    op.create_index(op.f("ix_audit_events_organisation_id"), "audit_events", ["organisation_id"], unique=False)
    op.create_index("ix_audit_events_subject", "audit_events", ["subject_type", "subject_id", "id"], unique=False)
    op.create_table(
        "authorities",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("area_factor", sa.Numeric(precision=6, scale=4, asdecimal=False), nullable=False),
        sa.Column("boundary", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("code ~ '^[0-9]{3}$'", name=op.f("ck_authorities_code")),
        sa.CheckConstraint("area_factor BETWEEN 0.5 AND 2", name=op.f("ck_authorities_area_factor")),
        sa.ForeignKeyConstraint(["id"], ["organisations.id"], name=op.f("fk_authorities_id")),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_authorities_region_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authorities")),
        sa.UniqueConstraint("code", name=op.f("uq_authorities_code")),
    )
    op.create_index(op.f("ix_authorities_region_id"), "authorities", ["region_id"], unique=False)
    op.create_table(
        "matching_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "queued",
                "running",
                "done",
                "failed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("token", sa.Uuid(), nullable=True),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(status = 'failed') = (error IS NOT NULL)", name=op.f("ck_matching_runs_error_of_failed")),
        sa.CheckConstraint("seconds BETWEEN 1 AND 3600", name=op.f("ck_matching_runs_seconds")),
        sa.ForeignKeyConstraint(["requested_by_id"], ["users.id"], name=op.f("fk_matching_runs_requested_by_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["organisations.id"], name=op.f("fk_matching_runs_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_runs")),
    )
    op.create_index(op.f("ix_matching_runs_scope_id"), "matching_runs", ["scope_id"], unique=False)
    op.create_index(
        "uq_matching_runs_active",
        "matching_runs",
        ["scope_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "commissioner",
                "provider_editor",
                "procurement",
                "approver",
                "administrator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_roles_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_sessions_token_hash")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)
    op.create_table(
        "budgets",
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_budgets_amount")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_budgets_authority_id")),
        sa.PrimaryKeyConstraint("authority_id", name=op.f("pk_budgets")),
    )
    op.create_table(
        "run_results",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("summary", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("pools", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("budgets", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["matching_runs.id"], name=op.f("fk_run_results_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_results")),
    )
    op.create_table(
        "settings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("urn", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "nmss",
                "section41",
                "independent",
                "state_special",
                "ap",
                "resourced_mainstream",
                name="type",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "proposed",
                "closing",
                "closed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("provider_id", sa.BigInteger(), nullable=True),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("low_age", sa.Integer(), nullable=True),
        sa.Column("high_age", sa.Integer(), nullable=True),
        sa.Column(
            "sex",
            sa.Enum("mixed", "F", "M", name="sex", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("boarders", sa.String(length=80), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("pupils", sa.Integer(), nullable=True),
        sa.Column("needs", postgresql.ARRAY(sa.String(length=4)), nullable=True),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column("easting", sa.Integer(), nullable=False),
        sa.Column("northing", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_settings_capacity")),
        sa.CheckConstraint("low_age <= high_age", name=op.f("ck_settings_ages")),
        sa.CheckConstraint("pupils >= 0", name=op.f("ck_settings_pupils")),
        sa.CheckConstraint("urn BETWEEN 100000 AND 999999", name=op.f("ck_settings_urn")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_settings_authority_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_settings_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings")),
        sa.UniqueConstraint("urn", name=op.f("uq_settings_urn")),
    )
    op.create_index(op.f("ix_settings_authority_id"), "settings", ["authority_id"], unique=False)
    op.create_index(op.f("ix_settings_provider_id"), "settings", ["provider_id"], unique=False)
    op.create_table(
        "pools",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "unit",
            sa.Enum("places", "hours", name="unit", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by_id"], ["users.id"], name=op.f("fk_pools_confirmed_by_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_pools_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pools")),
    )
    op.create_index(op.f("ix_pools_setting_id"), "pools", ["setting_id"], unique=False)
    op.create_table(
        "price_schedules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft", "published", "superseded", name="status", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edit", sa.Integer(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(setting_id, setting_id, '[]')"), "&&"),
            (sa.text("daterange(starts_on, ends_on)"), "&&"),
            where=sa.text("status <> 'draft'"),
            using="gist",
            name="ex_price_schedules_overlap",
        ),
        sa.CheckConstraint("(status = 'draft') = (published_at IS NULL)", name=op.f("ck_price_schedules_published_at")),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_price_schedules_dates")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_price_schedules_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_schedules")),
        sa.UniqueConstraint("setting_id", "version", name=op.f("uq_price_schedules_setting_id_version")),
    )
    op.create_index(op.f("ix_price_schedules_setting_id"), "price_schedules", ["setting_id"], unique=False)
    op.create_table(
        "provisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("setting_id", sa.BigInteger(), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("full", "porous", "outreach", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "pattern",
            sa.Enum(
                "day",
                "weekly",
                "termly",
                "annual",
                name="pattern",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("low_year", sa.Integer(), nullable=False),
        sa.Column("high_year", sa.Integer(), nullable=False),
        sa.Column(
            "sex",
            sa.Enum("mixed", "F", "M", name="sex", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("needs", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("max_ci", sa.Integer(), nullable=False),
        sa.Column("max_cl", sa.Integer(), nullable=False),
        sa.Column("max_semh", sa.Integer(), nullable=False),
        sa.Column("max_sp", sa.Integer(), nullable=False),
        sa.Column("facilities", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("las", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("sessions", sa.Integer(), nullable=True),
        sa.Column("radius_km", sa.Numeric(precision=6, scale=1), nullable=True),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'porous') = (sessions IS NOT NULL)", name=op.f("ck_provisions_sessions_of_porous")),
        sa.CheckConstraint("kind = 'full' OR pattern = 'day'", name=op.f("ck_provisions_pattern_of_full")),
        sa.CheckConstraint(
            "radius_km IS NULL OR (kind = 'outreach' AND radius_km > 0)", name=op.f("ck_provisions_radius_of_outreach")
        ),
        sa.CheckConstraint("cardinality(needs) > 0", name=op.f("ck_provisions_needs")),
        sa.CheckConstraint("low_year <= high_year", name=op.f("ck_provisions_year_order")),
        sa.CheckConstraint(
            "low_year BETWEEN -1 AND 14 AND high_year BETWEEN -1 AND 14", name=op.f("ck_provisions_years")
        ),
        sa.CheckConstraint(
            "max_ci BETWEEN 0 AND 5 AND max_cl BETWEEN 0 AND 5 AND max_semh BETWEEN 0 AND 5 AND max_sp BETWEEN 0 AND 5",
            name=op.f("ck_provisions_levels"),
        ),
        sa.CheckConstraint("sessions BETWEEN 1 AND 9", name=op.f("ck_provisions_sessions")),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_provisions_pool_id")),
        sa.ForeignKeyConstraint(["setting_id"], ["settings.id"], name=op.f("fk_provisions_setting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provisions")),
    )
    op.create_index(op.f("ix_provisions_pool_id"), "provisions", ["pool_id"], unique=False)
    op.create_index(op.f("ix_provisions_setting_id"), "provisions", ["setting_id"], unique=False)
    op.create_table(
        "vacancies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("pool_id", sa.BigInteger(), nullable=False),
        sa.Column("low_year", sa.Integer(), nullable=False),
        sa.Column("high_year", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=8, scale=2), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(pool_id, pool_id, '[]')"), "&&"),
            (sa.text("int4range(low_year, high_year, '[]')"), "&&"),
            (sa.text("daterange(starts_on, starts_on, '[]')"), "&&"),
            using="gist",
            name="ex_vacancies_overlap",
        ),
        sa.CheckConstraint("amount >= 0 AND amount <= 100000", name=op.f("ck_vacancies_amount")),
        sa.CheckConstraint("low_year <= high_year", name=op.f("ck_vacancies_year_order")),
        sa.CheckConstraint(
            "low_year BETWEEN -1 AND 14 AND high_year BETWEEN -1 AND 14", name=op.f("ck_vacancies_years")
        ),
        sa.ForeignKeyConstraint(["pool_id"], ["pools.id"], name=op.f("fk_vacancies_pool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vacancies")),
    )
    op.create_index(op.f("ix_vacancies_pool_id"), "vacancies", ["pool_id"], unique=False)
    op.create_table(
        "needs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "draft",
                "published",
                "consulting",
                "offered",
                "placed",
                "withdrawn",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("year_group", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(length=1), nullable=True),
        sa.Column("home_area", sa.String(length=4), nullable=True),
        sa.Column("easting", sa.Integer(), nullable=True),
        sa.Column("northing", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("mainstream", sa.String(length=4000), nullable=True),
        sa.Column("level_ci", sa.Integer(), nullable=True),
        sa.Column("level_cl", sa.Integer(), nullable=True),
        sa.Column("level_semh", sa.Integer(), nullable=True),
        sa.Column("level_sp", sa.Integer(), nullable=True),
        sa.Column("primary_need", sa.String(length=4), nullable=True),
        sa.Column("secondary_needs", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("requirements", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column(
            "pattern",
            sa.Enum(
                "day",
                "weekly",
                "termly",
                "annual",
                name="pattern",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("max_km", sa.Numeric(precision=6, scale=1), nullable=True),
        sa.Column("is_transport_entitled", sa.Boolean(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
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
        sa.Column("wishes", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("framework_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "derived_band",
            sa.Enum(
                "mild",
                "moderate",
                "intensive",
                "profound",
                "exceptional",
                name="derived_band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("band_reasons", postgresql.ARRAY(sa.String(length=400)), nullable=False),
        sa.Column(
            "band_override",
            sa.Enum(
                "mild",
                "moderate",
                "intensive",
                "profound",
                "exceptional",
                name="band_override",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("band_override_reason", sa.String(length=2000), nullable=True),
        sa.Column("locked_id", sa.BigInteger(), nullable=True),
        sa.Column("forbidden", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kinds <@ ARRAY['full', 'porous', 'outreach']::varchar[]", name=op.f("ck_needs_kinds")),
        sa.CheckConstraint("reference ~ '^[A-Za-z0-9][A-Za-z0-9._/-]{0,39}$'", name=op.f("ck_needs_reference")),
        sa.CheckConstraint("sex IN ('F', 'M')", name=op.f("ck_needs_sex")),
        sa.CheckConstraint(
            "status IN ('draft', 'withdrawn') OR (year_group IS NOT NULL AND easting IS NOT NULL AND northing IS NOT NULL AND level_ci IS NOT NULL AND level_cl IS NOT NULL AND level_semh IS NOT NULL AND level_sp IS NOT NULL AND primary_need IS NOT NULL AND pattern IS NOT NULL AND priority IS NOT NULL AND framework_id IS NOT NULL AND published_at IS NOT NULL)",
            name=op.f("ck_needs_complete"),
        ),
        sa.CheckConstraint(
            "(band_override IS NULL) = (band_override_reason IS NULL)", name=op.f("ck_needs_override_reason")
        ),
        sa.CheckConstraint("(ground IS NULL) = (ground_evidence IS NULL)", name=op.f("ck_needs_ground_evidence")),
        sa.CheckConstraint("ground IS NULL OR request_id IS NOT NULL", name=op.f("ck_needs_ground_of_request")),
        sa.CheckConstraint(
            "level_ci BETWEEN 0 AND 5 AND level_cl BETWEEN 0 AND 5 AND level_semh BETWEEN 0 AND 5 AND level_sp BETWEEN 0 AND 5",
            name=op.f("ck_needs_levels"),
        ),
        sa.CheckConstraint("max_km > 0", name=op.f("ck_needs_max_km")),
        sa.CheckConstraint("priority BETWEEN 1 AND 5", name=op.f("ck_needs_priority")),
        sa.CheckConstraint("year_group BETWEEN -1 AND 14", name=op.f("ck_needs_year_group")),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_needs_authority_id")),
        sa.ForeignKeyConstraint(["framework_id"], ["frameworks.id"], name=op.f("fk_needs_framework_id")),
        sa.ForeignKeyConstraint(["locked_id"], ["provisions.id"], name=op.f("fk_needs_locked_id")),
        sa.ForeignKeyConstraint(["request_id"], ["settings.id"], name=op.f("fk_needs_request_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_needs")),
        sa.UniqueConstraint("authority_id", "reference", name=op.f("uq_needs_authority_id_reference")),
    )
    op.create_index(op.f("ix_needs_authority_id"), "needs", ["authority_id"], unique=False)
    op.create_table(
        "price_lines",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("schedule_id", sa.BigInteger(), nullable=False),
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
        sa.Column(
            "part",
            sa.Enum(
                "core",
                "therapy",
                "one_to_one",
                "residential",
                "equipment",
                name="part",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "discipline",
            sa.Enum(
                "salt",
                "occupational",
                "physio",
                "psychology",
                "other",
                name="discipline",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("hours_a_week", sa.Numeric(precision=6, scale=2), nullable=True),
        sa.Column("weeks", sa.Integer(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(part = 'therapy') = (discipline IS NOT NULL)", name=op.f("ck_price_lines_discipline_of_therapy")
        ),
        sa.CheckConstraint(
            "part NOT IN ('therapy', 'one_to_one') OR hours_a_week IS NOT NULL",
            name=op.f("ck_price_lines_hours_of_staff"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_price_lines_amount")),
        sa.CheckConstraint("hours_a_week > 0 AND hours_a_week <= 168", name=op.f("ck_price_lines_hours")),
        sa.CheckConstraint("weeks BETWEEN 1 AND 52", name=op.f("ck_price_lines_weeks")),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_price_lines_provision_id")),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["price_schedules.id"], name=op.f("fk_price_lines_schedule_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_lines")),
        sa.UniqueConstraint(
            "schedule_id",
            "provision_id",
            "band",
            "part",
            "discipline",
            name="uq_price_lines_part",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_price_lines_provision_id"), "price_lines", ["provision_id"], unique=False)
    op.create_index(op.f("ix_price_lines_schedule_id"), "price_lines", ["schedule_id"], unique=False)
    op.create_table(
        "recommendations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("need_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum("duties", "choices", name="phase", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("provision_id", sa.BigInteger(), nullable=True),
        sa.Column("band", sa.String(length=20), nullable=True),
        sa.Column("fte", sa.Numeric(precision=6, scale=3), nullable=True),
        sa.Column("road_km", sa.Numeric(precision=8, scale=3), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=True),
        sa.Column("transport", sa.BigInteger(), nullable=True),
        sa.Column("wish", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.String(length=1000), nullable=True),
        sa.CheckConstraint(
            "(provision_id IS NULL) = (reason IS NOT NULL)", name=op.f("ck_recommendations_placed_or_reason")
        ),
        sa.CheckConstraint(
            "provision_id IS NULL OR (price IS NOT NULL AND transport IS NOT NULL)",
            name=op.f("ck_recommendations_cost"),
        ),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_recommendations_authority_id")),
        sa.ForeignKeyConstraint(["need_id"], ["needs.id"], name=op.f("fk_recommendations_need_id")),
        sa.ForeignKeyConstraint(["provision_id"], ["provisions.id"], name=op.f("fk_recommendations_provision_id")),
        sa.ForeignKeyConstraint(["run_id"], ["matching_runs.id"], name=op.f("fk_recommendations_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint("run_id", "need_id", name=op.f("uq_recommendations_run_id_need_id")),
    )
    op.create_index(op.f("ix_recommendations_authority_id"), "recommendations", ["authority_id"], unique=False)
    op.create_index(op.f("ix_recommendations_need_id"), "recommendations", ["need_id"], unique=False)
    op.create_index(op.f("ix_recommendations_run_id"), "recommendations", ["run_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_recommendations_run_id"), table_name="recommendations")
    op.drop_index(op.f("ix_recommendations_need_id"), table_name="recommendations")
    op.drop_index(op.f("ix_recommendations_authority_id"), table_name="recommendations")
    op.drop_table("recommendations")
    op.drop_index(op.f("ix_price_lines_schedule_id"), table_name="price_lines")
    op.drop_index(op.f("ix_price_lines_provision_id"), table_name="price_lines")
    op.drop_table("price_lines")
    op.drop_index(op.f("ix_needs_authority_id"), table_name="needs")
    op.drop_table("needs")
    op.drop_index(op.f("ix_vacancies_pool_id"), table_name="vacancies")
    op.drop_table("vacancies")
    op.drop_index(op.f("ix_provisions_setting_id"), table_name="provisions")
    op.drop_index(op.f("ix_provisions_pool_id"), table_name="provisions")
    op.drop_table("provisions")
    op.drop_index(op.f("ix_price_schedules_setting_id"), table_name="price_schedules")
    op.drop_table("price_schedules")
    op.drop_index(op.f("ix_pools_setting_id"), table_name="pools")
    op.drop_table("pools")
    op.drop_index(op.f("ix_settings_provider_id"), table_name="settings")
    op.drop_index(op.f("ix_settings_authority_id"), table_name="settings")
    op.drop_table("settings")
    op.drop_table("run_results")
    op.drop_table("budgets")
    op.drop_index(op.f("ix_user_sessions_user_id"), table_name="user_sessions")
    op.drop_table("user_sessions")
    op.drop_table("user_roles")
    op.drop_index(
        "uq_matching_runs_active",
        table_name="matching_runs",
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )
    op.drop_index(op.f("ix_matching_runs_scope_id"), table_name="matching_runs")
    op.drop_table("matching_runs")
    op.drop_index(op.f("ix_authorities_region_id"), table_name="authorities")
    op.drop_table("authorities")
    op.drop_index("ix_audit_events_subject", table_name="audit_events")
    op.drop_index(op.f("ix_audit_events_organisation_id"), table_name="audit_events")
    op.drop_table("audit_events")
    op.drop_index(op.f("ix_users_organisation_id"), table_name="users")
    op.drop_table("users")
    op.drop_table("tariffs")
    op.drop_table("regions")
    op.drop_table("providers")
    op.drop_index(op.f("ix_rate_limits_expires_at"), table_name="rate_limits")
    op.drop_table("rate_limits")
    op.drop_index("uq_organisations_kind_name", table_name="organisations")
    op.drop_table("organisations")
    op.drop_table("home_areas")
    op.drop_table("frameworks")
