"""Follows disputed payments to their end."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"

_PURPOSES = (
    "'customer_payment', 'subtotal', 'seller_discount', 'platform_discount', 'creator_discount', 'supplier_discount',"
    " 'shipping', 'tax', 'tax_included', 'affiliate_commission', 'affiliate_ads_commission', 'referral_fee',"
    " 'transaction_fee', 'co_funded_service_fee', 'flash_sale_service_fee', 'refund_administration_fee',"
    " 'dispute_fee', 'adjustment', 'reserve', 'reserve_held', 'payout', 'cash'"
)
_TRANSFER_KINDS = (
    "'sale', 'commission', 'fee', 'reserve', 'refund', 'chargeback', 'commission_refund', 'fee_refund',"
    " 'reserve_release', 'reinstatement', 'dispute_hold', 'dispute_release', 'adjustment', 'payout', 'collection',"
    " 'correction'"
)


def _widen(table: str, column: str, name: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} in ({values})")


def upgrade() -> None:
    _widen("account", "purpose", "purpose_known", _PURPOSES)
    _widen("transfer", "kind", "kind_known", _TRANSFER_KINDS)
    op.create_table(
        "order_dispute",
        sa.Column(
            "id",
            sa.Uuid(),
            nullable=False,
            comment="made of the provider's own name for it; a loss books under it",
        ),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False, comment="the provider's name for it"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="what the bank wants back"),
        sa.Column(
            "held_minor", sa.BigInteger(), nullable=False, comment="of it, what was left of the order: held back"
        ),
        sa.Column("hold_id", sa.Uuid(), nullable=True, comment="the transfer that holds it; null: nothing was left"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_currency", sa.CHAR(length=3), nullable=True),
        sa.Column("opened_us", sa.BigInteger(), nullable=False, comment="when we heard of it; wall time, microseconds"),
        sa.Column("evidence_us", sa.BigInteger(), nullable=True),
        sa.Column("evidence_by", sa.Uuid(), nullable=True, comment="null: the provider said so"),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column(
            "next_check_us", sa.BigInteger(), nullable=False, comment="while open: when its provider is asked again"
        ),
        sa.Column("problem", sa.Text(), nullable=True, comment="what a person has to put right"),
        sa.CheckConstraint(
            "state in ('opened', 'evidence_sent', 'won', 'lost')", name=op.f("ck_order_dispute_state_known")
        ),
        sa.CheckConstraint(
            "(state in ('won', 'lost')) = (ended_us is not null)", name=op.f("ck_order_dispute_ended_is_dated")
        ),
        sa.CheckConstraint(
            "amount_minor > 0 and held_minor between 0 and amount_minor", name=op.f("ck_order_dispute_held_fits")
        ),
        sa.CheckConstraint("(held_minor > 0) = (hold_id is not null)", name=op.f("ck_order_dispute_hold_is_posted")),
        sa.CheckConstraint(
            "fee_minor >= 0 and (fee_minor > 0) = (fee_currency is not null)",
            name=op.f("ck_order_dispute_fee_has_currency"),
        ),
        sa.CheckConstraint("length(reason) between 1 and 200", name=op.f("ck_order_dispute_reason_1_to_200")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_order_dispute_order_id_customer_order")
        ),
        sa.ForeignKeyConstraint(["evidence_by"], ["person.id"], name=op.f("fk_order_dispute_evidence_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_dispute")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_order_dispute_provider_reference")),
    )
    op.create_index(op.f("ix_order_dispute_order_id"), "order_dispute", ["order_id"])
    op.create_index("disputes_open", "order_dispute", ["next_check_us"], postgresql_where=sa.text("ended_us is null"))
    op.create_table(
        "test_dispute",
        sa.Column("id", sa.Text(), nullable=False, comment="the test provider's own book"),
        sa.Column("charge_key", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state in ('inquiry', 'opened', 'evidence_sent', 'won', 'lost')", name=op.f("ck_test_dispute_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_test_dispute")),
    )
