"""Keeps what a shop's terms were, adds its delivery time, and records who pays a host."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_APPEND_ONLY = "append-only: a trigger refuses UPDATE, DELETE and TRUNCATE"
_KEEP_TERMS = """
insert into shop_terms_change (shop_id, at_us, shipping_fee_minor, free_shipping_over_minor)
select shop_id, 0, shipping_fee_minor, free_shipping_over_minor from shop_terms
"""


def upgrade() -> None:
    op.add_column(
        "shop_terms",
        sa.Column("delivery_days_min", sa.SmallInteger(), nullable=True, comment="days until the earliest delivery"),
    )
    op.create_check_constraint(op.f("ck_shop_terms_delivery_days_not_negative"), "shop_terms", "delivery_days_min >= 0")
    op.create_table(
        "shop_terms_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time from which it holds"),
        sa.Column("shipping_fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("free_shipping_over_minor", sa.BigInteger(), nullable=True),
        sa.Column("delivery_days_min", sa.SmallInteger(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_terms_change_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_terms_change")),
        comment=_APPEND_ONLY,
    )
    op.create_index("ix_shop_terms_change_shop_id_at_us", "shop_terms_change", ["shop_id", "at_us"])
    op.execute(_KEEP_TERMS)
    op.drop_index("ix_stock_movement_variant_id_id", table_name="stock_movement")
    op.create_index("ix_stock_movement_variant_id_moved_us", "stock_movement", ["variant_id", "moved_us"])
    op.create_table(
        "creator_contract",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("creator_name", sa.Text(), nullable=False, comment="as shows name their host"),
        sa.Column("payer_name", sa.Text(), nullable=False, comment="the brand or shop that pays"),
        sa.Column("paid_how", sa.Text(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("until_us", sa.BigInteger(), nullable=True, comment="null: until it is ended"),
        sa.Column("recorded_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_by", sa.Uuid(), nullable=True, comment="who set until_us after it was recorded"),
        sa.CheckConstraint("length(creator_name) between 1 and 80", name=op.f("ck_creator_contract_creator_1_to_80")),
        sa.CheckConstraint("length(payer_name) between 1 and 80", name=op.f("ck_creator_contract_payer_1_to_80")),
        sa.CheckConstraint(
            "paid_how in ('commission', 'fee', 'goods', 'employed')", name=op.f("ck_creator_contract_paid_how_known")
        ),
        sa.CheckConstraint("until_us >= from_us", name=op.f("ck_creator_contract_forward")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_creator_contract_ended_by_person")),
        sa.ForeignKeyConstraint(["recorded_by"], ["person.id"], name=op.f("fk_creator_contract_recorded_by_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_creator_contract_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_creator_contract")),
    )
    op.create_index(op.f("ix_creator_contract_shop_id"), "creator_contract", ["shop_id"])
    op.create_table(
        "paid_ruling",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=True, comment="null: the contract decides again"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ruled_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="wall time from which it holds"),
        sa.CheckConstraint("length(reason) between 1 and 200", name=op.f("ck_paid_ruling_reason_1_to_200")),
        sa.ForeignKeyConstraint(["ruled_by"], ["person.id"], name=op.f("fk_paid_ruling_ruled_by_person")),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_paid_ruling_show_id_show")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paid_ruling")),
        comment=_APPEND_ONLY,
    )
    op.create_index("ix_paid_ruling_show_id_at_us", "paid_ruling", ["show_id", "at_us"])
    for table in ("shop_terms_change", "paid_ruling"):
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            " for each statement execute function refuse_change()"
        )
        op.execute(f"revoke update, delete, truncate on {table} from current_user")
