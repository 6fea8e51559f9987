"""A price may state that it buys none of a therapy or of one-to-one support: 0 hours a week, at no charge."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NONE = "hours_a_week > 0 OR (part IN ('therapy', 'one_to_one') AND amount = 0)"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_price_lines_hours"), "price_lines")
    op.create_check_constraint(op.f("ck_price_lines_hours"), "price_lines", "hours_a_week BETWEEN 0 AND 168")
    op.create_check_constraint(op.f("ck_price_lines_none"), "price_lines", NONE)


def downgrade() -> None:
    """Take what states none back to not stated: before this migration there was no other way to say it."""
    op.drop_constraint(op.f("ck_price_lines_none"), "price_lines")
    op.drop_constraint(op.f("ck_price_lines_hours"), "price_lines")
    op.execute("ALTER TABLE price_lines DISABLE TRIGGER published_lines_unchanged")
    op.execute("DELETE FROM price_lines WHERE hours_a_week = 0")
    op.execute("ALTER TABLE price_lines ENABLE TRIGGER published_lines_unchanged")
    op.create_check_constraint(op.f("ck_price_lines_hours"), "price_lines", "hours_a_week > 0 AND hours_a_week <= 168")
