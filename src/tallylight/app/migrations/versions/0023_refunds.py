"""Creates what was taken back of orders."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_stock_movement_reason_known"), "stock_movement")
    op.create_check_constraint(
        op.f("ck_stock_movement_reason_known"),
        "stock_movement",
        "reason in ('import', 'count', 'sale', 'return', 'exchange')",
    )
    op.create_table(
        "order_refund",
        sa.Column("id", sa.Uuid(), nullable=False, comment="made by who asks; repeating it repeats the answer"),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("nth", sa.SmallInteger(), nullable=False, comment="1, 2, ... within the order: no two at once"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("list_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="what the customer gets back"),
        sa.Column("made_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("made_by", sa.Uuid(), nullable=True, comment="null: the payment provider"),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False, comment="of the request that the id stands for"),
        sa.Column("money", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True, comment="the provider's name for it"),
        sa.Column("problem", sa.Text(), nullable=True, comment="why the money has not been sent"),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('cancel', 'refund', 'return', 'exchange', 'chargeback')", name=op.f("ck_order_refund_kind_known")
        ),
        sa.CheckConstraint("money in ('none', 'due', 'sent', 'failed')", name=op.f("ck_order_refund_money_known")),
        sa.CheckConstraint(
            "least(list_minor, discount_minor, shipping_minor, tax_minor) >= 0",
            name=op.f("ck_order_refund_not_negative"),
        ),
        sa.CheckConstraint(
            "amount_minor = list_minor - discount_minor + shipping_minor + tax_minor and amount_minor >= 0",
            name=op.f("ck_order_refund_amount_is_its_parts"),
        ),
        sa.CheckConstraint("length(reason) between 1 and 300", name=op.f("ck_order_refund_reason_1_to_300")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_refund_order_id_customer_order")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_order_refund_made_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_refund")),
        sa.UniqueConstraint("order_id", "nth", name=op.f("uq_order_refund_order_id_nth")),
    )
    op.create_index("refunds_due", "order_refund", ["next_try_us"], postgresql_where=sa.text("money = 'due'"))
    op.create_table(
        "order_refund_line",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="the order line's"),
        sa.Column("pieces", sa.Integer(), nullable=False, comment="0: money only"),
        sa.Column("restocked", sa.Integer(), nullable=False, comment="of these, on the shelf again"),
        sa.Column("list_minor", sa.BigInteger(), nullable=False),
        sa.Column("deal_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("discounts_minor", sa.ARRAY(sa.BigInteger()), nullable=False, comment="by deal"),
        sa.Column("variant_id", sa.Uuid(), nullable=True, comment="of an exchange: what the buyer got instead"),
        sa.CheckConstraint("restocked between 0 and pieces", name=op.f("ck_order_refund_line_restocked_fits")),
        sa.CheckConstraint(
            "list_minor >= 0 and 0 <= all (discounts_minor)", name=op.f("ck_order_refund_line_not_negative")
        ),
        sa.CheckConstraint(
            "cardinality(deal_ids) = cardinality(discounts_minor)", name=op.f("ck_order_refund_line_a_discount_each")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["order_refund.id"], name=op.f("fk_order_refund_line_refund_id_order_refund")
        ),
        sa.PrimaryKeyConstraint("refund_id", "position", name=op.f("pk_order_refund_line")),
    )
    op.create_table(
        "order_refund_funding",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("funder_ids", sa.ARRAY(sa.Uuid()), nullable=False, comment="in the agreement's order"),
        sa.Column("amounts_minor", sa.ARRAY(sa.BigInteger()), nullable=False, comment="given back to each"),
        sa.CheckConstraint("0 <= all (amounts_minor)", name=op.f("ck_order_refund_funding_amounts_not_negative")),
        sa.CheckConstraint(
            "cardinality(funder_ids) = cardinality(amounts_minor)", name=op.f("ck_order_refund_funding_an_amount_each")
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["order_refund.id"], name=op.f("fk_order_refund_funding_refund_id_order_refund")
        ),
        sa.PrimaryKeyConstraint("refund_id", "deal_id", name=op.f("pk_order_refund_funding")),
    )
    op.create_table(
        "order_refunded",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "refunded_minor between 0 and paid_minor", name=op.f("ck_order_refunded_never_more_than_paid")
        ),
        sa.CheckConstraint(
            "standing in ('cancelled', 'partly_refunded', 'refunded', 'disputed')",
            name=op.f("ck_order_refunded_standing_known"),
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_refunded_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_refunded")),
        comment="the last word against refunding more than was paid",
    )
    op.create_table(
        "test_refund",
        sa.Column("key", sa.Text(), nullable=False, comment="the test provider's own book, by idempotency key"),
        sa.Column("charge_key", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_test_refund")),
    )
