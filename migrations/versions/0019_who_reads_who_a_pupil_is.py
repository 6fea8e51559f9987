"""Who a pupil is, is also read where the pupil is placed without a consultation; a document that was removed by nobody
but the LA."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
OWN = f"{SCOPE} = 'system' OR ({SCOPE} = 'la' AND authority_id = {ME})"
CONSULTED = f"need_id IN (SELECT need_id FROM consultations WHERE provider_id = {ME} AND status NOT IN"
PLACED = f"need_id IN (SELECT need_id FROM placements WHERE provider_id = {ME} AND status <> 'ended')"
OPEN = f"({SCOPE} = 'provider' AND ({CONSULTED} ('withdrawn', 'awarded', 'closed')) OR {PLACED}))"
BEFORE = f"({SCOPE} = 'provider' AND {CONSULTED} ('withdrawn', 'closed')))"


def upgrade() -> None:
    op.execute(f"ALTER POLICY reads ON identities USING ({OWN} OR {OPEN})")
    op.execute(f"ALTER POLICY reads ON documents USING ({OWN} OR ({OPEN} AND removed_at IS NULL))")


def downgrade() -> None:
    for table in ("identities", "documents"):
        op.execute(f"ALTER POLICY reads ON {table} USING ({OWN} OR {BEFORE})")
