"""What the letter of an award says to the family, kept from the decision on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"


def upgrade() -> None:
    op.add_column("awards", sa.Column("letter", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    # No award was made before there were letters: 0013 came with the same release.
    op.create_check_constraint(
        op.f("ck_awards_letter"), "awards", "(status IN ('made', 'ended')) = (letter IS NOT NULL)"
    )
    op.execute(f"GRANT UPDATE (letter) ON awards TO {APPLICATION}")


def downgrade() -> None:
    op.drop_constraint(op.f("ck_awards_letter"), "awards")
    op.drop_column("awards", "letter")
