"""Tables of the audience room."""

import sqlalchemy as sa

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
