"""Tables of what was taken back of orders. Written by the sale desk alone, while it holds the order's row."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

REFUND_KINDS = ("cancel", "refund", "return", "exchange", "chargeback")
MONEY_STATES = ("none", "due", "sent", "failed")

order_refund = sa.Table(
    "order_refund",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, comment="made by who asks; repeating it repeats the answer"),
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), nullable=False),
    sa.Column("nth", sa.SmallInteger, nullable=False, comment="1, 2, ... within the order: no two at once"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("list_minor", sa.BigInteger, nullable=False),
    sa.Column("discount_minor", sa.BigInteger, nullable=False),
    sa.Column("shipping_minor", sa.BigInteger, nullable=False),
    sa.Column("tax_minor", sa.BigInteger, nullable=False),
    sa.Column("taxes_minor", sa.ARRAY(sa.BigInteger), nullable=False, server_default="{}", comment="by part"),
    sa.Column("tax_bases_minor", sa.ARRAY(sa.BigInteger), nullable=False, server_default="{}", comment="by part"),
    sa.Column("amount_minor", sa.BigInteger, nullable=False, comment="what the customer gets back"),
    sa.Column(
        "credited_minor", sa.BigInteger, nullable=False, server_default="0", comment="of it, what pays for an exchange"
    ),
    sa.Column("made_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("made_by", sa.ForeignKey("person.id"), nullable=True, comment="null: the payment provider"),
    sa.Column("body_hash", sa.LargeBinary, nullable=False, comment="of the request that the id stands for"),
    sa.Column("money", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=True, comment="the provider's name for it"),
    sa.Column("problem", sa.Text, nullable=True, comment="why the money has not been sent"),
    sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("next_try_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint(f"kind in {REFUND_KINDS}", name="kind_known"),
    sa.CheckConstraint(f"money in {MONEY_STATES}", name="money_known"),
    sa.CheckConstraint("least(list_minor, discount_minor, shipping_minor, tax_minor) >= 0", name="not_negative"),
    sa.CheckConstraint(
        "amount_minor = list_minor - discount_minor + shipping_minor + tax_minor and amount_minor >= 0",
        name="amount_is_its_parts",
    ),
    sa.CheckConstraint("credited_minor between 0 and amount_minor", name="credited_fits"),
    sa.CheckConstraint(
        "cardinality(taxes_minor) = cardinality(tax_bases_minor) and 0 <= all (taxes_minor || tax_bases_minor)",
        name="taxes_whole",
    ),
    sa.UniqueConstraint("order_id", "nth"),
    sa.CheckConstraint("length(reason) between 1 and 300", name="reason_1_to_300"),
    sa.Index("refunds_due", "next_try_us", postgresql_where=sa.text("money = 'due'")),
)

order_refund_line = sa.Table(
    "order_refund_line",
    metadata,
    sa.Column("refund_id", sa.ForeignKey(order_refund.c.id), primary_key=True),
    sa.Column("position", sa.SmallInteger, primary_key=True, comment="the order line's"),
    sa.Column("pieces", sa.Integer, nullable=False, comment="0: money only"),
    sa.Column("restocked", sa.Integer, nullable=False, comment="of these, on the shelf again"),
    sa.Column("list_minor", sa.BigInteger, nullable=False),
    sa.Column("deal_ids", sa.ARRAY(sa.Uuid), nullable=False),
    sa.Column("discounts_minor", sa.ARRAY(sa.BigInteger), nullable=False, comment="by deal"),
    sa.Column("variant_id", sa.Uuid, nullable=True, comment="of an exchange: what the buyer got instead"),
    sa.CheckConstraint("restocked between 0 and pieces", name="restocked_fits"),
    sa.CheckConstraint("list_minor >= 0 and 0 <= all (discounts_minor)", name="not_negative"),
    sa.CheckConstraint("cardinality(deal_ids) = cardinality(discounts_minor)", name="a_discount_each"),
)

order_refund_funding = sa.Table(
    "order_refund_funding",
    metadata,
    sa.Column("refund_id", sa.ForeignKey(order_refund.c.id), primary_key=True),
    sa.Column("deal_id", sa.Uuid, primary_key=True),
    sa.Column("funder_ids", sa.ARRAY(sa.Uuid), nullable=False, comment="in the agreement's order"),
    sa.Column("amounts_minor", sa.ARRAY(sa.BigInteger), nullable=False, comment="given back to each"),
    sa.CheckConstraint("0 <= all (amounts_minor)", name="amounts_not_negative"),
    sa.CheckConstraint("cardinality(funder_ids) = cardinality(amounts_minor)", name="an_amount_each"),
)

order_refunded = sa.Table(
    "order_refunded",
    metadata,
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), primary_key=True),
    sa.Column("paid_minor", sa.BigInteger, nullable=False),
    sa.Column("refunded_minor", sa.BigInteger, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.CheckConstraint("refunded_minor between 0 and paid_minor", name="never_more_than_paid"),
    sa.CheckConstraint("standing in ('cancelled', 'partly_refunded', 'refunded', 'disputed')", name="standing_known"),
    comment="the last word against refunding more than was paid",
)
