"""Creates the receipts of live orders."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "moment_receipt",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="JSON, byte for byte what the hash is of"),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("has_clip", sa.Boolean(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_moment_receipt_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_moment_receipt")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.execute(
        "create trigger moment_receipt_append_only before update or delete or truncate on moment_receipt"
        " for each statement execute function refuse_change()"
    )
    op.execute("revoke update, delete, truncate on moment_receipt from current_user")
