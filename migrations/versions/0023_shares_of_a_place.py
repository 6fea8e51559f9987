"""Into how many shares a place is divided for pupils whose week is split; none stated: ten, one for each session."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("provisions", sa.Column("shares", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_provisions_shares_of_porous"), "provisions", "shares IS NULL OR kind = 'porous'"
    )
    op.create_check_constraint(op.f("ck_provisions_shares"), "provisions", "shares IN (1, 2, 4, 5)")


def downgrade() -> None:
    op.drop_column("provisions", "shares")
