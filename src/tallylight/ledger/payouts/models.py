"""Tables of payouts: where a party is paid, what was paid in which file, what came back, what was collected."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

bank_account = sa.Table(
    "bank_account",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True, comment="a party's newest counts"),
    sa.Column("party_id", sa.ForeignKey("party.id"), nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("iban", sa.Text, nullable=True),
    sa.Column("bic", sa.Text, nullable=True),
    sa.Column("account_number", sa.Text, nullable=True, comment="where there is no IBAN"),
    sa.Column("routing_number", sa.Text, nullable=True, comment="nine digits, United States (ABA)"),
    sa.Column("country", sa.CHAR(2), nullable=False),
    sa.Column("recorded_us", sa.BigInteger, nullable=False),
    sa.Column("recorded_by", sa.Uuid, nullable=True, comment="null: the installation's operator"),
    sa.CheckConstraint("(iban is null) <> (account_number is null)", name="one_way_to_name_it"),
    sa.CheckConstraint("(account_number is null) = (routing_number is null)", name="number_has_routing"),
    sa.CheckConstraint("length(holder) between 1 and 70", name="holder_1_to_70"),
    sa.Index("ix_bank_account_party_id_id", "party_id", "id"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

payout_batch = sa.Table(
    "payout_batch",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False, comment="1, 2, ... of the shop"),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("debtor_account_id", sa.ForeignKey(bank_account.c.id), nullable=False),
    sa.Column("pay_on", sa.Date, nullable=False),
    sa.Column("made_us", sa.BigInteger, nullable=False),
    sa.Column("made_by", sa.Uuid, nullable=True, comment="null: the installation's operator"),
    sa.UniqueConstraint("shop_id", "number"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

payout = sa.Table(
    "payout",
    metadata,
    sa.Column("statement_id", sa.ForeignKey("statement.id"), primary_key=True),
    sa.Column(
        "nth", sa.SmallInteger, primary_key=True, server_default="1", comment="2, ... when the bank sent it back"
    ),
    sa.Column("batch_id", sa.ForeignKey(payout_batch.c.id), nullable=False, index=True),
    sa.Column("transfer_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("bank_account_id", sa.ForeignKey(bank_account.c.id), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("reference", sa.Text, nullable=False, unique=True, comment="end to end, as both banks show it"),
    sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
    sa.CheckConstraint("length(reference) between 1 and 35", name="reference_1_to_35"),
    sa.CheckConstraint("nth between 1 and 99", name="nth_1_to_99"),
    comment="append-only; a trigger refuses any amount but the statement's payable, and to pay what is paid",
)

payout_return = sa.Table(
    "payout_return",
    metadata,
    sa.Column("statement_id", sa.Uuid, primary_key=True),
    sa.Column("nth", sa.SmallInteger, primary_key=True, comment="which payout of the statement came back, once"),
    sa.Column("transfer_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("reason", sa.Text, nullable=False, comment="as the bank gave it"),
    sa.Column("returned_us", sa.BigInteger, nullable=False, comment="when it was recorded; wall time, microseconds"),
    sa.Column("recorded_by", sa.Uuid, nullable=True, comment="null: the installation's operator"),
    sa.ForeignKeyConstraint(["statement_id", "nth"], [payout.c.statement_id, payout.c.nth]),
    sa.CheckConstraint("length(reason) between 1 and 140", name="reason_1_to_140"),
    comment="append-only; a trigger refuses any amount but what was paid",
)

collection = sa.Table(
    "collection",
    metadata,
    sa.Column("statement_id", sa.ForeignKey("statement.id"), primary_key=True, comment="collected once"),
    sa.Column("transfer_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("amount_minor", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("collected_us", sa.BigInteger, nullable=False),
    sa.Column("recorded_by", sa.Uuid, nullable=True, comment="null: the installation's operator"),
    sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
    comment="append-only; a trigger refuses any amount but what the statement says is owed",
)
