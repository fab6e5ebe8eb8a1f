"""Lets a deal choose for itself whether who pays first is served first."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    op.add_column(
        "deal",
        sa.Column(
            "first_paid", sa.Boolean(), nullable=True, comment="orders on it hold nothing; null: as the shop does"
        ),
    )
