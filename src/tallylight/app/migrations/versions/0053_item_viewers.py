"""How many viewers have each product of a show open or in the bag, by time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0053"
down_revision = "0052"


def upgrade() -> None:
    op.create_table(
        "item_viewers_part",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("process", sa.Uuid(), nullable=False, comment="the web process that counts, new with each start"),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="wall time at which it was written"),
        sa.Column("product_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("sketches", postgresql.ARRAY(sa.LargeBinary()), nullable=False, comment="HyperLogLog, one a product"),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_item_viewers_part_show_id_show")),
        sa.PrimaryKeyConstraint("show_id", "process", name=op.f("pk_item_viewers_part")),
        comment="who looks at which product now, as each process last saw it",
    )
    op.create_table(
        "item_viewers",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="the end of a turn of five seconds"),
        sa.Column("product_ids", postgresql.ARRAY(sa.Uuid()), nullable=False, comment="those that anybody looks at"),
        sa.Column(
            "viewers",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="with the product open or in the bag",
        ),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_item_viewers_show_id_show")),
        sa.PrimaryKeyConstraint("show_id", "at_us", name=op.f("pk_item_viewers")),
        comment="one row a turn; kept for a week",
    )
