"""Keeps where a show is sent on to, besides its own page."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "relay_destination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="as people call it"),
        sa.Column("server", sa.Text(), nullable=False, comment="rtmp[s]://host/app, without the key"),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False, comment="the stream key, sealed for this id"),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.CheckConstraint("length(name) between 1 and 60", name=op.f("ck_relay_destination_name_1_to_60")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay_destination")),
    )
    op.create_index(op.f("ix_relay_destination_show_id"), "relay_destination", ["show_id"])
