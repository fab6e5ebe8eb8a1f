"""Tables of fulfilment. An order without a row waits to be packed."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

FULFILMENT_STATES = ("waiting", "packing", "shipped", "delivered", "lost")

fulfilment = sa.Table(
    "fulfilment",
    metadata,
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("carrier", sa.Text, nullable=True),
    sa.Column("tracking", sa.Text, nullable=True, comment="the carrier's number"),
    sa.Column("changed_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.CheckConstraint(f"state in {FULFILMENT_STATES}", name="state_known"),
)

fulfilment_change = sa.Table(
    "fulfilment_change",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("carrier", sa.Text, nullable=True),
    sa.Column("tracking", sa.Text, nullable=True),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("api_key_id", sa.ForeignKey("api_key.id"), nullable=True),
    sa.CheckConstraint("(person_id is null) <> (api_key_id is null)", name="one_who"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)
