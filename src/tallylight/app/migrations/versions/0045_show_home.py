"""Which media process carries which show."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.create_table(
        "show_home",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("home", sa.Text(), nullable=False, comment="the media process that takes its camera in"),
        sa.Column("wanted", sa.Text(), nullable=True, comment="the one that it is to move to"),
        sa.Column("broadcast_id", sa.Uuid(), nullable=True, comment="while it is on air"),
        sa.Column("air", sa.Text(), nullable=True, comment="the one that viewers fetch from; null: its home"),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_show_home")),
    )
    op.create_index(op.f("ix_show_home_broadcast_id"), "show_home", ["broadcast_id"])
    op.create_table(
        "media_process",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("process_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False, comment="where its equals reach it"),
        sa.Column("http_port", sa.Integer(), nullable=False),
        sa.Column("rtmp_port", sa.Integer(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
        sa.Column("beat_us", sa.BigInteger(), nullable=False, comment="wall time at which it last wrote this row"),
        sa.Column("cpu_permille", sa.Integer(), nullable=False, comment="of one core, over the last seconds"),
        sa.Column("draining", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_media_process")),
    )
