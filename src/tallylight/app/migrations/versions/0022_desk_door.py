"""Says where the holder of a sale desk takes the requests of other processes."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column(
        "sale_desk",
        sa.Column("door", sa.Text(), nullable=True, comment="host:port at which the holder takes others' requests"),
    )
    op.add_column(
        "sale_desk",
        sa.Column("door_key", sa.LargeBinary(), nullable=True, comment="what they show there; new with every process"),
    )
