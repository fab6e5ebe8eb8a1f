"""Tables of the compliance room. Broadcasts, shows and products are named by id only: evidence outlives them."""

import sqlalchemy as sa

from tallylight.foundation.database import Json, metadata

VERDICTS = ("note", "hold", "block")
DECISIONS = ("clear", "bleep", "cover")
OUTCOMES = ("bleeped", "covered", "cleared", "late")

competitor = sa.Table(
    "competitor",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True, comment="a rival whom hosts may not compare with"),
    sa.CheckConstraint("length(name) between 1 and 100", name="name_1_to_100"),
)

transcript = sa.Table(
    "transcript",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("start_us", sa.BigInteger, primary_key=True, comment="programme time of the first word"),
    sa.Column("end_us", sa.BigInteger, nullable=False),
    sa.Column("words", Json, nullable=False, comment="[{text, start_us, end_us, probability_permille}] in order"),
    sa.CheckConstraint("end_us >= start_us", name="forward"),
)

judged = sa.Table(
    "judged",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("judged_us", sa.BigInteger, nullable=False, comment="heard and judged up to here; only grows"),
)

review_turn = sa.Table(
    "review_turn",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("turn", sa.Integer, nullable=False, comment="grows; what a review writes counts in its own turn"),
)

finding = sa.Table(
    "finding",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("broadcast_id", sa.Uuid, nullable=False),
    sa.Column("show_id", sa.Uuid, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("rule_title", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("quote", sa.Text, nullable=False),
    sa.Column("start_us", sa.BigInteger, nullable=False, comment="programme time of the first violating word"),
    sa.Column("end_us", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("citation", sa.Text, nullable=False),
    sa.Column("facts", Json, nullable=False, comment="live facts compared, as they were at the words"),
    sa.Column("say_instead", sa.Text, nullable=True),
    sa.Column("action", sa.Text, nullable=False, comment="what the gate does unless the desk decides otherwise"),
    sa.Column(
        "decide_by_wall_us", sa.BigInteger, nullable=False, comment="the desk's time is up, just before the words air"
    ),
    sa.Column("decision", sa.Text, nullable=True),
    sa.Column("decided_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("decided_wall_us", sa.BigInteger, nullable=True),
    sa.Column("outcome", sa.Text, nullable=True, comment="what became of the span on air"),
    sa.CheckConstraint(f"verdict in {VERDICTS}", name="verdict_known"),
    sa.CheckConstraint("action in ('bleep', 'cover', 'none')", name="action_known"),
    sa.CheckConstraint(f"decision in {DECISIONS}", name="decision_known"),
    sa.CheckConstraint(f"outcome in {OUTCOMES}", name="outcome_known"),
    sa.CheckConstraint("end_us >= start_us", name="forward"),
    sa.CheckConstraint("(decision is null) = (decided_wall_us is null)", name="decision_whole"),
    sa.Index("ix_finding_broadcast_id_start_us", "broadcast_id", "start_us"),
    sa.Index("ix_finding_show_id_start_us", "show_id", "start_us"),
)

evidence = sa.Table(
    "evidence",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.BigInteger, primary_key=True, comment="1, 2, 3 ... without a gap"),
    sa.Column("prev_hash", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time that it speaks of"),
    sa.Column("payload", Json, nullable=True, comment="null: emptied by a retention act"),
    sa.Column("recorded_us", sa.BigInteger, nullable=False, comment="the database's wall clock"),
    sa.Column(
        "format", sa.SmallInteger, nullable=False, server_default="1", comment="2: the hash commits to payload_sha256"
    ),
    sa.Column("payload_sha256", sa.LargeBinary, nullable=True, comment="format 2: over salt and payload"),
    sa.Column("salt", sa.LargeBinary, nullable=True, comment="goes with the payload"),
    sa.Column("redacted_by", sa.BigInteger, nullable=True, comment="seq of the retention act that emptied it"),
    sa.CheckConstraint("octet_length(hash) = 32 and octet_length(prev_hash) = 32", name="sha256"),
    sa.CheckConstraint("format = 1 or payload_sha256 is not null", name="format_2_commits"),
    sa.CheckConstraint("(payload is null) = (redacted_by is not null)", name="emptied_by_an_act"),
    comment="append-only: triggers refuse UPDATE, DELETE and TRUNCATE, but for what a retention act empties",
)

evidence_head = sa.Table(
    "evidence_head",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    comment="the end of each chain; its row lock orders the writers, and it betrays a tail that was cut off",
)

shop_rule_change = sa.Table(
    "shop_rule_change",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("market", sa.Text, nullable=False),
    sa.Column(
        "change", Json, nullable=False, comment="{kind: add_word, remove_word, set_rule, remove_rule, set_level}"
    ),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column(
        "changed_by", sa.ForeignKey("person.id"), nullable=True, comment="null: the installation's administrator"
    ),
    sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("length(reason) between 5 and 500", name="reason_5_to_500"),
    sa.Index("ix_shop_rule_change_shop_id_market_id", "shop_id", "market", "id"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)
