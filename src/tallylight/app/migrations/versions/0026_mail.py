"""Creates e-mail to buyers: what is due, how far orders were looked through, links in mails."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True, comment="null: the receipt"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_us", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state in ('waiting', 'due', 'sent', 'failed', 'dropped')", name=op.f("ck_mail_state_known")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_mail_order_id_customer_order")),
        sa.ForeignKeyConstraint(["refund_id"], ["order_refund.id"], name=op.f("fk_mail_refund_id_order_refund")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("refund_id", name=op.f("uq_mail_refund_id")),
    )
    op.create_index("one_receipt", "mail", ["order_id"], unique=True, postgresql_where=sa.text("refund_id is null"))
    op.create_index("mail_to_do", "mail", ["next_try_us"], postgresql_where=sa.text("state in ('waiting', 'due')"))
    op.create_table(
        "mail_progress",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("through_number", sa.BigInteger(), nullable=False, comment="orders up to this one have their mail"),
        sa.Column("since_us", sa.BigInteger(), nullable=False, comment="wall time; nothing older is written about"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_mail_progress_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_mail_progress")),
    )
    op.create_table(
        "receipt_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the token in a mail's link"),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_receipt_link_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_receipt_link")),
    )
    op.create_index(op.f("ix_receipt_link_order_id"), "receipt_link", ["order_id"])
