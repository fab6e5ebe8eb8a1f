"""How a shop's shows withhold: a look belongs to a show, or to a shop for all shows that have none of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"


def upgrade() -> None:
    op.alter_column(
        "air_look", "show_id", new_column_name="owner_id", existing_type=sa.Uuid(), comment="a show or a shop"
    )
