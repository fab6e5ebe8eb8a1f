"""Tables of the shows room. Products and deals are named by id only: a cue outlives what it points at."""

import sqlalchemy as sa

from tallylight.foundation.database import Json, metadata

PAID_HOW = ("commission", "fee", "goods", "employed")

show = sa.Table(
    "show",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("slug", sa.Text, nullable=False, unique=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("host_name", sa.Text, nullable=False),
    sa.Column("host_person_id", sa.ForeignKey("person.id"), nullable=True, comment="null: a guest, known by name"),
    sa.Column("host_is_paid", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("creator_commission_bps", sa.Integer, nullable=False, server_default="0"),
    sa.Column("market", sa.Text, nullable=False, server_default="us-en"),
    sa.Column("delay_ms", sa.Integer, nullable=False, server_default="8000"),
    sa.Column("fail_open", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column(
        "hold_policy",
        sa.Text,
        nullable=False,
        server_default="bleep",
        comment="what an undecided hold becomes",
    ),
    sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("delay_ms between 0 and 30000", name="delay_0_to_30_s"),
    sa.CheckConstraint("hold_policy in ('bleep', 'clear')", name="hold_policy_known"),
    sa.CheckConstraint("creator_commission_bps between 0 and 8000", name="commission_0_to_80_percent"),
)

creator_contract = sa.Table(
    "creator_contract",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False, index=True),
    sa.Column("creator_name", sa.Text, nullable=False, comment="as shows name their host"),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=True, comment="null: a guest, known by name"),
    sa.Column("payer_name", sa.Text, nullable=False, comment="the brand or shop that pays"),
    sa.Column("paid_how", sa.Text, nullable=False),
    sa.Column("from_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("until_us", sa.BigInteger, nullable=True, comment="null: until it is ended"),
    sa.Column("recorded_by", sa.ForeignKey("person.id"), nullable=True, comment="null: the installation's operator"),
    sa.Column("recorded_us", sa.BigInteger, nullable=False),
    sa.Column("ended_by", sa.ForeignKey("person.id"), nullable=True, comment="who set until_us after it was recorded"),
    sa.CheckConstraint("length(creator_name) between 1 and 80", name="creator_1_to_80"),
    sa.CheckConstraint("length(payer_name) between 1 and 80", name="payer_1_to_80"),
    sa.CheckConstraint(f"paid_how in {PAID_HOW}", name="paid_how_known"),
    sa.CheckConstraint("until_us >= from_us", name="forward"),
)

paid_ruling = sa.Table(
    "paid_ruling",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("show_id", sa.ForeignKey(show.c.id), nullable=False),
    sa.Column("paid", sa.Boolean, nullable=True, comment="null: the contract decides again"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("ruled_by", sa.ForeignKey("person.id"), nullable=True, comment="null: the installation's operator"),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="wall time from which it holds"),
    sa.CheckConstraint("length(reason) between 1 and 200", name="reason_1_to_200"),
    sa.Index("ix_paid_ruling_show_id_at_us", "show_id", "at_us"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

show_product = sa.Table(
    "show_product",
    metadata,
    sa.Column("show_id", sa.ForeignKey(show.c.id), primary_key=True),
    sa.Column("product_id", sa.Uuid, primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
)

cue = sa.Table(
    "cue",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("show_id", sa.ForeignKey(show.c.id), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("line", sa.Text, nullable=False, server_default="", comment="what the host is to say here"),
    sa.Column("product_id", sa.Uuid, nullable=True),
    sa.Column("deal_id", sa.Uuid, nullable=True),
    sa.UniqueConstraint("show_id", "position"),
    sa.CheckConstraint("kind in ('pin', 'unpin', 'deal', 'note')", name="kind_known"),
)

broadcast = sa.Table(
    "broadcast",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("show_id", sa.ForeignKey(show.c.id), nullable=False),
    sa.Column("delay_ms", sa.Integer, nullable=False),
    sa.Column("started_us", sa.BigInteger, nullable=False, comment="programme time of the first sample"),
    sa.Column("ended_us", sa.BigInteger, nullable=True),
    sa.Index("one_broadcast_on_air", "show_id", unique=True, postgresql_where=sa.text("ended_us is null")),
)

cue_firing = sa.Table(
    "cue_firing",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("show_id", sa.ForeignKey(show.c.id), nullable=False),
    sa.Column("broadcast_id", sa.ForeignKey(broadcast.c.id), nullable=True),
    sa.Column("cue_id", sa.ForeignKey(cue.c.id), nullable=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("product_id", sa.Uuid, nullable=True),
    sa.Column("deal_id", sa.Uuid, nullable=True),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time from which it holds"),
    sa.Column("fired_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Index("ix_cue_firing_show_id_at_us", "show_id", "at_us"),
)

gate_command = sa.Table(
    "gate_command",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("show_id", sa.ForeignKey(show.c.id), nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="clear, bleep, cover (of a finding), panic, uncover"),
    sa.Column("finding_id", sa.Uuid, nullable=True),
    sa.Column("payload", Json, nullable=False, server_default="{}"),
    sa.Column("given_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("given_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Index("ix_gate_command_show_id_id", "show_id", "id"),
)
