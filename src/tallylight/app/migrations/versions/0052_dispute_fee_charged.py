"""Notes how much of a dispute's fee is booked: a bank may change its last word, and a provider give its fee back."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    op.add_column(
        "order_dispute",
        sa.Column("fee_charged_minor", sa.BigInteger(), server_default="0", nullable=False, comment="of it, booked"),
    )
    op.drop_column("order_dispute", "problem")
    op.execute("update order_dispute set fee_charged_minor = fee_minor where ended_us is not null")
