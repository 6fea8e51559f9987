"""Frameworks are drafted, commented on by providers, adopted by a second person and superseded, as tariffs are; a
consultation can be kept open for longer; a placement set is removed where no adopted tariff rests on it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
OPERATOR = f"{SCOPE} = 'operator'"
BOUND = f"{SCOPE} IN ('la', 'region', 'provider')"  # a framework is national, so all of them
MINE = f"{SYSTEM} OR ({SCOPE} IN ('la', 'region') AND owner_id = {ME})"
RUNS = ("calibrations", "shadow_runs", "corridors")

# Until now the newest of those adopted held: each ends where the next begins. What a file called superseded never held.
END = """
UPDATE frameworks SET ends_on = starts_on WHERE status = 'superseded';
UPDATE frameworks SET ends_on = next.starts_on, status = 'superseded'
FROM (SELECT id, lead(starts_on) OVER (ORDER BY starts_on, id) AS starts_on
      FROM frameworks WHERE status = 'adopted') AS next
WHERE next.id = frameworks.id AND next.starts_on IS NOT NULL
"""

RULES = {
    "dates": "ends_on IS NULL OR ends_on >= starts_on",
    "two_people": "adopted_by_id <> ALL (makers)",
    "consultation": "CASE status WHEN 'draft' THEN closes_on IS NULL WHEN 'in_consultation' THEN closes_on IS NOT NULL"
    " ELSE true END",
    "closes_before_it_starts": "closes_on < starts_on",
    "adopted_by": "closes_on IS NULL OR (status = 'in_consultation') = (adopted_by_id IS NULL)",
}

NO_OVERLAP = """
ALTER TABLE frameworks ADD CONSTRAINT ex_frameworks_overlap EXCLUDE USING gist (daterange(starts_on, ends_on) WITH &&)
WHERE (status IN ('adopted', 'superseded'))
"""

# One guard for both. What moves with the life of a row is named; all else of it is what was read, and stays.
UNCHANGED = """
CREATE FUNCTION refuse_change_of_what_was_adopted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    life CONSTANT text[] := ARRAY['status', 'ends_on', 'closes_on', 'adopted_by_id', 'adopted_at', 'edit'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status = 'draft' THEN
            RETURN OLD;
        END IF;
    ELSIF OLD.status = 'draft' AND NEW.status IN ('draft', 'in_consultation') THEN
        RETURN NEW;
    ELSIF to_jsonb(NEW) - life = to_jsonb(OLD) - life THEN
        IF OLD.status = 'in_consultation' AND NEW.ends_on IS NOT DISTINCT FROM OLD.ends_on THEN
            IF NEW.status = 'adopted' AND NEW.closes_on = OLD.closes_on THEN
                RETURN NEW;
            ELSIF NEW.status = 'in_consultation' AND NEW.closes_on > OLD.closes_on THEN
                RETURN NEW;
            END IF;
        ELSIF OLD.status = 'adopted' AND NEW.status = 'superseded'
          AND NEW.ends_on < coalesce(OLD.ends_on, 'infinity')
          AND (NEW.closes_on, NEW.adopted_by_id, NEW.adopted_at)
              IS NOT DISTINCT FROM (OLD.closes_on, OLD.adopted_by_id, OLD.adopted_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a % is changed as a draft only; once adopted it is superseded, never changed', TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = 'adopted_' || TG_ARGV[0] || '_unchanged';
END $$;
DROP TRIGGER adopted_tariff_unchanged ON tariffs;
DROP FUNCTION refuse_change_of_adopted_tariff;
CREATE TRIGGER adopted_tariff_unchanged BEFORE UPDATE OR DELETE ON tariffs
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_what_was_adopted('tariff');
CREATE TRIGGER adopted_framework_unchanged BEFORE UPDATE OR DELETE ON frameworks
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_what_was_adopted('framework');
"""

# As migration 0008 made it.
OF_TARIFFS_ONLY = """
DROP TRIGGER adopted_framework_unchanged ON frameworks;
DROP TRIGGER adopted_tariff_unchanged ON tariffs;
DROP FUNCTION refuse_change_of_what_was_adopted;
CREATE FUNCTION refuse_change_of_adopted_tariff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status = 'draft' THEN
            RETURN OLD;
        END IF;
    ELSIF OLD.status = 'draft' AND NEW.status IN ('draft', 'in_consultation') THEN
        RETURN NEW;
    ELSIF (NEW.id, NEW.owner_id, NEW.framework_id, NEW.name, NEW.version, NEW.starts_on, NEW.is_illustrative,
           NEW.content, NEW.makers, NEW.closes_on)
       IS NOT DISTINCT FROM
          (OLD.id, OLD.owner_id, OLD.framework_id, OLD.name, OLD.version, OLD.starts_on, OLD.is_illustrative,
           OLD.content, OLD.makers, OLD.closes_on)
    THEN
        IF OLD.status = 'in_consultation' AND NEW.status = 'adopted' AND NEW.ends_on IS NOT DISTINCT FROM OLD.ends_on THEN
            RETURN NEW;
        ELSIF OLD.status = 'adopted' AND NEW.status = 'superseded'
          AND NEW.ends_on < coalesce(OLD.ends_on, 'infinity')
          AND (NEW.adopted_by_id, NEW.adopted_at) IS NOT DISTINCT FROM (OLD.adopted_by_id, OLD.adopted_at) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a tariff is changed as a draft only; once adopted it is superseded, never changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'adopted_tariff_unchanged';
END $$;
CREATE TRIGGER adopted_tariff_unchanged BEFORE UPDATE OR DELETE ON tariffs
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_adopted_tariff();
"""

# Of the published needs that a person may know of, and for the operator of all, only how many have which band now and
# would have which by `bands`: the band of each of the 1,296 profiles, by level of the four areas in the Code's order.
# A band that a person decided stays.
COUNT = f"""
CREATE FUNCTION published_needs_by_band(bands text[]) RETURNS TABLE (before text, after text, needs bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(band_override, derived_band),
           coalesce(band_override, bands[1 + 216 * level_ci + 36 * level_cl + 6 * level_semh + level_sp]),
           count(*)
    FROM needs
    WHERE status = 'published' AND (
        {SCOPE} IN ('system', 'operator')
        OR ({SCOPE} = 'la' AND authority_id = {ME})
        OR ({SCOPE} = 'region' AND authority_id IN (SELECT id FROM authorities WHERE region_id = {ME})))
    GROUP BY 1, 2
$$;
REVOKE EXECUTE ON FUNCTION published_needs_by_band FROM PUBLIC;
"""

# A shadow run that an adopted tariff counts stays, and with it its set, which it names.
COUNTED = """
    status = 'done' AND tariff_id IN (
        SELECT tariffs.id FROM tariffs
        WHERE tariffs.status IN ('adopted', 'superseded')
          AND (tariffs.owner_id IS NULL OR tariffs.owner_id = shadow_runs.owner_id)
          AND tariffs.content - 'status' = shadow_runs.content - 'status')
"""


def upgrade() -> None:
    _add_life()
    op.execute(UNCHANGED)
    _policies(
        f"{SYSTEM} OR {OPERATOR} OR status IN ('adopted', 'superseded') OR (status = 'in_consultation' AND {BOUND})",
        f"{SYSTEM} OR {OPERATOR}",
        f"{SYSTEM} OR ({OPERATOR} AND status = 'draft')",
    )
    op.execute(f"GRANT DELETE ON frameworks TO {APPLICATION}")
    op.execute(COUNT)
    op.execute(f"GRANT EXECUTE ON FUNCTION published_needs_by_band TO {APPLICATION}")
    op.create_table(
        "framework_comments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("framework_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("band", _one_of("band", "mild", "moderate", "intensive", "profound", "exceptional"), nullable=True),
        sa.Column("stance", _one_of("stance", "agree", "too_low", "too_high", "unclear"), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_framework_comments_words")),
        sa.ForeignKeyConstraint(["framework_id"], ["frameworks.id"], name=op.f("fk_framework_comments_framework_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_framework_comments_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework_comments")),
        sa.UniqueConstraint(
            "framework_id",
            "provider_id",
            "band",
            name=op.f("uq_framework_comments_band"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(op.f("ix_framework_comments_provider_id"), "framework_comments", ["provider_id"])
    _protect_comments()
    _let_sets_be_removed()


def _add_life() -> None:
    op.add_column("frameworks", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column(
        "frameworks", sa.Column("makers", postgresql.ARRAY(sa.BigInteger()), nullable=False, server_default="{}")
    )
    op.alter_column("frameworks", "makers", server_default=None)
    op.add_column("frameworks", sa.Column("closes_on", sa.Date(), nullable=True))
    op.add_column("frameworks", sa.Column("adopted_by_id", sa.BigInteger(), nullable=True))
    op.add_column("frameworks", sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("frameworks", sa.Column("edit", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("frameworks", "edit", server_default=None)
    op.create_foreign_key(op.f("fk_frameworks_adopted_by_id"), "frameworks", "users", ["adopted_by_id"], ["id"])
    # There was no way to open a consultation here: what a file called so goes back to where one is opened from.
    op.execute("UPDATE frameworks SET status = 'draft' WHERE status = 'in_consultation'")
    op.execute(END)
    for name, rule in RULES.items():
        op.create_check_constraint(op.f(f"ck_frameworks_{name}"), "frameworks", rule)
    op.execute(NO_OVERLAP)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _policies(reads: str, writes: str, adds: str) -> None:
    """Put these in the place of the policies of frameworks."""
    for policy in ("reads", "adds", "changes", "removes"):
        op.execute(f"DROP POLICY {policy} ON frameworks")
    op.execute(f"CREATE POLICY reads ON frameworks FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY adds ON frameworks FOR INSERT WITH CHECK ({adds})")
    op.execute(f"CREATE POLICY changes ON frameworks FOR UPDATE USING ({writes}) WITH CHECK ({writes})")
    op.execute(f"CREATE POLICY removes ON frameworks FOR DELETE USING ({writes})")


def _protect_comments() -> None:
    """The provider writes its own while the consultation is on; it and the operator read them, nobody else."""
    own = f"({SCOPE} = 'provider' AND provider_id = {ME})"
    open_ = "framework_id IN (SELECT id FROM frameworks WHERE status = 'in_consultation')"
    writes = f"{SYSTEM} OR ({own} AND {open_})"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON framework_comments TO {APPLICATION}")
    op.execute("ALTER TABLE framework_comments ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON framework_comments FOR SELECT USING ({SYSTEM} OR {OPERATOR} OR {own})")
    op.execute(f"CREATE POLICY adds ON framework_comments FOR INSERT WITH CHECK ({writes})")
    op.execute(f"CREATE POLICY changes ON framework_comments FOR UPDATE USING ({writes}) WITH CHECK ({writes})")
    op.execute(f"CREATE POLICY removes ON framework_comments FOR DELETE USING ({writes})")


def _let_sets_be_removed() -> None:
    op.execute(f"GRANT DELETE ON placement_sets TO {APPLICATION}")
    op.execute(f"CREATE POLICY removes ON placement_sets FOR DELETE USING ({MINE})")
    for table in RUNS:
        stays = f" AND NOT ({COUNTED})" if table == "shadow_runs" else ""
        op.execute(f"GRANT DELETE ON {table} TO {APPLICATION}")
        op.execute(
            f"CREATE POLICY removes ON {table} FOR DELETE USING (({MINE}) AND status IN ('done', 'failed'){stays})"
        )


def downgrade() -> None:
    for table in (*RUNS, "placement_sets"):
        op.execute(f"DROP POLICY removes ON {table}")
        op.execute(f"REVOKE DELETE ON {table} FROM {APPLICATION}")
    op.drop_table("framework_comments")
    op.execute("DROP FUNCTION published_needs_by_band")
    op.execute(f"REVOKE DELETE ON frameworks FROM {APPLICATION}")
    _policies("true", SYSTEM, SYSTEM)
    op.execute(OF_TARIFFS_ONLY)
    op.drop_constraint("ex_frameworks_overlap", "frameworks")
    for name in RULES:
        op.drop_constraint(op.f(f"ck_frameworks_{name}"), "frameworks")
    # The newest that had started held, whatever came to be called superseded since.
    op.execute("UPDATE frameworks SET status = 'adopted' WHERE status = 'superseded' AND ends_on > starts_on")
    for column in ("edit", "adopted_at", "adopted_by_id", "closes_on", "makers", "ends_on"):
        op.drop_column("frameworks", column)
