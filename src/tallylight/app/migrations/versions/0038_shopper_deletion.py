"""Accounts that are deleted and whose orders still name their buyer."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.create_table(
        "shopper_deletion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_hash", sa.LargeBinary(), nullable=False, comment="of the shop and the e-mail"),
        sa.Column("through_number", sa.BigInteger(), nullable=False, comment="orders up to this one are meant"),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shopper_deletion_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shopper_deletion")),
        comment="accounts that are deleted and whose orders still name their buyer; a row goes with its last order",
    )
    op.create_index(op.f("ix_shopper_deletion_buyer_hash"), "shopper_deletion", ["buyer_hash"])
