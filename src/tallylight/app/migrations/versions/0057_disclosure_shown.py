"""To how many viewers it is shown that the host is paid, beside how many look at each product."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"


def upgrade() -> None:
    op.add_column(
        "item_viewers_part",
        sa.Column("disclosure_asked", sa.LargeBinary(), comment="HyperLogLog: who is to see that the host is paid"),
    )
    op.add_column("item_viewers_part", sa.Column("disclosure_shown", sa.LargeBinary(), comment="HyperLogLog: who does"))
    op.add_column(
        "item_viewers",
        sa.Column("disclosure_asked", sa.Integer(), comment="viewers who were to see that the host is paid"),
    )
    op.add_column("item_viewers", sa.Column("disclosure_shown", sa.Integer(), comment="viewers who did"))
