"""Hosts sign in with a role of their own, which opens the host's screen and the studio alone."""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_membership_role_known"), "membership", type_="check")
    op.create_check_constraint(
        op.f("ck_membership_role_known"),
        "membership",
        "role in ('owner', 'producer', 'compliance', 'finance', 'host')",
    )
