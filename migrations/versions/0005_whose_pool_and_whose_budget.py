"""A provision draws on a pool of its own setting; and an LA reads what a run says of its budget, of its own only."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPLICATION = "marketplace_app"
SCOPE = "current_setting('marketplace.scope', true)"
ME = "nullif(current_setting('marketplace.organisation_id', true), '')::bigint"
SYSTEM = f"{SCOPE} = 'system'"
READS = (
    f"{SYSTEM} OR ({SCOPE} = 'la' AND authority_id = {ME})"
    f" OR ({SCOPE} = 'region' AND authority_id IN (SELECT id FROM authorities WHERE region_id = {ME}))"
)

# The lines were kept in whole pounds, for the scope of the run alone.
FILL = """
INSERT INTO run_budgets (run_id, authority_id, amount, duties, choices, remaining, shadow_price)
SELECT run_id, authorities.id, 100 * (line->>'budget')::bigint, 100 * (line->>'duties')::bigint,
       100 * (line->>'choices')::bigint, 100 * (line->>'left')::bigint, (line->>'shadow_price')::double precision
FROM run_results
CROSS JOIN jsonb_array_elements(CASE jsonb_typeof(budgets) WHEN 'array' THEN budgets ELSE '[]' END) AS line
JOIN authorities ON authorities.code = line->>'la'
"""
FILL_BACK = """
UPDATE run_results SET budgets = (
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'la', authorities.code, 'name', organisations.name, 'budget', amount / 100, 'duties', duties / 100,
        'choices', choices / 100, 'left', remaining / 100, 'shadow_price', shadow_price,
        'overspent', greatest(0, duties - amount) / 100) ORDER BY authorities.code), '[]')
    FROM run_budgets
    JOIN authorities ON authorities.id = authority_id
    JOIN organisations ON organisations.id = authority_id
    WHERE run_budgets.run_id = run_results.run_id)
WHERE summary IS NOT NULL
"""


def upgrade() -> None:
    op.create_unique_constraint(op.f("uq_pools_id_setting_id"), "pools", ["id", "setting_id"])
    op.drop_constraint("fk_provisions_pool_id", "provisions")
    op.create_foreign_key(
        op.f("fk_provisions_pool_id"), "provisions", "pools", ["pool_id", "setting_id"], ["id", "setting_id"]
    )
    op.create_table(
        "run_budgets",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("authority_id", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("duties", sa.BigInteger(), nullable=False),
        sa.Column("choices", sa.BigInteger(), nullable=False),
        sa.Column("remaining", sa.BigInteger(), nullable=False),
        sa.Column("shadow_price", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["authority_id"], ["authorities.id"], name=op.f("fk_run_budgets_authority_id")),
        sa.ForeignKeyConstraint(["run_id"], ["matching_runs.id"], name=op.f("fk_run_budgets_run_id")),
        sa.PrimaryKeyConstraint("run_id", "authority_id", name=op.f("pk_run_budgets")),
    )
    op.execute(FILL)
    op.drop_column("run_results", "budgets")
    op.execute(f"GRANT SELECT, INSERT ON run_budgets TO {APPLICATION}")
    op.execute("ALTER TABLE run_budgets ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY reads ON run_budgets FOR SELECT USING ({READS})")
    op.execute(f"CREATE POLICY adds ON run_budgets FOR INSERT WITH CHECK ({SYSTEM})")


def downgrade() -> None:
    op.add_column("run_results", sa.Column("budgets", postgresql.JSONB(), nullable=True))
    op.execute(FILL_BACK)
    op.drop_table("run_budgets")
    op.drop_constraint("fk_provisions_pool_id", "provisions")
    op.create_foreign_key(op.f("fk_provisions_pool_id"), "provisions", "pools", ["pool_id"], ["id"])
    op.drop_constraint("uq_pools_id_setting_id", "pools")
