"""Tables of the checkout room.

The hot tables (``order_line``, ``order_funding``, ``payment``) carry no foreign keys: they are written
by the sale desk alone, together with their order, in one transaction that holds the desk's lease row.
"""

from typing import get_args

import sqlalchemy as sa

from tallylight.checkout.lost_because import LostBecause
from tallylight.foundation.database import metadata

ORDER_STATES = ("paid", "payment_pending", "declined", "cancelled")
PAYMENT_STATES = ("pending", "captured", "declined", "voided", "refunded")

sale_desk = sa.Table(
    "sale_desk",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("epoch", sa.BigInteger, nullable=False, comment="counts leases; an older epoch may not commit"),
    sa.Column("holder", sa.Text, nullable=False, comment="host and process of the lease"),
    sa.Column("leased_us", sa.BigInteger, nullable=False),
    sa.Column("chain", sa.BigInteger, nullable=False, server_default="0", comment="the last batch's random link"),
    sa.Column("door", sa.Text, nullable=True, comment="host:port at which the holder takes others' requests"),
    sa.Column("door_key", sa.LargeBinary, nullable=True, comment="what they show there; new with every process"),
    postgresql_with={"fillfactor": "50"},
)

customer_order = sa.Table(
    "customer_order",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.Uuid, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False, comment="counts up from 1001 within the shop"),
    sa.Column("show_id", sa.Uuid, nullable=False),
    sa.Column("broadcast_id", sa.Uuid, nullable=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("placed_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time the buyer saw"),
    sa.Column("priced_us", sa.BigInteger, nullable=False, comment="programme time whose prices hold, within the grace"),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("total_minor", sa.BigInteger, nullable=False),
    sa.Column("discount_minor", sa.BigInteger, nullable=False),
    sa.Column("units", sa.Integer, nullable=False),
    sa.Column("commission_bps", sa.Integer, nullable=False, comment="the show's rate when it was sold"),
    sa.Column("creator_name", sa.Text, nullable=False),
    sa.Column("buyer_email", sa.Text, nullable=False),
    sa.Column("buyer_name", sa.Text, nullable=False),
    sa.Column("buyer_hash", sa.LargeBinary, nullable=False),
    sa.Column("address", sa.JSON, nullable=False),
    sa.Column("receipt_hash", sa.LargeBinary, nullable=False, comment="sha-256 of the receipt token"),
    sa.Column("key_hash", sa.LargeBinary, nullable=False, unique=True, comment="sha-256 of the client's key"),
    sa.Column("body_hash", sa.LargeBinary, nullable=False, comment="of the request that the key stands for"),
    sa.Column("hold_expires_us", sa.BigInteger, nullable=True, comment="wall time; set while payment is pending"),
    sa.Column("unheld", sa.Boolean, nullable=True, comment="true: pending, and nothing is held for it"),
    sa.Column("cancelled_because", sa.Text, nullable=True, comment="what was gone when its money was sure"),
    sa.Column("owes_back", sa.Boolean, nullable=True, comment="true: its money is still to be given back"),
    sa.Column("quote_id", sa.Uuid, nullable=False, comment="its price as explained to the buyer: see order_quote"),
    sa.UniqueConstraint("shop_id", "number"),
    sa.CheckConstraint(f"state in {ORDER_STATES}", name="state_known"),
    sa.CheckConstraint(f"cancelled_because in {get_args(LostBecause)}", name="cancelled_because_known"),
    sa.CheckConstraint(
        "unheld is not true or state in ('payment_pending', 'declined', 'cancelled')", name="only_pending_is_unheld"
    ),
    sa.Index("money_owed_back", "id", postgresql_where=sa.text("owes_back")),
    sa.CheckConstraint("(state = 'payment_pending') = (hold_expires_us is not null)", name="only_pending_expires"),
    sa.Index("ix_customer_order_show_id_placed_us", "show_id", "placed_us"),
    sa.Index("pending_orders", "shop_id", "hold_expires_us", postgresql_where=sa.text("state = 'payment_pending'")),
)

order_quote = sa.Table(
    "order_quote",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, comment="the first half of the text's sha-256"),
    sa.Column("quote", sa.JSON, nullable=False, comment="a price as explained, but for its at_us: see priced_us"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

quote_of_order = (
    sa.select(order_quote.c.quote)
    .where(order_quote.c.id == customer_order.c.quote_id)
    .correlate(customer_order)
    .scalar_subquery()
    .label("quote")
)
"""A column beside those of ``customer_order``: orders of one price share it."""

order_line = sa.Table(
    "order_line",
    metadata,
    sa.Column("order_id", sa.Uuid, primary_key=True),
    sa.Column("position", sa.SmallInteger, primary_key=True),
    sa.Column("variant_id", sa.Uuid, nullable=False),
    sa.Column("product_id", sa.Uuid, nullable=False),
    sa.Column("product_title", sa.Text, nullable=False),
    sa.Column("variant_title", sa.Text, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("unit_list_minor", sa.BigInteger, nullable=False),
    sa.Column("discount_minor", sa.BigInteger, nullable=False, comment="of the line"),
    sa.Column("deal_id", sa.Uuid, nullable=True),
    sa.CheckConstraint("quantity > 0", name="quantity_positive"),
)

order_funding = sa.Table(
    "order_funding",
    metadata,
    sa.Column("order_id", sa.Uuid, primary_key=True),
    sa.Column("deal_id", sa.Uuid, primary_key=True),
    sa.Column("funder_ids", sa.ARRAY(sa.Uuid), nullable=False, comment="in the agreement's order"),
    sa.Column("amounts_minor", sa.ARRAY(sa.BigInteger), nullable=False, comment="each funder's part of the discount"),
    sa.Column("quantity", sa.Integer, nullable=False, server_default="1", comment="pieces or orders of the deal"),
    sa.Column("code_hash", sa.LargeBinary, nullable=True, comment="of the code that was used"),
    sa.CheckConstraint("0 <= all (amounts_minor)", name="amounts_not_negative"),
    sa.CheckConstraint("cardinality(funder_ids) = cardinality(amounts_minor)", name="an_amount_each"),
)

payment = sa.Table(
    "payment",
    metadata,
    sa.Column("order_id", sa.Uuid, primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=True, comment="the provider's name for it"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("changed_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint(f"state in {PAYMENT_STATES}", name="state_known"),
)

test_charge = sa.Table(
    "test_charge",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="the test provider's own book, by idempotency key"),
    sa.Column("token", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("refunded_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("secret", sa.Text, nullable=True, comment="who knows it answers the bank for the buyer (3-D Secure)"),
    sa.CheckConstraint("state in ('challenged', 'authorised', 'captured', 'declined', 'voided')", name="state_known"),
    sa.CheckConstraint("refunded_minor between 0 and amount_minor", name="refund_fits"),
)

stripe_intent = sa.Table(
    "stripe_intent",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="the order's id"),
    sa.Column("intent_id", sa.Text, nullable=False, unique=True, comment="Stripe's name for it"),
)

payment_event = sa.Table(
    "payment_event",
    metadata,
    sa.Column("provider", sa.Text, primary_key=True),
    sa.Column("event_id", sa.Text, primary_key=True, comment="the provider's own; it tells repeats apart"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("received_us", sa.BigInteger, nullable=False),
    sa.Column("times", sa.Integer, nullable=False, server_default="1", comment="how often it came"),
    sa.Column("done_us", sa.BigInteger, nullable=True, comment="null: it came and was not acted on to the end"),
    sa.Column("problem", sa.Text, nullable=True, comment="why nothing could be done about it"),
    sa.CheckConstraint("kind in ('payment', 'dispute', 'other')", name="kind_known"),
    sa.Index("ix_payment_event_received_us", "received_us"),
)

test_transfer = sa.Table(
    "test_transfer",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="the test provider's own book, by idempotency key"),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
)

test_refund = sa.Table(
    "test_refund",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="the test provider's own book, by idempotency key"),
    sa.Column("charge_key", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
)

test_dispute = sa.Table(
    "test_dispute",
    metadata,
    sa.Column("id", sa.Text, primary_key=True, comment="the test provider's own book"),
    sa.Column("charge_key", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("fee_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("due_us", sa.BigInteger, nullable=True),
    sa.CheckConstraint("state in ('inquiry', 'opened', 'evidence_sent', 'won', 'lost')", name="state_known"),
)

receipt_link = sa.Table(
    "receipt_link",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True, comment="sha-256 of the token in a mail's link"),
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), nullable=False, index=True),
)

moment_receipt = sa.Table(
    "moment_receipt",
    metadata,
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), primary_key=True),
    sa.Column("document", sa.Text, nullable=False, comment="JSON, byte for byte what the hash is of"),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("has_clip", sa.Boolean, nullable=False),
    sa.Column("made_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)
