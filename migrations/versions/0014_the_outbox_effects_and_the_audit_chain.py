"""The outbox, forms that were acted upon, and the chain of the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"

OWN = f"organisation_id = {ME}"

# table → (rights, who reads, adds, changes, removes). Links of the chain are added by the database itself.
POLICIES = {
    "messages": ("SELECT, INSERT, UPDATE, DELETE", *[SYSTEM] * 4),
    "effects": ("SELECT, INSERT, UPDATE, DELETE", *[f"{SYSTEM} OR {OWN}"] * 3, SYSTEM),
    "audit_links": ("SELECT", SYSTEM, "false", "false", "false"),
    "audit_heads": ("SELECT", SYSTEM, "false", "false", "false"),
}

ONLY_ADDED = ("audit_events", "audit_links")
# Events are linked when the transaction commits, one transaction after the other: until then the head is not locked.
CHAIN = """
CREATE FUNCTION audit_text(event audit_events) RETURNS text LANGUAGE sql STABLE SET search_path = public AS $$
    SELECT jsonb_build_array(
        event.id, to_char(event.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), event.user_id,
        event.organisation_id, event.event, event.subject_type, event.subject_id, event.data
    )::text
$$;

CREATE FUNCTION audit_hash(before bytea, event audit_events) RETURNS bytea LANGUAGE sql STABLE SET search_path = public AS $$
    SELECT sha256(before || convert_to(audit_text(event), 'UTF8'))
$$;

CREATE FUNCTION link_audit_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    head audit_heads;
BEGIN
    INSERT INTO audit_heads (id, position, hash) VALUES (1, 0, ''::bytea) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM audit_heads WHERE id = 1 FOR UPDATE;
    head.position := head.position + 1;
    head.hash := audit_hash(head.hash, NEW);
    INSERT INTO audit_links (position, event_id, hash) VALUES (head.position, NEW.id, head.hash);
    UPDATE audit_heads SET position = head.position, hash = head.hash WHERE id = 1;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION link_audit_event FROM PUBLIC;

DO $$
DECLARE
    event audit_events;
    place bigint := 0;
    last bytea := ''::bytea;
BEGIN
    FOR event IN SELECT * FROM audit_events ORDER BY id LOOP
        place := place + 1;
        last := audit_hash(last, event);
        INSERT INTO audit_links (position, event_id, hash) VALUES (place, event.id, last);
    END LOOP;
    INSERT INTO audit_heads (id, position, hash) VALUES (1, place, last);
END $$;

CREATE CONSTRAINT TRIGGER audit_events_link AFTER INSERT ON audit_events
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION link_audit_event();
"""


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("queued", "sent", "failed", name="status", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_messages_sent_at")),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_messages_tries")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_messages_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_messages_key")),
    )
    op.create_index(op.f("ix_messages_user_id"), "messages", ["user_id"], unique=False)
    op.create_table(
        "effects",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("endpoint", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("location", sa.String(length=400), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_effects_organisation_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_effects_user_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_effects")),
    )
    op.create_index(op.f("ix_effects_at"), "effects", ["at"], unique=False)
    op.create_index(op.f("ix_effects_organisation_id"), "effects", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_effects_user_id"), "effects", ["user_id"], unique=False)
    op.create_table(
        "audit_links",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("event_id", name=op.f("uq_audit_links_event_id")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_heads_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
    )
    for table, (rights, reads, adds, changes, removes) in POLICIES.items():
        op.execute(f"GRANT {rights} ON {table} TO {APPLICATION}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY reads ON {table} FOR SELECT USING ({reads})")
        op.execute(f"CREATE POLICY adds ON {table} FOR INSERT WITH CHECK ({adds})")
        op.execute(f"CREATE POLICY changes ON {table} FOR UPDATE USING ({changes}) WITH CHECK ({changes})")
        op.execute(f"CREATE POLICY removes ON {table} FOR DELETE USING ({removes})")
    op.execute(CHAIN)
    for table in ONLY_ADDED:
        op.execute(
            f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_events_link ON audit_events")
    op.execute("DROP TRIGGER audit_events_unchanged ON audit_events")
    op.execute("DROP TRIGGER audit_events_kept ON audit_events")
    op.execute("DROP FUNCTION link_audit_event")
    for table in reversed(POLICIES):
        op.drop_table(table)
    op.execute("DROP FUNCTION audit_hash, audit_text")
