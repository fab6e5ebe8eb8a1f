"""Creates orders, payments and the sale desk's lease."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "sale_desk",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False, comment="counts leases; an older epoch may not commit"),
        sa.Column("holder", sa.Text(), nullable=False, comment="host and process of the lease"),
        sa.Column("leased_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_sale_desk_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_sale_desk")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "customer_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False, comment="counts up from 1001 within the shop"),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("broadcast_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("placed_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time the buyer saw"),
        sa.Column(
            "priced_us", sa.BigInteger(), nullable=False, comment="programme time whose prices hold, within the grace"
        ),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("commission_bps", sa.Integer(), nullable=False, comment="the show's rate when it was sold"),
        sa.Column("creator_name", sa.Text(), nullable=False),
        sa.Column(
            "quote",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            comment="the price as explained to the buyer",
        ),
        sa.Column("buyer_email", sa.Text(), nullable=False),
        sa.Column("buyer_name", sa.Text(), nullable=False),
        sa.Column("buyer_hash", sa.LargeBinary(), nullable=False),
        sa.Column("address", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("receipt_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the receipt token"),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the client's key"),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False, comment="of the request that the key stands for"),
        sa.Column("hold_expires_us", sa.BigInteger(), nullable=True, comment="wall time; set while payment is pending"),
        sa.CheckConstraint(
            "(state = 'payment_pending') = (hold_expires_us is not null)",
            name=op.f("ck_customer_order_only_pending_expires"),
        ),
        sa.CheckConstraint(
            "state in ('paid', 'payment_pending', 'declined', 'cancelled')", name=op.f("ck_customer_order_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_customer_order_key_hash")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_customer_order_shop_id_number")),
    )
    op.create_index("ix_customer_order_show_id_placed_us", "customer_order", ["show_id", "placed_us"], unique=False)
    op.create_index(
        "pending_orders",
        "customer_order",
        ["shop_id", "hold_expires_us"],
        unique=False,
        postgresql_where=sa.text("state = 'payment_pending'"),
    )
    op.create_table(
        "order_line",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("product_title", sa.Text(), nullable=False),
        sa.Column("variant_title", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_list_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False, comment="of the line"),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_quantity_positive")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_line")),
    )
    op.create_table(
        "order_funding",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_order_funding_amount_not_negative")),
        sa.PrimaryKeyConstraint("order_id", "funder_id", name=op.f("pk_order_funding")),
    )
    op.create_table(
        "payment",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True, comment="the provider's name for it"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state in ('pending', 'captured', 'declined', 'voided', 'refunded')", name=op.f("ck_payment_state_known")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_payment")),
    )
    op.create_table(
        "test_charge",
        sa.Column("key", sa.Text(), nullable=False, comment="the test provider's own book, by idempotency key"),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state in ('authorised', 'captured', 'declined', 'voided')", name=op.f("ck_test_charge_state_known")
        ),
        sa.CheckConstraint("refunded_minor between 0 and amount_minor", name=op.f("ck_test_charge_refund_fits")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_test_charge")),
    )
