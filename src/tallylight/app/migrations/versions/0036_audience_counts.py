"""How many watched a broadcast, and for how long."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "viewer_count",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("process", sa.Uuid(), nullable=False, comment="the web process that counts, new with each start"),
        sa.Column(
            "peaks", postgresql.ARRAY(sa.Integer()), nullable=False, comment="the most at once, by minute on air"
        ),
        sa.Column(
            "watched_us",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="all viewers' time, by minute on air",
        ),
        sa.Column("viewers", sa.LargeBinary(), nullable=False, comment="HyperLogLog sketch: counts, and names nobody"),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name=op.f("fk_viewer_count_broadcast_id_broadcast")
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "process", name=op.f("pk_viewer_count")),
        comment="what each process has counted so far; gone once the broadcast has its broadcast_audience",
    )
    op.create_table(
        "broadcast_audience",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("viewers", sa.Integer(), nullable=False, comment="different ones, by a sketch: within 2 % or so"),
        sa.Column("peak", sa.Integer(), nullable=False, comment="the most at once"),
        sa.Column("watched_us", sa.BigInteger(), nullable=False, comment="all viewers' time together"),
        sa.Column(
            "by_minute", postgresql.ARRAY(sa.Integer()), nullable=False, comment="the most at once, by minute on air"
        ),
        sa.Column("counted_us", sa.BigInteger(), nullable=False, comment="wall time at which it was added up"),
        sa.CheckConstraint(
            "viewers >= 0 and peak >= 0 and watched_us >= 0", name=op.f("ck_broadcast_audience_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["broadcast_id"], ["broadcast.id"], name=op.f("fk_broadcast_audience_broadcast_id_broadcast")
        ),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_broadcast_audience")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.execute(
        "create trigger broadcast_audience_append_only before update or delete or truncate on broadcast_audience"
        " for each statement execute function refuse_change()"
    )
