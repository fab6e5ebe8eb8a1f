"""Exchanges for something else, paid by the buyer where it is dearer."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"

_BECAUSE = "('sold_out', 'deal_limit_reached', 'buyer_limit_reached', 'budget_exhausted', 'deal_over', 'exchange_over')"


def upgrade() -> None:
    op.drop_constraint(op.f("ck_customer_order_cancelled_because_known"), "customer_order", type_="check")
    op.create_check_constraint(
        op.f("ck_customer_order_cancelled_because_known"), "customer_order", f"cancelled_because in {_BECAUSE}"
    )
    op.add_column(
        "order_refund",
        sa.Column(
            "credited_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="of it, what pays for an exchange",
        ),
    )
    op.create_check_constraint(
        op.f("ck_order_refund_credited_fits"), "order_refund", "credited_minor between 0 and amount_minor"
    )
    op.create_table(
        "order_exchange",
        sa.Column("order_id", sa.Uuid(), nullable=False, comment="what the buyer gets instead; written with it"),
        sa.Column("of_order_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=False, comment="of the return that is booked once it is paid"),
        sa.Column("lines", sa.JSON(), nullable=False, comment="what comes back: position, quantity, restock"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(3), nullable=False),
        sa.Column("worth_minor", sa.BigInteger(), nullable=False, comment="what was paid for what comes back"),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False, comment="of it, what pays for the new order"),
        sa.Column("made_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False, comment="of the request that the id stands for"),
        sa.Column("charge_key", sa.Uuid(), nullable=True, comment="of the try to pay; null: none, or it failed"),
        sa.Column(
            "paying_until_us", sa.BigInteger(), nullable=True, comment="wall time; until then a try has it for itself"
        ),
        sa.CheckConstraint("credit_minor between 0 and worth_minor", name=op.f("ck_order_exchange_credit_fits")),
        sa.CheckConstraint("length(reason) between 1 and 300", name=op.f("ck_order_exchange_reason_1_to_300")),
        sa.ForeignKeyConstraint(
            ["of_order_id"], ["customer_order.id"], name=op.f("fk_order_exchange_of_order_id_customer_order")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_order_exchange_made_by_person")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_exchange")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_order_exchange_refund_id")),
    )
    op.create_index(op.f("ix_order_exchange_of_order_id"), "order_exchange", ["of_order_id"])
    op.create_table(
        "exchange_attempt",
        sa.Column("key", sa.Uuid(), nullable=False, comment="of the charge at its provider"),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order_exchange.order_id"], name=op.f("fk_exchange_attempt_order_id_order_exchange")
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_exchange_attempt")),
    )
    op.create_index(op.f("ix_exchange_attempt_order_id"), "exchange_attempt", ["order_id"])
    op.create_table(
        "order_credit",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column(
            "charge_order_id", sa.Uuid(), nullable=False, comment="whose payment pays for this much of the order"
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_order_credit_amount_positive")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["order_exchange.order_id"], name=op.f("fk_order_credit_order_id_order_exchange")
        ),
        sa.PrimaryKeyConstraint("order_id", "charge_order_id", name=op.f("pk_order_credit")),
    )
    op.create_table(
        "order_refund_part",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("charge_order_id", sa.Uuid(), nullable=False, comment="whose payment it goes back from"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "credited_minor", sa.BigInteger(), nullable=False, comment="of it, what pays for another order instead"
        ),
        sa.CheckConstraint(
            "credited_minor between 0 and amount_minor and amount_minor > 0",
            name=op.f("ck_order_refund_part_credited_fits"),
        ),
        sa.ForeignKeyConstraint(
            ["refund_id"], ["order_refund.id"], name=op.f("fk_order_refund_part_refund_id_order_refund")
        ),
        sa.PrimaryKeyConstraint("refund_id", "charge_order_id", name=op.f("pk_order_refund_part")),
        comment="of orders that other orders' payments paid for as well",
    )
    op.add_column(
        "mail",
        sa.Column("asks", sa.Boolean(), server_default="false", nullable=False, comment="to pay for an exchange"),
    )
    op.drop_index("one_receipt", "mail")
    op.create_index(
        "one_receipt", "mail", ["order_id", "asks"], unique=True, postgresql_where=sa.text("refund_id is null")
    )
