"""Tables of the ledger room: parties, their accounts, transfers and entries.

Signs: + debit, - credit. A transfer's entries are arrays in its row, side by side: it is whole or not there; the view
``entry`` shows them one by one. A statement-level trigger sees that each transfer sums to zero per currency and that
its accounts exist in that currency. ``transfer`` refuses UPDATE, DELETE and TRUNCATE, so what held once holds for ever:
that is why entries need no foreign keys. (Nor could anything else have one to ``transfer``: a foreign key locks the row
it points at, and the right to lock went with the right to UPDATE.)
"""

from typing import get_args

import sqlalchemy as sa

from tallylight.foundation.database import metadata
from tallylight.ledger.types import PartyKind, Purpose, TransferKind

PARTY_KINDS = get_args(PartyKind)
MANY_OF_A_KIND = ("creator", "supplier", "tax")
"""Kinds of which a shop has many, told apart by name; of the others it has one each."""
PURPOSES = get_args(Purpose)
TRANSFER_KINDS = get_args(TransferKind)

party = sa.Table(
    "party",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.UniqueConstraint("shop_id", "kind", "name"),
    sa.Index(
        "one_of_its_kind", "shop_id", "kind", unique=True, postgresql_where=sa.text(f"kind not in {MANY_OF_A_KIND}")
    ),
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
    sa.Column("account_ids", sa.ARRAY(sa.Uuid), nullable=False, comment="an entry each"),
    sa.Column("currencies", sa.ARRAY(sa.Text), nullable=False),
    sa.Column("amounts_minor", sa.ARRAY(sa.BigInteger), nullable=False, comment="+ debit, - credit"),
    sa.CheckConstraint("cardinality(amounts_minor) between 2 and 64", name="entries_2_to_64"),
    sa.CheckConstraint(
        "cardinality(account_ids) = cardinality(amounts_minor)"
        " and cardinality(currencies) = cardinality(amounts_minor)",
        name="an_entry_each",
    ),
    sa.CheckConstraint(
        "array_position(account_ids, null) is null and array_position(currencies, null) is null"
        " and array_position(amounts_minor, null) is null",
        name="entries_complete",
    ),
    sa.CheckConstraint("0 <> all (amounts_minor)", name="amounts_not_zero"),
    sa.CheckConstraint(f"kind in {TRANSFER_KINDS}", name="kind_known"),
    sa.Index("ix_transfer_order_id", "order_id"),
    sa.Index("ix_transfer_shop_id_posted_us", "shop_id", "posted_us"),
)

entry = sa.table(
    "entry",
    sa.column("transfer_id", sa.Uuid),
    sa.column("line", sa.SmallInteger),
    sa.column("account_id", sa.Uuid),
    sa.column("currency", sa.CHAR(3)),
    sa.column("amount_minor", sa.BigInteger),
)
"""A view: the entries of ``transfer`` one by one, lines counted from 1."""

reversal = sa.Table(
    "reversal",
    metadata,
    sa.Column("transfer_id", sa.Uuid, primary_key=True, comment="the transfer that takes back"),
    sa.Column("reverses", sa.Uuid, nullable=False, comment="the transfer that it takes back from"),
    sa.Column("nth", sa.SmallInteger, nullable=False, comment="1, 2, ... within what it reverses: no two at once"),
    sa.Column("refund_id", sa.Uuid, nullable=False, comment="what it was done for; once a transfer"),
    sa.UniqueConstraint("reverses", "nth"),
    sa.UniqueConstraint("refund_id", "reverses"),
    sa.CheckConstraint("nth >= 1", name="nth_from_1"),
    sa.CheckConstraint("transfer_id <> reverses", name="not_of_itself"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE; another, more than was posted",
)

reversed_line = sa.Table(
    "reversed_line",
    metadata,
    sa.Column("refund_id", sa.Uuid, primary_key=True),
    sa.Column("order_id", sa.Uuid, nullable=False),
    sa.Column("position", sa.SmallInteger, primary_key=True, comment="the order line's; 0: the whole refund"),
    sa.Column("subtotal_minor", sa.BigInteger, nullable=False, comment="list price that went back"),
    sa.Column("goods_minor", sa.BigInteger, nullable=False, comment="goods after discounts that went back"),
    sa.Column("payment_minor", sa.BigInteger, nullable=False, comment="money that went back to the customer"),
    sa.Index("ix_reversed_line_order_id", "order_id"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

charge = sa.Table(
    "charge",
    metadata,
    sa.Column("transfer_id", sa.Uuid, primary_key=True),
    sa.Column("order_id", sa.Uuid, nullable=False),
    sa.Column("position", sa.SmallInteger, nullable=False, comment="the order line's; 0: the whole order"),
    sa.Column("rule_id", sa.Uuid, nullable=True, comment="the commission plan or fee rule that asked for it"),
    sa.Column("base", sa.Text, nullable=False, comment="what the rate is of"),
    sa.Column(
        "base_minor", sa.BigInteger, nullable=False, comment="a refund takes the share back that it takes of this"
    ),
    sa.Column("rate_bps", sa.Integer, nullable=False),
    sa.Column("kept_on_refund", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint("base in ('goods', 'subtotal', 'payment', 'referral_fee')", name="base_known"),
    sa.Index("ix_charge_order_id", "order_id"),
    comment="append-only: why a commission, fee or reserve was posted",
)

commission_plan = sa.Table(
    "commission_plan",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("creator_name", sa.Text, nullable=True, comment="as shows name their host; null: every creator"),
    sa.Column("product_id", sa.Uuid, nullable=True, comment="null: every product"),
    sa.Column("rate_bps", sa.Integer, nullable=False),
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("from_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("until_us", sa.BigInteger, nullable=True, comment="null: until it is ended"),
    sa.Column("recorded_by", sa.Uuid, nullable=True, comment="null: the installation's operator"),
    sa.Column("ended_by", sa.Uuid, nullable=True),
    sa.CheckConstraint("kind in ('open', 'target', 'partner')", name="kind_known"),
    sa.CheckConstraint("(kind = 'open') = (creator_name is null)", name="open_is_for_everybody"),
    sa.CheckConstraint("length(creator_name) between 1 and 80", name="creator_1_to_80"),
    sa.CheckConstraint("rate_bps between 100 and 8000", name="rate_1_to_80_percent"),
    sa.CheckConstraint("base in ('goods', 'subtotal')", name="base_known"),
    sa.CheckConstraint("until_us >= from_us", name="forward"),
    sa.Index(
        "one_plan_in_force",
        "shop_id",
        "kind",
        sa.text("coalesce(creator_name, '')"),
        sa.text("coalesce(product_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
        unique=True,
        postgresql_where=sa.text("until_us is null"),
    ),
    comment="a trigger lets a plan be ended and nothing else be changed",
)

fee_rule = sa.Table(
    "fee_rule",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("rate_bps", sa.Integer, nullable=False),
    sa.Column("fixed_minor", sa.BigInteger, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("base", sa.Text, nullable=False),
    sa.Column("kept_on_refund", sa.Boolean, nullable=False),
    sa.Column("hold_days", sa.SmallInteger, nullable=True, comment="kind reserve: when it is released"),
    sa.Column("from_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("until_us", sa.BigInteger, nullable=True, comment="null: until it is ended"),
    sa.Column("recorded_by", sa.Uuid, nullable=True, comment="null: the installation's operator"),
    sa.Column("ended_by", sa.Uuid, nullable=True),
    sa.CheckConstraint(
        "kind in ('referral_fee', 'transaction_fee', 'co_funded_service_fee', 'flash_sale_service_fee',"
        " 'refund_administration_fee', 'reserve')",
        name="kind_known",
    ),
    sa.CheckConstraint("rate_bps between 0 and 10000 and fixed_minor >= 0", name="amounts_in_range"),
    sa.CheckConstraint("base in ('goods', 'subtotal', 'payment')", name="base_known"),
    sa.CheckConstraint("(kind = 'reserve') = (hold_days is not null)", name="reserve_has_days"),
    sa.CheckConstraint("hold_days between 1 and 365", name="hold_1_to_365_days"),
    sa.CheckConstraint("until_us >= from_us", name="forward"),
    sa.Index("one_fee_in_force", "shop_id", "kind", unique=True, postgresql_where=sa.text("until_us is null")),
    comment="a trigger lets a fee be ended and nothing else be changed",
)

charged_sale = sa.Table(
    "charged_sale",
    metadata,
    sa.Column("order_id", sa.Uuid, primary_key=True, comment="charged once: whoever inserts it charges"),
    sa.Column("shop_id", sa.Uuid, nullable=False),
    sa.Column("charged_us", sa.BigInteger, nullable=False),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

charge_progress = sa.Table(
    "charge_progress",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("through_us", sa.BigInteger, nullable=False, comment="every sale posted before is charged"),
)
