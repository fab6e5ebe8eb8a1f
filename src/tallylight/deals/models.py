"""Tables of the deals room. A deal's funding agreement is one with the deal: one agreement a deal.

The CHECKs on ``sold``/``held`` and ``spent_minor``/``held_minor`` are the last word against oversell and overspend;
the sale desk decides before them, in memory.
"""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

DEAL_KINDS = ("price", "percentage", "amount")
DEAL_STATES = ("draft", "agreed", "open", "ended")
FUNDER_KINDS = ("brand", "platform", "creator")

deal = sa.Table(
    "deal",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("product_id", sa.ForeignKey("product.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("price_minor", sa.BigInteger, nullable=True, comment="kind price: what a piece costs"),
    sa.Column("percentage_bps", sa.Integer, nullable=True, comment="kind percentage: off the list price"),
    sa.Column("amount_minor", sa.BigInteger, nullable=True, comment="kind amount: off each piece"),
    sa.Column("duration_s", sa.Integer, nullable=False),
    sa.Column("total_limit", sa.Integer, nullable=True, comment="pieces"),
    sa.Column("per_buyer_limit", sa.Integer, nullable=True, comment="pieces"),
    sa.Column("state", sa.Text, nullable=False, server_default="draft"),
    sa.Column("opens_us", sa.BigInteger, nullable=True, comment="programme time, inclusive"),
    sa.Column("ends_us", sa.BigInteger, nullable=True, comment="programme time, exclusive"),
    sa.Column("ended_reason", sa.Text, nullable=True),
    sa.Column("sold", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held", sa.Integer, nullable=False, server_default="0", comment="pieces reserved for unpaid orders"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint(f"kind in {DEAL_KINDS}", name="kind_known"),
    sa.CheckConstraint(f"state in {DEAL_STATES}", name="state_known"),
    sa.CheckConstraint("(kind = 'price') = (price_minor is not null)", name="price_has_price"),
    sa.CheckConstraint("(kind = 'percentage') = (percentage_bps is not null)", name="percentage_has_percentage"),
    sa.CheckConstraint("(kind = 'amount') = (amount_minor is not null)", name="amount_has_amount"),
    sa.CheckConstraint("price_minor >= 0", name="price_not_negative"),
    sa.CheckConstraint("percentage_bps between 1 and 10000", name="percentage_1_to_10000_bps"),
    sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
    sa.CheckConstraint("duration_s between 10 and 86400", name="duration_10_s_to_1_day"),
    sa.CheckConstraint("total_limit > 0", name="total_limit_positive"),
    sa.CheckConstraint("per_buyer_limit > 0", name="per_buyer_limit_positive"),
    sa.CheckConstraint("sold >= 0 and held >= 0", name="counts_not_negative"),
    sa.CheckConstraint("sold + held <= total_limit", name="total_limit_holds"),
    sa.CheckConstraint(
        "(state in ('open', 'ended')) = (opens_us is not null and ends_us is not null)", name="open_has_times"
    ),
    sa.Index("ix_deal_shop_id_state", "shop_id", "state"),
    postgresql_with={"fillfactor": "50"},
)

funder = sa.Table(
    "funder",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("deal_id", sa.ForeignKey(deal.c.id), nullable=False),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("party_id", sa.ForeignKey("party.id"), nullable=False),
    sa.Column("party_kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("share_bps", sa.Integer, nullable=False, comment="of each discount; a deal's shares sum to 10000"),
    sa.Column("budget_minor", sa.BigInteger, nullable=False, comment="the cap"),
    sa.Column("spent_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("held_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("accepted_us", sa.BigInteger, nullable=True, comment="wall time, microseconds"),
    sa.Column("accepted_by", sa.ForeignKey("person.id"), nullable=True),
    sa.UniqueConstraint("deal_id", "position"),
    sa.UniqueConstraint("deal_id", "party_id"),
    sa.CheckConstraint(f"party_kind in {FUNDER_KINDS}", name="party_kind_known"),
    sa.CheckConstraint("share_bps between 1 and 10000", name="share_1_to_10000_bps"),
    sa.CheckConstraint("spent_minor >= 0 and held_minor >= 0", name="spent_and_held_not_negative"),
    sa.CheckConstraint("spent_minor + held_minor <= budget_minor", name="budget_holds"),
    postgresql_with={"fillfactor": "50"},
)

deal_buyer = sa.Table(
    "deal_buyer",
    metadata,
    sa.Column("deal_id", sa.Uuid, primary_key=True),
    sa.Column("buyer_hash", sa.LargeBinary, primary_key=True, comment="sha-256 of the shop and the e-mail"),
    sa.Column("quantity", sa.Integer, nullable=False, comment="pieces bought or held"),
    sa.Column("quantity_max", sa.Integer, nullable=True, comment="the deal's per_buyer_limit"),
    sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    sa.CheckConstraint("quantity <= quantity_max", name="per_buyer_limit_holds"),
    postgresql_with={"fillfactor": "80"},
)
