"""Creates keys for other programs, and where orders are on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_STATES = "state in ('waiting', 'packing', 'shipped', 'delivered', 'lost')"


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="what uses it"),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the key"),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False, comment="what it may do"),
        sa.Column("created_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("last_used_us", sa.BigInteger(), nullable=True, comment="to the minute"),
        sa.Column("revoked_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_api_key_created_by_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_api_key_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_index(op.f("ix_api_key_shop_id"), "api_key", ["shop_id"])
    op.create_table(
        "fulfilment",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking", sa.Text(), nullable=True, comment="the carrier's number"),
        sa.Column("changed_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.CheckConstraint(_STATES, name=op.f("ck_fulfilment_state_known")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_fulfilment_order_id_customer_order")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_fulfilment")),
    )
    op.create_table(
        "fulfilment_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=True),
        sa.Column("tracking", sa.Text(), nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("api_key_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(person_id is null) <> (api_key_id is null)", name=op.f("ck_fulfilment_change_one_who")),
        sa.ForeignKeyConstraint(["api_key_id"], ["api_key.id"], name=op.f("fk_fulfilment_change_api_key_id_api_key")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["customer_order.id"], name=op.f("fk_fulfilment_change_order_id_customer_order")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_fulfilment_change_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfilment_change")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.create_index(op.f("ix_fulfilment_change_order_id"), "fulfilment_change", ["order_id"])
    op.execute(
        "create trigger fulfilment_change_append_only before update or delete or truncate on fulfilment_change"
        " for each statement execute function refuse_change()"
    )
    op.execute("revoke update, delete, truncate on fulfilment_change from current_user")
