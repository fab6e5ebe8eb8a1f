"""Tables of the record's afterlife. Broadcasts and products are named by id only: evidence outlives them."""

import sqlalchemy as sa

from tallylight.foundation.database import Json, metadata

PROMISE_KINDS = ("deadline", "stock", "last chance", "lowest price")
PROMISE_VERDICTS = ("open", "kept", "broken", "unknown")

retention_policy = sa.Table(
    "retention_policy",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("days", sa.Integer, nullable=False, comment="how long recordings, transcripts and evidence are kept"),
    sa.Column("set_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("set_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.CheckConstraint("days between 30 and 36500", name="days_30_to_36500"),
)

legal_hold = sa.Table(
    "legal_hold",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("broadcast_id", sa.Uuid, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("placed_by", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("placed_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("lifted_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("lifted_us", sa.BigInteger, nullable=True),
    sa.Column("lifted_reason", sa.Text, nullable=True),
    sa.CheckConstraint("length(reason) between 1 and 500", name="reason_1_to_500"),
    sa.CheckConstraint(
        "(lifted_us is null) = (lifted_by is null) and (lifted_us is null) = (lifted_reason is null)",
        name="lifting_whole",
    ),
    sa.Index("one_legal_hold", "broadcast_id", unique=True, postgresql_where=sa.text("lifted_us is null")),
)

aftercare = sa.Table(
    "aftercare",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("stops_cut_us", sa.BigInteger, nullable=True, comment="the stops' sound was cut and put on record"),
    sa.Column("promises_noted_us", sa.BigInteger, nullable=True, comment="promises were read off the transcript"),
    sa.Column("emptied_us", sa.BigInteger, nullable=True, comment="the retention act; wall time, microseconds"),
    sa.Column("files_deleted_us", sa.BigInteger, nullable=True, comment="the recordings went after it"),
    comment="how far the work after a broadcast has come, so that a job that was killed goes on",
)

promise = sa.Table(
    "promise",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("broadcast_id", sa.Uuid, nullable=False),
    sa.Column("product_id", sa.Uuid, nullable=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("quote", sa.Text, nullable=False),
    sa.Column("said_us", sa.BigInteger, nullable=False, comment="programme time of its first word"),
    sa.Column("facts", Json, nullable=False, comment="the product's facts at the words"),
    sa.Column("horizon_us", sa.BigInteger, nullable=False, comment="looked at until then"),
    sa.Column("verdict", sa.Text, nullable=False, server_default="open"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("looked_us", sa.BigInteger, nullable=True, comment="wall time of the last look"),
    sa.CheckConstraint(f"kind in {PROMISE_KINDS}", name="kind_known"),
    sa.CheckConstraint(f"verdict in {PROMISE_VERDICTS}", name="verdict_known"),
    sa.Index("ix_promise_broadcast_id_said_us", "broadcast_id", "said_us"),
    sa.Index("ix_promise_open", "horizon_us", postgresql_where=sa.text("verdict = 'open'")),
)
