"""Which messages a worker has in hand, and which were dropped because there is nothing to tell any more."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATUSES = "'queued', 'sent', 'failed'"


def upgrade() -> None:
    op.add_column("messages", sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint("ck_messages_status", "messages")
    op.create_check_constraint(op.f("ck_messages_status"), "messages", f"status IN ({STATUSES}, 'dropped')")
    op.create_check_constraint(
        op.f("ck_messages_error"), "messages", "status NOT IN ('failed', 'dropped') OR error IS NOT NULL"
    )
    op.create_check_constraint(op.f("ck_messages_taken_until"), "messages", "status = 'queued' OR taken_until IS NULL")


def downgrade() -> None:
    op.execute("DELETE FROM messages WHERE status = 'dropped'")
    op.drop_constraint("ck_messages_taken_until", "messages")
    op.drop_constraint("ck_messages_error", "messages")
    op.drop_constraint("ck_messages_status", "messages")
    op.create_check_constraint(op.f("ck_messages_status"), "messages", f"status IN ({STATUSES})")
    op.drop_column("messages", "taken_until")
