"""Creates what payment providers told, and the books of the adapters."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "stripe_intent",
        sa.Column("key", sa.Text(), nullable=False, comment="the order's id"),
        sa.Column("intent_id", sa.Text(), nullable=False, comment="Stripe's name for it"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_stripe_intent")),
        sa.UniqueConstraint("intent_id", name=op.f("uq_stripe_intent_intent_id")),
    )
    op.create_table(
        "payment_event",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False, comment="the provider's own; it tells repeats apart"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.Column("times", sa.Integer(), server_default="1", nullable=False, comment="how often it came"),
        sa.Column("done_us", sa.BigInteger(), nullable=True, comment="null: it came and was not acted on to the end"),
        sa.Column("problem", sa.Text(), nullable=True, comment="why nothing could be done about it"),
        sa.CheckConstraint("kind in ('payment', 'dispute', 'other')", name=op.f("ck_payment_event_kind_known")),
        sa.PrimaryKeyConstraint("provider", "event_id", name=op.f("pk_payment_event")),
    )
    op.create_index("ix_payment_event_received_us", "payment_event", ["received_us"])
    op.create_table(
        "test_transfer",
        sa.Column("key", sa.Text(), nullable=False, comment="the test provider's own book, by idempotency key"),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_test_transfer")),
    )
