"""Notes until when a bank takes evidence about a dispute."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    op.add_column(
        "order_dispute",
        sa.Column("due_us", sa.BigInteger(), nullable=True, comment="until when the bank takes evidence; wall time"),
    )
    op.add_column("test_dispute", sa.Column("due_us", sa.BigInteger(), nullable=True))
