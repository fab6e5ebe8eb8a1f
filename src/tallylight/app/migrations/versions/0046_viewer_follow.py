"""Viewers without a name follow a shop."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    op.create_table(
        "viewer_follow",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_hash", sa.LargeBinary(), nullable=False, comment="of the shop and the browser's random id"),
        sa.Column("followed_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("buyer_hash", sa.LargeBinary(), nullable=True, comment="whom it counts for, since the first order"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_viewer_follow_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "viewer_hash", name=op.f("pk_viewer_follow")),
    )
