"""Names the arrays of rows that the sale desk sends as bytes, so that the driver need not look into them."""

from alembic import op

revision = "0018"
down_revision = "0017"

TABLES = ("customer_order", "order_line", "order_funding", "payment", "stock_movement", "transfer", "entry")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"create domain {table}_rows as {table}[]")
