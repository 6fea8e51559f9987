"""The application role's least rights, and row-level security: whose rows an actor sees and writes.

`marketplace.scope` and `marketplace.organisation_id` are set by each transaction; where they are not, a table with an
owner shows no row and takes none. The owner of the tables is not held by these policies: only migrations run as it.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"

SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
MY_LA = f"{SCOPE} = 'la' AND {{la}} = {ME}"
MY_REGION = f"{SCOPE} = 'region' AND {{la}} IN (SELECT id FROM authorities WHERE region_id = {ME})"
MY_SETTING = f"{SCOPE} = 'provider' AND setting_id IN (SELECT id FROM settings WHERE provider_id = {ME})"
BUYER = f"{SCOPE} IN ('la', 'region', 'operator')"


def of_la(column: str) -> str:
    """The condition under which the LA named by `column` is the actor's own, or one of the actor's region."""
    return f"({MY_LA.format(la=column)}) OR ({MY_REGION.format(la=column)})"


# table → (rights, who reads, who writes). Rows are deleted only where a form replaces or a sign-out ends them.
READ = "SELECT"
ADD = "SELECT, INSERT"
CHANGE = "SELECT, INSERT, UPDATE"
REPLACE = "SELECT, INSERT, UPDATE, DELETE"
POLICIES: dict[str, tuple[str, str, str]] = {
    "organisations": (CHANGE, "true", SYSTEM),
    "regions": (CHANGE, "true", SYSTEM),
    "authorities": (CHANGE, "true", SYSTEM),
    "providers": (CHANGE, "true", SYSTEM),
    "home_areas": (CHANGE, "true", SYSTEM),
    "settings": (CHANGE, "true", SYSTEM),
    "frameworks": (CHANGE, "true", SYSTEM),
    "tariffs": (CHANGE, "true", SYSTEM),
    "users": (
        CHANGE,
        f"{SCOPE} IN ('system', 'operator') OR organisation_id = {ME}",
        f"{SCOPE} IN ('system', 'operator') OR organisation_id = {ME}",
    ),
    "user_roles": (REPLACE, "user_id IN (SELECT id FROM users)", "user_id IN (SELECT id FROM users)"),
    "user_sessions": (REPLACE, "user_id IN (SELECT id FROM users)", "user_id IN (SELECT id FROM users)"),
    "rate_limits": (REPLACE, SYSTEM, SYSTEM),
    "pools": (CHANGE, f"{SYSTEM} OR {BUYER} OR ({MY_SETTING})", f"{SYSTEM} OR ({MY_SETTING})"),
    "provisions": (CHANGE, f"{SYSTEM} OR {BUYER} OR ({MY_SETTING})", f"{SYSTEM} OR ({MY_SETTING})"),
    "vacancies": (
        REPLACE,
        "pool_id IN (SELECT id FROM pools)",
        f"{SYSTEM} OR ({SCOPE} = 'provider' AND pool_id IN (SELECT id FROM pools))",
    ),
    "price_schedules": (
        REPLACE,
        f"{SYSTEM} OR ({BUYER} AND status <> 'draft') OR ({MY_SETTING})",
        f"{SYSTEM} OR ({MY_SETTING})",
    ),
    "price_lines": (
        REPLACE,
        "schedule_id IN (SELECT id FROM price_schedules)",
        f"{SYSTEM} OR ({SCOPE} = 'provider' AND schedule_id IN (SELECT id FROM price_schedules))",
    ),
    "needs": (
        CHANGE,
        f"{SYSTEM} OR {of_la('authority_id')}",
        f"{SYSTEM} OR ({MY_LA.format(la='authority_id')})",
    ),
    "budgets": (REPLACE, f"{SYSTEM} OR {of_la('authority_id')}", f"{SYSTEM} OR {of_la('authority_id')}"),
    "matching_runs": (
        CHANGE,
        # An LA also sees that its region ran a match, because that run recommends for its pupils; not the run's result.
        f"{SYSTEM} OR scope_id = {ME} OR"
        f" ({SCOPE} = 'la' AND scope_id IN (SELECT region_id FROM authorities WHERE id = {ME}))",
        f"{SYSTEM} OR scope_id = {ME}",
    ),
    "run_results": (
        CHANGE,
        f"{SYSTEM} OR run_id IN (SELECT id FROM matching_runs WHERE scope_id = {ME})",
        SYSTEM,
    ),
    "recommendations": (ADD, f"{SYSTEM} OR {of_la('authority_id')}", SYSTEM),
    "audit_events": (
        ADD,
        f"{SCOPE} IN ('system', 'operator') OR organisation_id = {ME}",
        f"{SYSTEM} OR organisation_id = {ME}",
    ),
}

# A published price is never edited: a successor ends it, and that is all that may happen to it.
PUBLISHED_PRICES = """
CREATE FUNCTION refuse_change_of_published_schedule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.status = 'draft' THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND OLD.status = 'draft' THEN
        RETURN NEW;
    ELSIF TG_OP = 'UPDATE' AND OLD.status = 'published' AND NEW.status = 'superseded' AND NEW.ends_on IS NOT NULL
        AND (NEW.id, NEW.setting_id, NEW.version, NEW.starts_on, NEW.published_at)
          = (OLD.id, OLD.setting_id, OLD.version, OLD.starts_on, OLD.published_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a published price schedule is superseded, never changed'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'published_schedule_unchanged';
END $$;
CREATE TRIGGER published_schedule_unchanged BEFORE UPDATE OR DELETE ON price_schedules
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_schedule();

CREATE FUNCTION refuse_change_of_published_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM price_schedules
        WHERE status <> 'draft'
          AND id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.schedule_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.schedule_id END)
    ) THEN
        RAISE EXCEPTION 'the lines of a published price schedule are never changed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'published_lines_unchanged';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER published_lines_unchanged BEFORE INSERT OR UPDATE OR DELETE ON price_lines
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_published_lines();
"""


def upgrade() -> None:
    # Where the operator made no such role (it needs CREATEROLE), the migration says so by failing here.
    op.execute(
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION}') THEN"
        f" CREATE ROLE {APPLICATION} NOLOGIN; END IF; END $$"
    )
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APPLICATION}")
    for table, (rights, reads, writes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({writes})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({writes}) WITH CHECK ({writes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({writes})")
    op.execute(PUBLISHED_PRICES)


def downgrade() -> None:
    op.execute("DROP TRIGGER published_lines_unchanged ON price_lines")
    op.execute("DROP TRIGGER published_schedule_unchanged ON price_schedules")
    op.execute("DROP FUNCTION refuse_change_of_published_lines, refuse_change_of_published_schedule")
    for table in POLICIES:
        for policy in ("reads", "adds", "changes", "removes"):
            op.execute(f"DROP POLICY {policy} ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"REVOKE ALL ON {table} FROM {APPLICATION}")
