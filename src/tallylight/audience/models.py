"""Tables of the audience room."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from tallylight.foundation.database import metadata

chat_message = sa.Table(
    "chat_message",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("show_id", sa.ForeignKey("show.id"), nullable=False),
    sa.Column("viewer_hash", sa.LargeBinary, nullable=False, comment="sha-256 of the viewer's own random id"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time of the frame it was written to"),
    sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
    sa.Column("hidden_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("char_length(name) between 1 and 40", name="name_1_to_40_characters"),
    sa.CheckConstraint("char_length(text) between 1 and 300", name="text_1_to_300_characters"),
    sa.Index("ix_chat_message_show_id_id", "show_id", "id"),
)

viewer_count = sa.Table(
    "viewer_count",
    metadata,
    sa.Column("broadcast_id", sa.ForeignKey("broadcast.id"), primary_key=True),
    sa.Column("process", sa.Uuid, primary_key=True, comment="the web process that counts, new with each start"),
    sa.Column("peaks", pg.ARRAY(sa.Integer), nullable=False, comment="the most at once, by minute on air"),
    sa.Column("watched_us", pg.ARRAY(sa.BigInteger), nullable=False, comment="all viewers' time, by minute on air"),
    sa.Column("viewers", sa.LargeBinary, nullable=False, comment="HyperLogLog sketch: counts, and names nobody"),
    comment="what each process has counted so far; gone once the broadcast has its broadcast_audience",
)

broadcast_audience = sa.Table(
    "broadcast_audience",
    metadata,
    sa.Column("broadcast_id", sa.ForeignKey("broadcast.id"), primary_key=True),
    sa.Column("viewers", sa.Integer, nullable=False, comment="different ones, by a sketch: within 2 % or so"),
    sa.Column("peak", sa.Integer, nullable=False, comment="the most at once"),
    sa.Column("watched_us", sa.BigInteger, nullable=False, comment="all viewers' time together"),
    sa.Column("by_minute", pg.ARRAY(sa.Integer), nullable=False, comment="the most at once, by minute on air"),
    sa.Column("counted_us", sa.BigInteger, nullable=False, comment="wall time at which it was added up"),
    sa.CheckConstraint("viewers >= 0 and peak >= 0 and watched_us >= 0", name="not_negative"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

item_viewers_part = sa.Table(
    "item_viewers_part",
    metadata,
    sa.Column("show_id", sa.ForeignKey("show.id"), primary_key=True),
    sa.Column("process", sa.Uuid, primary_key=True, comment="the web process that counts, new with each start"),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="wall time at which it was written"),
    sa.Column("product_ids", pg.ARRAY(sa.Uuid), nullable=False),
    sa.Column("sketches", pg.ARRAY(sa.LargeBinary), nullable=False, comment="HyperLogLog, one a product"),
    sa.Column("disclosure_asked", sa.LargeBinary, comment="HyperLogLog: who is to see that the host is paid"),
    sa.Column("disclosure_shown", sa.LargeBinary, comment="HyperLogLog: who does"),
    comment="who looks at which product now, as each process last saw it",
)

item_viewers = sa.Table(
    "item_viewers",
    metadata,
    sa.Column("show_id", sa.ForeignKey("show.id"), primary_key=True),
    sa.Column("at_us", sa.BigInteger, primary_key=True, comment="the end of a turn of five seconds"),
    sa.Column("product_ids", pg.ARRAY(sa.Uuid), nullable=False, comment="those that anybody looks at"),
    sa.Column("viewers", pg.ARRAY(sa.Integer), nullable=False, comment="with the product open or in the bag"),
    sa.Column("disclosure_asked", sa.Integer, comment="viewers who were to see that the host is paid"),
    sa.Column("disclosure_shown", sa.Integer, comment="viewers who did"),
    comment="one row a turn; kept for a week",
)
