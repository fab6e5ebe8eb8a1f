"""Tables of exchanges. Written by the sale desk alone, but for what a try to pay notes of itself."""

import sqlalchemy as sa

from tallylight.checkout.refunds.models import order_refund
from tallylight.foundation.database import metadata

order_exchange = sa.Table(
    "order_exchange",
    metadata,
    sa.Column("order_id", sa.Uuid, primary_key=True, comment="what the buyer gets instead; written with it"),
    sa.Column("of_order_id", sa.ForeignKey("customer_order.id"), nullable=False, index=True),
    sa.Column(
        "refund_id", sa.Uuid, nullable=False, unique=True, comment="of the return that is booked once it is paid"
    ),
    sa.Column("lines", sa.JSON, nullable=False, comment="what comes back: position, quantity, restock"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("worth_minor", sa.BigInteger, nullable=False, comment="what was paid for what comes back"),
    sa.Column("credit_minor", sa.BigInteger, nullable=False, comment="of it, what pays for the new order"),
    sa.Column("made_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("made_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("body_hash", sa.LargeBinary, nullable=False, comment="of the request that the id stands for"),
    sa.Column("charge_key", sa.Uuid, nullable=True, comment="of the try to pay; null: none, or it failed"),
    sa.Column("paying_until_us", sa.BigInteger, nullable=True, comment="wall time; until then a try has it for itself"),
    sa.CheckConstraint("credit_minor between 0 and worth_minor", name="credit_fits"),
    sa.CheckConstraint("length(reason) between 1 and 300", name="reason_1_to_300"),
)

exchange_attempt = sa.Table(
    "exchange_attempt",
    metadata,
    sa.Column("key", sa.Uuid, primary_key=True, comment="of the charge at its provider"),
    sa.Column("order_id", sa.ForeignKey(order_exchange.c.order_id), nullable=False, index=True),
)

order_credit = sa.Table(
    "order_credit",
    metadata,
    sa.Column("order_id", sa.ForeignKey(order_exchange.c.order_id), primary_key=True),
    sa.Column("charge_order_id", sa.Uuid, primary_key=True, comment="whose payment pays for this much of the order"),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
)

order_refund_part = sa.Table(
    "order_refund_part",
    metadata,
    sa.Column("refund_id", sa.ForeignKey(order_refund.c.id), primary_key=True),
    sa.Column("charge_order_id", sa.Uuid, primary_key=True, comment="whose payment it goes back from"),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("credited_minor", sa.BigInteger, nullable=False, comment="of it, what pays for another order instead"),
    sa.CheckConstraint("credited_minor between 0 and amount_minor and amount_minor > 0", name="credited_fits"),
    comment="of orders that other orders' payments paid for as well",
)
