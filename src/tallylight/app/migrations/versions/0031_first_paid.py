"""Orders that hold nothing until they are paid, and why such an order lost."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

_BECAUSE = "('sold_out', 'deal_limit_reached', 'buyer_limit_reached', 'budget_exhausted', 'deal_over')"


def upgrade() -> None:
    op.add_column(
        "shop_terms",
        sa.Column(
            "first_paid",
            sa.Boolean(),
            server_default="false",
            nullable=False,
            comment="unpaid orders hold nothing: first paid, first served",
        ),
    )
    op.add_column(
        "customer_order",
        sa.Column("unheld", sa.Boolean(), nullable=True, comment="true: pending, and nothing is held for it"),
    )
    op.add_column(
        "customer_order",
        sa.Column("cancelled_because", sa.Text(), nullable=True, comment="what was gone when its money was sure"),
    )
    op.add_column(
        "customer_order",
        sa.Column("owes_back", sa.Boolean(), nullable=True, comment="true: its money is still to be given back"),
    )
    op.create_check_constraint(
        op.f("ck_customer_order_cancelled_because_known"), "customer_order", f"cancelled_because in {_BECAUSE}"
    )
    op.create_check_constraint(
        op.f("ck_customer_order_only_pending_is_unheld"),
        "customer_order",
        "unheld is not true or state in ('payment_pending', 'declined', 'cancelled')",
    )
    op.create_index("money_owed_back", "customer_order", ["id"], postgresql_where=sa.text("owes_back"))
