"""Tariffs are drafted by their owner, commented on by providers and adopted by a second person; no two adopted tariffs
of an owner overlap, and what was adopted never changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
MINE = f"(({SCOPE} IN ('la', 'region') AND owner_id = {ME}) OR ({SCOPE} = 'operator' AND owner_id IS NULL))"
# Whom a tariff would bind: providers where they run a setting, the LAs of its region, the region of its LA; all of them
# where it is national.
BOUND = f"""(
    (owner_id IS NULL AND {SCOPE} IN ('la', 'region', 'provider', 'operator'))
    OR ({SCOPE} = 'la' AND owner_id IN (SELECT region_id FROM authorities WHERE id = {ME}))
    OR ({SCOPE} = 'region' AND owner_id IN (SELECT id FROM authorities WHERE region_id = {ME}))
    OR ({SCOPE} = 'provider' AND EXISTS (
        SELECT FROM settings JOIN authorities ON authorities.id = settings.authority_id
        WHERE settings.provider_id = {ME} AND owner_id IN (authorities.id, authorities.region_id)))
)"""
READS = f"{SYSTEM} OR status IN ('adopted', 'superseded') OR {MINE} OR (status = 'in_consultation' AND {BOUND})"
WRITES = f"{SYSTEM} OR {MINE}"

# Until now the newest of those adopted held: each ends where the next begins.
END = """
UPDATE tariffs SET ends_on = next.starts_on, status = 'superseded'
FROM (SELECT id, lead(starts_on) OVER (PARTITION BY owner_id ORDER BY starts_on, id) AS starts_on
      FROM tariffs WHERE status = 'adopted') AS next
WHERE next.id = tariffs.id AND next.starts_on < coalesce(tariffs.ends_on, 'infinity')
"""

NO_OVERLAP = """
ALTER TABLE tariffs ADD CONSTRAINT ex_tariffs_overlap EXCLUDE USING gist (
    int8range(coalesce(owner_id, 0), coalesce(owner_id, 0), '[]') WITH &&,
    daterange(starts_on, ends_on) WITH &&
) WHERE (status IN ('adopted', 'superseded'))
"""

UNCHANGED = """
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

# What an LA pays is the LA's: of the shadow runs of a national tariff the operator learns how many are kept, no more.
COUNT = """
CREATE FUNCTION shadow_runs_of_national_tariff(tariff bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT count(*) FROM shadow_runs JOIN tariffs ON tariffs.id = shadow_runs.tariff_id
    WHERE tariffs.id = tariff AND tariffs.owner_id IS NULL AND shadow_runs.status = 'done'
      AND shadow_runs.content - 'status' = tariffs.content - 'status'
$$;
REVOKE EXECUTE ON FUNCTION shadow_runs_of_national_tariff FROM PUBLIC;
"""


def upgrade() -> None:
    op.add_column("tariffs", sa.Column("version", sa.String(length=40), nullable=True))
    op.execute("UPDATE tariffs SET version = left(coalesce(content->>'version', '1'), 40)")
    op.alter_column("tariffs", "version", nullable=False)
    op.add_column(
        "tariffs", sa.Column("makers", postgresql.ARRAY(sa.BigInteger()), nullable=False, server_default="{}")
    )
    op.alter_column("tariffs", "makers", server_default=None)
    op.add_column("tariffs", sa.Column("closes_on", sa.Date(), nullable=True))
    op.add_column("tariffs", sa.Column("adopted_by_id", sa.BigInteger(), nullable=True))
    op.add_column("tariffs", sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tariffs", sa.Column("edit", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("tariffs", "edit", server_default=None)
    op.create_foreign_key(op.f("fk_tariffs_adopted_by_id"), "tariffs", "users", ["adopted_by_id"], ["id"])
    op.create_index(op.f("ix_tariffs_owner_id"), "tariffs", ["owner_id"])
    # There was no way to open a consultation here: what a file called so goes back to where one is opened from.
    op.execute("UPDATE tariffs SET status = 'draft' WHERE status = 'in_consultation'")
    op.execute(END)
    op.drop_constraint("uq_tariffs_name_starts_on", "tariffs")
    op.create_unique_constraint(
        op.f("uq_tariffs_owner_id_name_version"),
        "tariffs",
        ["owner_id", "name", "version"],
        postgresql_nulls_not_distinct=True,
    )
    op.create_check_constraint(op.f("ck_tariffs_two_people"), "tariffs", "adopted_by_id <> ALL (makers)")
    op.create_check_constraint(
        op.f("ck_tariffs_consultation"),
        "tariffs",
        "CASE status WHEN 'draft' THEN closes_on IS NULL WHEN 'in_consultation' THEN closes_on IS NOT NULL"
        " ELSE true END",
    )
    op.create_check_constraint(op.f("ck_tariffs_closes_before_it_starts"), "tariffs", "closes_on < starts_on")
    op.create_check_constraint(
        op.f("ck_tariffs_adopted_by"),
        "tariffs",
        "closes_on IS NULL OR (status = 'in_consultation') = (adopted_by_id IS NULL)",
    )
    op.execute(NO_OVERLAP)
    op.execute(UNCHANGED)
    op.execute(COUNT)
    op.execute(f"GRANT EXECUTE ON FUNCTION shadow_runs_of_national_tariff TO {APPLICATION}")
    _policies(READS, WRITES, f"{SYSTEM} OR ({MINE} AND status = 'draft')")
    op.execute(f"GRANT DELETE ON tariffs TO {APPLICATION}")
    op.create_table(
        "tariff_comments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tariff_id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.BigInteger(), nullable=False),
        sa.Column("band", _one_of("band", "mild", "moderate", "intensive", "profound", "exceptional"), nullable=True),
        sa.Column("stance", _one_of("stance", "agree", "too_low", "too_high", "unclear"), nullable=False),
        sa.Column("words", sa.String(length=2000), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("words <> ''", name=op.f("ck_tariff_comments_words")),
        sa.ForeignKeyConstraint(["provider_id"], ["providers.id"], name=op.f("fk_tariff_comments_provider_id")),
        sa.ForeignKeyConstraint(["tariff_id"], ["tariffs.id"], name=op.f("fk_tariff_comments_tariff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_comments")),
        sa.UniqueConstraint(
            "tariff_id", "provider_id", "band", name=op.f("uq_tariff_comments_band"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_index(op.f("ix_tariff_comments_provider_id"), "tariff_comments", ["provider_id"])
    _protect_comments()


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _policies(reads: str, writes: str, adds: str) -> None:
    """Put these in the place of the policies of tariffs."""
    for policy in ("reads", "adds", "changes", "removes"):
        op.execute(f"DROP POLICY {policy} ON tariffs")
    op.execute(f"CREATE POLICY reads ON tariffs FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY adds ON tariffs FOR INSERT WITH CHECK ({adds})")
    op.execute(f"CREATE POLICY changes ON tariffs FOR UPDATE USING ({writes}) WITH CHECK ({writes})")
    op.execute(f"CREATE POLICY removes ON tariffs FOR DELETE USING ({writes})")


def _protect_comments() -> None:
    """The provider writes its own while the consultation is on; it and the tariff's owner read them, nobody else."""
    own = f"({SCOPE} = 'provider' AND provider_id = {ME})"
    reads = f"{SYSTEM} OR {own} OR tariff_id IN (SELECT id FROM tariffs WHERE {MINE})"
    writes = f"{SYSTEM} OR ({own} AND tariff_id IN (SELECT id FROM tariffs WHERE status = 'in_consultation'))"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON tariff_comments TO {APPLICATION}")
    op.execute("ALTER TABLE tariff_comments ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON tariff_comments FOR SELECT USING ({reads})")
    op.execute(f"CREATE POLICY adds ON tariff_comments FOR INSERT WITH CHECK ({writes})")
    op.execute(f"CREATE POLICY changes ON tariff_comments FOR UPDATE USING ({writes}) WITH CHECK ({writes})")
    op.execute(f"CREATE POLICY removes ON tariff_comments FOR DELETE USING ({writes})")


def downgrade() -> None:
    op.drop_table("tariff_comments")
    op.execute(f"REVOKE DELETE ON tariffs FROM {APPLICATION}")
    _policies("true", SYSTEM, SYSTEM)
    op.execute("DROP FUNCTION shadow_runs_of_national_tariff")
    op.execute("DROP TRIGGER adopted_tariff_unchanged ON tariffs")
    op.execute("DROP FUNCTION refuse_change_of_adopted_tariff")
    for name in ("overlap", "adopted_by", "closes_before_it_starts", "consultation", "two_people"):
        op.drop_constraint(f"ex_tariffs_{name}" if name == "overlap" else op.f(f"ck_tariffs_{name}"), "tariffs")
    op.drop_constraint(op.f("uq_tariffs_owner_id_name_version"), "tariffs")
    op.create_unique_constraint(op.f("uq_tariffs_name_starts_on"), "tariffs", ["name", "starts_on"])
    op.execute("UPDATE tariffs SET status = 'adopted' WHERE status = 'superseded'")  # until its end it held, and holds
    op.drop_index(op.f("ix_tariffs_owner_id"), "tariffs")
    for column in ("edit", "adopted_at", "adopted_by_id", "closes_on", "makers", "version"):
        op.drop_column("tariffs", column)
