"""Notes of which recordings the viewers' store has a whole copy."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column(
        "recording",
        sa.Column(
            "stored", sa.Boolean(), server_default=sa.false(), nullable=False, comment="whole in the viewers' store"
        ),
    )
