"""Shoppers' accounts: links, sessions, and whose order is which."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.create_table(
        "shopper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="lower case; its owner has opened a link sent there"),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shopper_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shopper")),
        sa.UniqueConstraint("shop_id", "email", name=op.f("uq_shopper_shop_id_email")),
    )
    op.create_table(
        "shopper_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="lower case; whether an account has it is not looked at"),
        sa.Column("show_slug", sa.Text(), nullable=True, comment="the show that its reader came from"),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="of its mail"),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_us", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True, comment="of the newest mail's link"),
        sa.Column("expires_us", sa.BigInteger(), nullable=True),
        sa.Column("used_us", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed')", name=op.f("ck_shopper_link_state_known")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shopper_link_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shopper_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_shopper_link_token_hash")),
    )
    op.create_index("ix_shopper_link_shop_id_email_asked_us", "shopper_link", ["shop_id", "email", "asked_us"])
    op.create_index(
        "shopper_links_to_send", "shopper_link", ["next_try_us"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index("ix_shopper_link_asked_us", "shopper_link", ["asked_us"])
    op.create_table(
        "shopper_session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("shopper_id", sa.Uuid(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.Column("expires_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shopper_id"], ["shopper.id"], name=op.f("fk_shopper_session_shopper_id_shopper"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_shopper_session")),
    )
    op.create_index(op.f("ix_shopper_session_shopper_id"), "shopper_session", ["shopper_id"])
    op.create_table(
        "buyer_order",
        sa.Column("buyer_hash", sa.LargeBinary(), nullable=False, comment="of the shop and the e-mail"),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("buyer_hash", "number", name=op.f("pk_buyer_order")),
        comment="whose order is which, noted behind the sale: the sale itself keeps no index for it",
    )
    op.create_table(
        "buyer_order_progress",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("through_number", sa.BigInteger(), nullable=False, comment="orders up to this one are noted"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_buyer_order_progress_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_buyer_order_progress")),
    )
