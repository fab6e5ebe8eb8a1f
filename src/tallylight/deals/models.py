"""Tables of the deals room. Every deal has an agreement; an agreement may fund many deals, from the same budgets.

The CHECKs on ``sold``/``held`` and ``spent_minor``/``held_minor`` are the last word against oversell and overspend;
the sale desk decides before them, in memory.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from tallylight.foundation.database import Json, metadata

DEAL_KINDS = ("price", "percentage", "amount")
DEAL_FORMS = (
    "creator_live", "live_flash", "campaign", "flash", "discount", "bundle", "buy_get", "tiers", "gift", "threshold",
    "voucher", "creator_code", "free_shipping",
)  # fmt: skip
DEAL_STATES = ("draft", "agreed", "scheduled", "open", "ended")
COUNTS = ("pieces", "orders")
FUNDER_KINDS = ("brand", "platform", "creator", "supplier")
AT_CAP = ("next_funder", "end_deal", "ask")
CAPS = ("budget", "day", "order")
CAP_ANSWERS = ("raised", "kept", "withdrawn")

agreement = sa.Table(
    "agreement",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("standing", sa.Boolean, nullable=False, server_default=sa.false(), comment="false: of one deal alone"),
    sa.Column("from_us", sa.BigInteger, nullable=True, comment="programme time, inclusive"),
    sa.Column("until_us", sa.BigInteger, nullable=True, comment="programme time, exclusive"),
    sa.Column("product_ids", ARRAY(sa.Uuid), nullable=False, server_default="{}", comment="empty: everything"),
    sa.Column("at_cap", sa.Text, nullable=False, server_default="end_deal"),
    sa.Column("steps", Json, nullable=False, server_default="[]", comment="deals.types.GlideStep, by from_us"),
    sa.Column("created_us", sa.BigInteger, nullable=False, server_default="0", comment="wall time, microseconds"),
    sa.CheckConstraint(f"at_cap in {AT_CAP}", name="at_cap_known"),
    sa.CheckConstraint("from_us < until_us", name="forward"),
)

deal = sa.Table(
    "deal",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("agreement_id", sa.ForeignKey(agreement.c.id), nullable=False, index=True),
    sa.Column(
        "product_id", sa.ForeignKey("product.id"), nullable=True, comment="the one product; null: several or all"
    ),
    sa.Column("product_ids", ARRAY(sa.Uuid), nullable=False, server_default="{}", comment="empty: everything"),
    sa.Column("form", sa.Text, nullable=False, server_default="live_flash"),
    sa.Column("conditions", Json, nullable=False, server_default="{}", comment="deals.types.Conditions"),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("price_minor", sa.BigInteger, nullable=True, comment="kind price: what a piece costs"),
    sa.Column("percentage_bps", sa.Integer, nullable=True, comment="kind percentage: off the list price"),
    sa.Column("amount_minor", sa.BigInteger, nullable=True, comment="kind amount: off each piece"),
    sa.Column("duration_s", sa.Integer, nullable=False),
    sa.Column("counts", sa.Text, nullable=False, server_default="pieces", comment="what the limits and sold count"),
    sa.Column("total_limit", sa.Integer, nullable=True, comment="pieces or orders"),
    sa.Column("per_buyer_limit", sa.Integer, nullable=True, comment="pieces or orders"),
    sa.Column("market", sa.Text, nullable=False, server_default="us-en", comment="whose price rules hold"),
    sa.Column("announces", sa.Boolean, nullable=False, server_default=sa.true(), comment="a reduction, struck through"),
    sa.Column("first_paid", sa.Boolean, nullable=True, comment="orders on it hold nothing; null: as the shop does"),
    sa.Column("state", sa.Text, nullable=False, server_default="draft"),
    sa.Column("opens_us", sa.BigInteger, nullable=True, comment="programme time, inclusive"),
    sa.Column("ends_us", sa.BigInteger, nullable=True, comment="programme time, exclusive"),
    sa.Column("ended_reason", sa.Text, nullable=True),
    sa.Column("sold", sa.Integer, nullable=False, server_default="0"),
    sa.Column("held", sa.Integer, nullable=False, server_default="0", comment="reserved for unpaid orders"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint(f"kind in {DEAL_KINDS}", name="kind_known"),
    sa.CheckConstraint(f"state in {DEAL_STATES}", name="state_known"),
    sa.CheckConstraint("(kind = 'price') = (price_minor is not null)", name="price_has_price"),
    sa.CheckConstraint("(kind = 'percentage') = (percentage_bps is not null)", name="percentage_has_percentage"),
    sa.CheckConstraint("(kind = 'amount') = (amount_minor is not null)", name="amount_has_amount"),
    sa.CheckConstraint("price_minor >= 0", name="price_not_negative"),
    sa.CheckConstraint("percentage_bps between 1 and 10000", name="percentage_1_to_10000_bps"),
    sa.CheckConstraint("amount_minor > 0", name="amount_positive"),
    sa.CheckConstraint("duration_s between 10 and 31622400", name="duration_10_s_to_1_year"),
    sa.CheckConstraint(f"form in {DEAL_FORMS}", name="form_known"),
    sa.CheckConstraint(f"counts in {COUNTS}", name="counts_known"),
    sa.CheckConstraint("product_id is null or product_ids = array[product_id]", name="one_product_is_the_product"),
    sa.CheckConstraint("total_limit > 0", name="total_limit_positive"),
    sa.CheckConstraint("per_buyer_limit > 0", name="per_buyer_limit_positive"),
    sa.CheckConstraint("sold >= 0 and held >= 0", name="counts_not_negative"),
    sa.CheckConstraint("sold + held <= total_limit", name="total_limit_holds"),
    sa.CheckConstraint(
        "(state in ('scheduled', 'open', 'ended')) = (opens_us is not null and ends_us is not null)",
        name="open_has_times",
    ),
    sa.Index("ix_deal_shop_id_state", "shop_id", "state"),
    postgresql_with={"fillfactor": "50"},
)

funder = sa.Table(
    "funder",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("agreement_id", sa.ForeignKey(agreement.c.id), nullable=False),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("party_id", sa.ForeignKey("party.id"), nullable=False),
    sa.Column("party_kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("share_bps", sa.Integer, nullable=False, comment="of each discount; an agreement's shares sum to 10000"),
    sa.Column("budget_minor", sa.BigInteger, nullable=False, comment="the cap"),
    sa.Column("spent_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("held_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("cap_order_minor", sa.BigInteger, nullable=True, comment="the most for one order"),
    sa.Column("cap_day_minor", sa.BigInteger, nullable=True, comment="the most on one day, UTC"),
    sa.Column("day", sa.Integer, nullable=False, server_default="0", comment="days since 1970 that day_minor is of"),
    sa.Column("day_minor", sa.BigInteger, nullable=False, server_default="0", comment="spent and held on that day"),
    sa.Column("accepted_us", sa.BigInteger, nullable=True, comment="wall time, microseconds"),
    sa.Column("accepted_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("declined_us", sa.BigInteger, nullable=True, comment="wall time, microseconds"),
    sa.Column("declined_reason", sa.Text, nullable=True),
    sa.UniqueConstraint("agreement_id", "position"),
    sa.UniqueConstraint("agreement_id", "party_id"),
    sa.CheckConstraint("day_minor >= 0", name="day_not_negative"),
    sa.CheckConstraint("day_minor <= cap_day_minor", name="day_cap_holds"),
    sa.CheckConstraint("accepted_us is null or declined_us is null", name="accepted_or_declined"),
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
    sa.Column("buyer_hash", sa.LargeBinary, primary_key=True, comment="of the shop and the e-mail, or of a code"),
    sa.Column("quantity", sa.Integer, nullable=False, comment="pieces or orders, bought or held"),
    sa.Column("quantity_max", sa.Integer, nullable=True, comment="the deal's per_buyer_limit, or the code's"),
    sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    sa.CheckConstraint("quantity <= quantity_max", name="per_buyer_limit_holds"),
    postgresql_with={"fillfactor": "80"},
)

opt_out = sa.Table(
    "opt_out",
    metadata,
    sa.Column("agreement_id", sa.ForeignKey(agreement.c.id), primary_key=True),
    sa.Column("product_id", sa.ForeignKey("product.id"), primary_key=True),
    sa.Column("funder_id", sa.ForeignKey(funder.c.id), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time from which nothing is funded"),
    sa.Column("by_person", sa.ForeignKey("person.id"), nullable=True),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

party_member = sa.Table(
    "party_member",
    metadata,
    sa.Column("party_id", sa.ForeignKey("party.id"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id"), primary_key=True),
    sa.Column("invited_by", sa.ForeignKey("person.id"), nullable=True),
    comment="who may see and decide a party's agreements, and nothing else of the shop",
)

voucher_code = sa.Table(
    "voucher_code",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("code_hash", sa.LargeBinary, primary_key=True, comment="of the shop and the code in capitals"),
    sa.Column("deal_id", sa.ForeignKey(deal.c.id), nullable=False, index=True),
    sa.Column("code", sa.Text, nullable=True, comment="only of a code that everybody may know"),
    sa.Column("uses_max", sa.Integer, nullable=True, comment="null: as often as the deal allows"),
    sa.CheckConstraint("uses_max > 0", name="uses_max_positive"),
)

follower = sa.Table(
    "follower",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("buyer_hash", sa.LargeBinary, primary_key=True, comment="of the shop and the e-mail"),
    sa.Column("followed_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
)

viewer_follow = sa.Table(
    "viewer_follow",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("viewer_hash", sa.LargeBinary, primary_key=True, comment="of the shop and the browser's random id"),
    sa.Column("followed_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("buyer_hash", sa.LargeBinary, nullable=True, comment="whom it counts for, since the first order"),
)

deal_change = sa.Table(
    "deal_change",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("deal_id", sa.ForeignKey(deal.c.id), nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("by_person", sa.ForeignKey("person.id"), nullable=True, comment="null: its time had come"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.CheckConstraint(f"state in {DEAL_STATES}", name="state_known"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

cap_request = sa.Table(
    "cap_request",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("funder_id", sa.ForeignKey(funder.c.id), nullable=False),
    sa.Column("deal_id", sa.ForeignKey(deal.c.id), nullable=False, comment="what stands still"),
    sa.Column("cap", sa.Text, nullable=False),
    sa.Column("cap_minor", sa.BigInteger, nullable=False, comment="as it was when the funder was asked"),
    sa.Column("asked_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("answered_us", sa.BigInteger, nullable=True, comment="wall time, microseconds"),
    sa.Column("answered_by", sa.ForeignKey("person.id"), nullable=True, comment="null: nobody had to"),
    sa.Column("answer", sa.Text, nullable=True),
    sa.CheckConstraint(f"cap in {CAPS}", name="cap_known"),
    sa.CheckConstraint(f"answer in {CAP_ANSWERS}", name="answer_known"),
    sa.CheckConstraint("(answer is null) = (answered_us is null)", name="answered_at_a_time"),
    sa.Index("one_open_request", "funder_id", "deal_id", unique=True, postgresql_where=sa.text("answered_us is null")),
    sa.Index("ix_cap_request_funder_id_asked_us", "funder_id", "asked_us"),
)
