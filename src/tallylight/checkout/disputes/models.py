"""The table of disputed payments."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

DISPUTE_STATES = ("opened", "evidence_sent", "won", "lost")

order_dispute = sa.Table(
    "order_dispute",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True, comment="made of the provider's own name for it; a loss books under it"),
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), nullable=False, index=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False, comment="the provider's name for it"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("amount_minor", sa.BigInteger, nullable=False, comment="what the bank wants back"),
    sa.Column("held_minor", sa.BigInteger, nullable=False, comment="of it, what was left of the order: held back"),
    sa.Column("hold_id", sa.Uuid, nullable=True, comment="the transfer that holds it; null: nothing was left"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("fee_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("fee_currency", sa.CHAR(3), nullable=True),
    sa.Column("fee_charged_minor", sa.BigInteger, nullable=False, server_default="0", comment="of it, booked"),
    sa.Column("opened_us", sa.BigInteger, nullable=False, comment="when we heard of it; wall time, microseconds"),
    sa.Column("due_us", sa.BigInteger, nullable=True, comment="until when the bank takes evidence; wall time"),
    sa.Column("evidence_us", sa.BigInteger, nullable=True),
    sa.Column("evidence_by", sa.ForeignKey("person.id"), nullable=True, comment="null: the provider said so"),
    sa.Column("ended_us", sa.BigInteger, nullable=True),
    sa.Column("next_check_us", sa.BigInteger, nullable=False, comment="while open: when its provider is asked again"),
    sa.UniqueConstraint("provider", "reference"),
    sa.CheckConstraint(f"state in {DISPUTE_STATES}", name="state_known"),
    sa.CheckConstraint("(state in ('won', 'lost')) = (ended_us is not null)", name="ended_is_dated"),
    sa.CheckConstraint("amount_minor > 0 and held_minor between 0 and amount_minor", name="held_fits"),
    sa.CheckConstraint("(held_minor > 0) = (hold_id is not null)", name="hold_is_posted"),
    sa.CheckConstraint("fee_minor >= 0 and (fee_minor > 0) = (fee_currency is not null)", name="fee_has_currency"),
    sa.CheckConstraint("length(reason) between 1 and 200", name="reason_1_to_200"),
    sa.Index("disputes_open", "next_check_us", postgresql_where=sa.text("ended_us is null")),
)
