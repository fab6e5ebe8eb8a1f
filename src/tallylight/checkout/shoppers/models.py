"""Tables of shoppers' accounts. Wall times in microseconds."""

import sqlalchemy as sa

from tallylight.foundation.database import Json, metadata

LINK_STATES = ("waiting", "sent", "failed")

shopper = sa.Table(
    "shopper",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("email", sa.Text, nullable=False, comment="lower case; its owner has opened a link sent there"),
    sa.Column("created_us", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("shop_id", "email"),
)

shopper_link = sa.Table(
    "shopper_link",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("email", sa.Text, nullable=False, comment="lower case; whether an account has it is not looked at"),
    sa.Column("show_slug", sa.Text, nullable=True, comment="the show that its reader came from"),
    sa.Column("asked_us", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="of its mail"),
    sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("next_try_us", sa.BigInteger, nullable=False),
    sa.Column("token_hash", sa.LargeBinary, nullable=True, unique=True, comment="of the newest mail's link"),
    sa.Column("expires_us", sa.BigInteger, nullable=True),
    sa.Column("used_us", sa.BigInteger, nullable=True),
    sa.CheckConstraint(f"state in {LINK_STATES}", name="state_known"),
    sa.Index("ix_shopper_link_shop_id_email_asked_us", "shop_id", "email", "asked_us"),
    sa.Index("shopper_links_to_send", "next_try_us", postgresql_where=sa.text("state = 'waiting'")),
    sa.Index("ix_shopper_link_asked_us", "asked_us"),
)

shopper_session = sa.Table(
    "shopper_session",
    metadata,
    sa.Column("token_hash", sa.LargeBinary, primary_key=True),
    sa.Column("shopper_id", sa.ForeignKey(shopper.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("csrf_token", sa.Text, nullable=False),
    sa.Column("opened_us", sa.BigInteger, nullable=False),
    sa.Column("expires_us", sa.BigInteger, nullable=False),
)

buyer_order = sa.Table(
    "buyer_order",
    metadata,
    sa.Column("buyer_hash", sa.LargeBinary, primary_key=True, comment="of the shop and the e-mail"),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("order_id", sa.Uuid, nullable=False),
    comment="whose order is which, noted behind the sale: the sale itself keeps no index for it",
)

buyer_order_progress = sa.Table(
    "buyer_order_progress",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("through_number", sa.BigInteger, nullable=False, comment="orders up to this one are noted"),
)

shopper_address = sa.Table(
    "shopper_address",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shopper_id", sa.ForeignKey(shopper.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False, comment="whom the parcel is for"),
    sa.Column("address", Json, nullable=False, comment="checkout.schemas.Address"),
    sa.Column("is_default", sa.Boolean, nullable=False),
    sa.Column("changed_us", sa.BigInteger, nullable=False),
    sa.Index("one_default_address", "shopper_id", unique=True, postgresql_where=sa.text("is_default")),
)

shopper_deletion = sa.Table(
    "shopper_deletion",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("buyer_hash", sa.LargeBinary, nullable=False, index=True, comment="of the shop and the e-mail"),
    sa.Column("through_number", sa.BigInteger, nullable=False, comment="orders up to this one are meant"),
    sa.Column("asked_us", sa.BigInteger, nullable=False),
    comment="accounts that are deleted and whose orders still name their buyer; a row goes with its last order",
)
