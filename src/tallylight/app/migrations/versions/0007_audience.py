"""Creates chat."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "chat_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("viewer_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the viewer's own random id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time of the frame it was written to"),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("char_length(name) between 1 and 40", name=op.f("ck_chat_message_name_1_to_40_characters")),
        sa.CheckConstraint(
            "char_length(text) between 1 and 300", name=op.f("ck_chat_message_text_1_to_300_characters")
        ),
        sa.ForeignKeyConstraint(["hidden_by"], ["person.id"], name=op.f("fk_chat_message_hidden_by_person")),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_chat_message_show_id_show")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_message")),
    )
    op.create_index("ix_chat_message_show_id_id", "chat_message", ["show_id", "id"], unique=False)
