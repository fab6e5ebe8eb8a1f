"""Creates stream addresses and recordings."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "stream_address",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False, comment="unguessable part of every live URL of this broadcast"),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_stream_address")),
    )
    op.create_table(
        "recording",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="aired: what viewers got; original: as the camera sent it"
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=True, comment="programme time of its first picture"),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("segments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("kind in ('aired', 'original')", name=op.f("ck_recording_kind_known")),
        sa.CheckConstraint(
            "state in ('recording', 'complete', 'incomplete', 'empty')", name=op.f("ck_recording_state_known")
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "kind", name=op.f("pk_recording")),
    )
