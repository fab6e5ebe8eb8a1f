"""Gives deals their forms, products, conditions and codes, and keeps each step of their life."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

_FORMS = (
    "'creator_live', 'live_flash', 'campaign', 'flash', 'discount', 'bundle', 'buy_get', 'tiers', 'gift', 'threshold',"
    " 'voucher', 'creator_code', 'free_shipping'"
)
_STATES = "'draft', 'agreed', 'scheduled', 'open', 'ended'"
_SCHEDULED = "(state in ('scheduled', 'open', 'ended')) = (opens_us is not null and ends_us is not null)"


def upgrade() -> None:
    _widen_deal()
    op.create_table(
        "voucher_code",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False, comment="of the shop and the code in capitals"),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True, comment="only of a code that everybody may know"),
        sa.Column("uses_max", sa.Integer(), nullable=True, comment="null: as often as the deal allows"),
        sa.CheckConstraint("uses_max > 0", name=op.f("ck_voucher_code_uses_max_positive")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_voucher_code_deal_id_deal")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_voucher_code_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "code_hash", name=op.f("pk_voucher_code")),
    )
    op.create_index("ix_voucher_code_deal_id", "voucher_code", ["deal_id"])
    op.create_table(
        "deal_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("by_person", sa.Uuid(), nullable=True, comment="null: its time had come"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(f"state in ({_STATES})", name=op.f("ck_deal_change_state_known")),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_deal_change_by_person_person")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_deal_change_deal_id_deal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_change")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.create_index("ix_deal_change_deal_id", "deal_change", ["deal_id"])
    op.create_table(
        "follower",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_hash", sa.LargeBinary(), nullable=False, comment="of the shop and the e-mail"),
        sa.Column("followed_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_follower_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "buyer_hash", name=op.f("pk_follower")),
    )
    op.execute(
        "create trigger deal_change_stays before update or delete or truncate on deal_change"
        " for each statement execute function refuse_change()"
    )
    op.add_column(
        "order_funding",
        sa.Column("quantity", sa.Integer(), server_default="1", nullable=False, comment="pieces or orders of the deal"),
    )
    op.add_column(
        "order_funding", sa.Column("code_hash", sa.LargeBinary(), nullable=True, comment="of the code that was used")
    )
    op.execute(
        "update order_funding as f set quantity = l.pieces from (select order_id, deal_id, sum(quantity) as pieces"
        " from order_line where deal_id is not null group by order_id, deal_id) as l"
        " where l.order_id = f.order_id and l.deal_id = f.deal_id"
    )


_COMMENTS = (
    ("deal", "total_limit", "pieces or orders"),
    ("deal", "per_buyer_limit", "pieces or orders"),
    ("deal", "held", "reserved for unpaid orders"),
    ("deal_buyer", "buyer_hash", "of the shop and the e-mail, or of a code"),
    ("deal_buyer", "quantity", "pieces or orders, bought or held"),
    ("deal_buyer", "quantity_max", "the deal's per_buyer_limit, or the code's"),
)


def _widen_deal() -> None:
    for table, column, comment in _COMMENTS:
        op.alter_column(table, column, comment=comment)
    op.alter_column("deal", "product_id", nullable=True, comment="the one product; null: several or all")
    op.add_column(
        "deal",
        sa.Column(
            "product_ids",
            postgresql.ARRAY(sa.Uuid()),
            server_default="{}",
            nullable=False,
            comment="empty: everything",
        ),
    )
    op.execute("update deal set product_ids = array[product_id]")
    for added in (
        sa.Column("form", sa.Text(), server_default="live_flash", nullable=False),
        sa.Column(
            "conditions",
            postgresql.JSONB(none_as_null=True),
            server_default="{}",
            nullable=False,
            comment="deals.types.Conditions",
        ),
        sa.Column(
            "counts", sa.Text(), server_default="pieces", nullable=False, comment="what the limits and sold count"
        ),
        sa.Column("market", sa.Text(), server_default="us-en", nullable=False, comment="whose price rules hold"),
        sa.Column(
            "announces", sa.Boolean(), server_default=sa.true(), nullable=False, comment="a reduction, struck through"
        ),
    ):
        op.add_column("deal", added)
    for name in ("ck_deal_duration_10_s_to_1_day", "ck_deal_state_known", "ck_deal_open_has_times"):
        op.drop_constraint(op.f(name), "deal")
    op.create_check_constraint(op.f("ck_deal_duration_10_s_to_1_year"), "deal", "duration_s between 10 and 31622400")
    op.create_check_constraint(op.f("ck_deal_state_known"), "deal", f"state in ({_STATES})")
    op.create_check_constraint(op.f("ck_deal_open_has_times"), "deal", _SCHEDULED)
    op.create_check_constraint(op.f("ck_deal_form_known"), "deal", f"form in ({_FORMS})")
    op.create_check_constraint(op.f("ck_deal_counts_known"), "deal", "counts in ('pieces', 'orders')")
    op.create_check_constraint(
        op.f("ck_deal_one_product_is_the_product"), "deal", "product_id is null or product_ids = array[product_id]"
    )
