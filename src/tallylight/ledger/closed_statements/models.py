"""Tables of closed statements.

Items and lines come first and the statement last, in one transaction; once it is there its id takes no more of either.
At commit the database sums it all again. UPDATE stays granted on ``statement`` alone (a trigger refuses it all the
same): its foreign keys have to lock the row.
"""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

SECTIONS = ("balance", "revenue", "fees", "adjustments", "reserve", "reference")

statement = sa.Table(
    "statement",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("party_id", sa.ForeignKey("party.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False, comment="1, 2, ... of the party in the currency"),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("from_us", sa.BigInteger, nullable=False, comment="where the one before ended; wall time, microseconds"),
    sa.Column("to_us", sa.BigInteger, nullable=False, comment="exclusive"),
    sa.Column("closed_us", sa.BigInteger, nullable=False),
    sa.Column("closed_by", sa.Uuid, nullable=True, comment="null: the installation's operator"),
    sa.Column("line_count", sa.Integer, nullable=False),
    sa.Column("item_count", sa.BigInteger, nullable=False),
    sa.Column("carried_minor", sa.BigInteger, nullable=False, comment="what the one before left owing, <= 0"),
    sa.Column("payable_minor", sa.BigInteger, nullable=False, comment="the sum of its lines; < 0: the party owes it"),
    sa.UniqueConstraint("party_id", "currency", "number"),
    sa.CheckConstraint("from_us < to_us", name="forward"),
    sa.CheckConstraint("carried_minor <= 0", name="only_debts_are_carried"),
    sa.Index("ix_statement_shop_id_closed_us", "shop_id", "closed_us"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

statement_line = sa.Table(
    "statement_line",
    metadata,
    sa.Column("statement_id", sa.ForeignKey(statement.c.id, deferrable=True, initially="DEFERRED"), primary_key=True),
    sa.Column("position", sa.SmallInteger, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("definition", sa.Text, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False, comment="+ in the party's favour"),
    sa.Column("orders", sa.Integer, nullable=False),
    sa.UniqueConstraint("statement_id", "key"),
    sa.CheckConstraint(f"section in {SECTIONS}", name="section_known"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

statement_item = sa.Table(
    "statement_item",
    metadata,
    sa.Column("transfer_id", sa.Uuid, primary_key=True),
    sa.Column("entry_line", sa.SmallInteger, primary_key=True),
    sa.Column("statement_id", sa.ForeignKey(statement.c.id, deferrable=True, initially="DEFERRED"), nullable=False),
    sa.Column("key", sa.Text, nullable=False, comment="the statement line that the entry is summed in"),
    sa.Index("ix_statement_item_statement_id_key", "statement_id", "key"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)
