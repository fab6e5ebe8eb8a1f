"""Tables of e-mail: what is to be sent to buyers and funders, how far each shop's orders were looked through."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

MAIL_STATES = ("waiting", "due", "sent", "failed", "dropped")

mail = sa.Table(
    "mail",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("order_id", sa.ForeignKey("customer_order.id"), nullable=False),
    sa.Column("refund_id", sa.ForeignKey("order_refund.id"), nullable=True, unique=True, comment="null: the receipt"),
    sa.Column("asks", sa.Boolean, nullable=False, server_default="false", comment="to pay for an exchange"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("next_try_us", sa.BigInteger, nullable=False),
    sa.Column("problem", sa.Text, nullable=True),
    sa.CheckConstraint(f"state in {MAIL_STATES}", name="state_known"),
    sa.Index("one_receipt", "order_id", "asks", unique=True, postgresql_where=sa.text("refund_id is null")),
    sa.Index("mail_to_do", "next_try_us", postgresql_where=sa.text("state in ('waiting', 'due')")),
)

cap_mail = sa.Table(
    "cap_mail",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("request_id", sa.ForeignKey("cap_request.id"), nullable=False),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False, comment="who decides for the funder"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("next_try_us", sa.BigInteger, nullable=False),
    sa.Column("problem", sa.Text, nullable=True),
    sa.CheckConstraint("state in ('due', 'sent', 'failed', 'dropped')", name="state_known"),
    sa.UniqueConstraint("request_id", "person_id"),
    sa.Index("cap_mail_to_do", "next_try_us", postgresql_where=sa.text("state = 'due'")),
    comment="a mail about a question at a cap, once a person",
)

staff_mail = sa.Table(
    "staff_mail",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("asked_by", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("asked_us", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("tries", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("next_try_us", sa.BigInteger, nullable=False),
    sa.Column("problem", sa.Text, nullable=True),
    sa.CheckConstraint("state in ('due', 'sent', 'failed', 'dropped')", name="state_known"),
    sa.Index("ix_staff_mail_shop_id_asked_us", "shop_id", "asked_us"),
    sa.Index("staff_mail_to_do", "next_try_us", postgresql_where=sa.text("state = 'due'")),
    comment="a mail that signs somebody of the shop in",
)

mail_progress = sa.Table(
    "mail_progress",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("through_number", sa.BigInteger, nullable=False, comment="orders up to this one have their mail"),
    sa.Column("since_us", sa.BigInteger, nullable=False, comment="wall time; nothing older is written about"),
)
