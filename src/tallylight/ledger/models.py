"""Tables of the ledger room: parties, their accounts, transfers and entries.

Signs: + debit, - credit. A transfer's entries are written in one statement; a statement-level trigger on ``entry``
then sees that each transfer sums to zero per currency, that it is whole (lines 1 to ``entry_count``) and that its
accounts exist in that currency. ``transfer`` and ``entry`` refuse UPDATE, DELETE and TRUNCATE, so what held once
holds for ever: that is why ``entry`` needs no row-level foreign keys on the hot path.
"""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

PARTY_KINDS = ("brand", "platform", "creator", "processor", "tax")
PURPOSES = (
    "customer_payment",
    "subtotal",
    "seller_discount",
    "platform_discount",
    "creator_discount",
    "shipping",
    "tax",
    "affiliate_commission",
)
TRANSFER_KINDS = ("sale", "commission", "refund", "commission_refund", "correction")

party = sa.Table(
    "party",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.UniqueConstraint("shop_id", "kind", "name"),
    sa.Index("one_of_its_kind", "shop_id", "kind", unique=True, postgresql_where=sa.text("kind <> 'creator'")),
    sa.CheckConstraint(f"kind in {PARTY_KINDS}", name="kind_known"),
)

account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("party_id", sa.ForeignKey(party.c.id), nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.UniqueConstraint("party_id", "purpose", "currency"),
    sa.CheckConstraint(f"purpose in {PURPOSES}", name="purpose_known"),
)

transfer = sa.Table(
    "transfer",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.Uuid, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("order_id", sa.Uuid, nullable=True),
    sa.Column("at_us", sa.BigInteger, nullable=True, comment="programme time of the moment it was sold in"),
    sa.Column("posted_us", sa.BigInteger, nullable=False, comment="wall time, microseconds; statements go by it"),
    sa.Column("entry_count", sa.SmallInteger, nullable=False),
    sa.CheckConstraint("entry_count between 2 and 64", name="entry_count_2_to_64"),
    sa.CheckConstraint(f"kind in {TRANSFER_KINDS}", name="kind_known"),
    sa.Index("ix_transfer_order_id", "order_id"),
    sa.Index("ix_transfer_shop_id_posted_us", "shop_id", "posted_us"),
)

entry = sa.Table(
    "entry",
    metadata,
    sa.Column("transfer_id", sa.Uuid, primary_key=True),
    sa.Column("line", sa.SmallInteger, primary_key=True),
    sa.Column("account_id", sa.Uuid, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False, comment="+ debit, - credit"),
    sa.CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
)
