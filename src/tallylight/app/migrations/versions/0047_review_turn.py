"""Whose turn it is to review a broadcast."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    op.create_table(
        "review_turn",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False, comment="grows; what a review writes counts in its own turn"),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_review_turn")),
    )
