"""Tokens by which systems use the API, and what the answer to a request of theirs was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
# Of its own people; not what the operator may read of all users.
OWN = f"({SYSTEM} OR EXISTS (SELECT FROM users WHERE users.id = user_id AND users.organisation_id = {ME}))"
SCOPES = (
    "budgets:read", "budgets:write", "capacity:read", "capacity:write", "consultations:read", "needs:read",
    "needs:write", "placements:read", "prices:read", "runs:read", "runs:write",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("prefix", sa.String(length=12), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.String(length=40)), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_api_tokens_name")),
        sa.CheckConstraint(
            f"cardinality(scopes) > 0 AND scopes <@ ARRAY[{', '.join(map(repr, SCOPES))}]::varchar[]",
            name=op.f("ck_api_tokens_scopes"),
        ),
        sa.CheckConstraint(
            "expires_at > created_at AND expires_at <= created_at + interval '366 days'",
            name=op.f("ck_api_tokens_expires_at"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"], unique=False)
    op.execute(f"GRANT SELECT, INSERT, UPDATE (revoked_at, last_used_at) ON api_tokens TO {APPLICATION}")
    op.execute("ALTER TABLE api_tokens ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON api_tokens FOR SELECT USING {OWN}")
    op.execute(f"CREATE POLICY adds ON api_tokens FOR INSERT WITH CHECK {OWN}")
    op.execute(f"CREATE POLICY changes ON api_tokens FOR UPDATE USING {OWN} WITH CHECK {OWN}")
    op.add_column("effects", sa.Column("answer", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("effects", "answer")
    op.drop_table("api_tokens")
