"""The test provider's bank asks its customers (3-D Secure)."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.add_column(
        "test_charge",
        sa.Column(
            "secret", sa.Text(), nullable=True, comment="who knows it answers the bank for the buyer (3-D Secure)"
        ),
    )
    op.drop_constraint(op.f("ck_test_charge_state_known"), "test_charge", type_="check")
    op.create_check_constraint(
        op.f("ck_test_charge_state_known"),
        "test_charge",
        "state in ('challenged', 'authorised', 'captured', 'declined', 'voided')",
    )
