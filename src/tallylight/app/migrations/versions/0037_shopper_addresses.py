"""Addresses that shoppers keep."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.create_table(
        "shopper_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="whom the parcel is for"),
        sa.Column("address", postgresql.JSONB(none_as_null=True), nullable=False, comment="checkout.schemas.Address"),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shopper_id"], ["shopper.id"], name=op.f("fk_shopper_address_shopper_id_shopper"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shopper_address")),
    )
    op.create_index(op.f("ix_shopper_address_shopper_id"), "shopper_address", ["shopper_id"])
    op.create_index(
        "one_default_address", "shopper_address", ["shopper_id"], unique=True, postgresql_where=sa.text("is_default")
    )
