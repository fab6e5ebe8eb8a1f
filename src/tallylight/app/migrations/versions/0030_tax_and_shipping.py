"""Taxes by place and shipping zones, as data of a shop; an account for each authority; what refunds give back of each
part of an order's tax.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0030"
down_revision = "0029"

_PURPOSES = (
    "'customer_payment', 'subtotal', 'seller_discount', 'platform_discount', 'creator_discount', 'supplier_discount',"
    " 'shipping', 'tax', 'tax_included', 'affiliate_commission', 'affiliate_ads_commission', 'referral_fee',"
    " 'transaction_fee', 'co_funded_service_fee', 'flash_sale_service_fee', 'refund_administration_fee', 'adjustment',"
    " 'reserve', 'reserve_held', 'payout', 'cash'"
)


def _ledger() -> None:
    op.drop_constraint(op.f("ck_account_purpose_known"), "account", type_="check")
    op.create_check_constraint(op.f("ck_account_purpose_known"), "account", f"purpose in ({_PURPOSES})")
    op.drop_index("one_of_its_kind", table_name="party")
    op.create_index(
        "one_of_its_kind",
        "party",
        ["shop_id", "kind"],
        unique=True,
        postgresql_where=sa.text("kind not in ('creator', 'supplier', 'tax')"),
    )


def _taxes() -> None:
    op.create_table(
        "shop_tax",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.CHAR(2), nullable=False, comment="where the shop sends from"),
        sa.Column("region", sa.Text(), server_default="", nullable=False),
        sa.Column("postal_code", sa.Text(), server_default="", nullable=False),
        sa.Column("rounding", sa.Text(), nullable=False),
        sa.Column("origin_in_eu", sa.Boolean(), nullable=False, comment="sales into the EU are taxed as at the origin"),
        sa.CheckConstraint("rounding in ('line', 'order')", name=op.f("ck_shop_tax_rounding_known")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_tax_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_tax")),
    )
    op.create_table(
        "tax_registration",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.CHAR(2), nullable=False),
        sa.Column("region", sa.Text(), nullable=False, comment="empty: the whole country"),
        sa.Column("included", sa.Boolean(), nullable=False, comment="list prices hold the tax already"),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_tax_registration_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "country", "region", name=op.f("pk_tax_registration")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False, comment="whom it is owed to"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("country", sa.CHAR(2), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("postal_prefix", sa.Text(), nullable=False),
        sa.Column("tax_class", sa.Text(), nullable=False),
        sa.Column("layer", sa.SmallInteger(), nullable=False, comment="rates of different layers add up"),
        sa.Column("rate_ppm", sa.Integer(), nullable=False, comment="parts per million"),
        sa.Column("on_shipping", sa.Boolean(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=True),
        sa.Column("until_us", sa.BigInteger(), nullable=True),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("rate_ppm between 0 and 1000000", name=op.f("ck_tax_rate_rate_fits")),
        sa.CheckConstraint("from_us < until_us", name=op.f("ck_tax_rate_from_before_until")),
        sa.CheckConstraint("layer between 1 and 9", name=op.f("ck_tax_rate_layer_1_to_9")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_tax_rate_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_rate")),
    )
    op.create_index("ix_tax_rate_shop_id_country", "tax_rate", ["shop_id", "country"])
    op.add_column(
        "product",
        sa.Column(
            "tax_class", sa.Text(), server_default="standard", nullable=False, comment="which tax rates are for it"
        ),
    )


def _shipping() -> None:
    op.create_table(
        "shipping_zone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("places", ARRAY(sa.Text()), nullable=False, comment="DE, US-CA; * is everywhere else"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shipping_zone_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_zone")),
    )
    op.create_index(op.f("ix_shipping_zone_shop_id"), "shipping_zone", ["shop_id"])
    op.create_table(
        "shipping_method",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("zone_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False, comment="what the steps measure: minor units of goods, or grams"),
        sa.Column("from_measures", ARRAY(sa.BigInteger()), nullable=False, comment="rising from 0"),
        sa.Column("fees_minor", ARRAY(sa.BigInteger()), nullable=False, comment="from each measure on"),
        sa.Column("free_over_minor", sa.BigInteger(), nullable=True, comment="goods total from which it is free"),
        sa.Column("days_min", sa.SmallInteger(), nullable=True),
        sa.Column("days_max", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("basis in ('value', 'weight')", name=op.f("ck_shipping_method_basis_known")),
        sa.CheckConstraint(
            "cardinality(from_measures) = cardinality(fees_minor)", name=op.f("ck_shipping_method_a_fee_each")
        ),
        sa.CheckConstraint(
            "cardinality(fees_minor) > 0 and 0 <= all (fees_minor)", name=op.f("ck_shipping_method_fees_not_negative")
        ),
        sa.CheckConstraint("from_measures[1] = 0", name=op.f("ck_shipping_method_from_nothing")),
        sa.CheckConstraint("free_over_minor >= 0", name=op.f("ck_shipping_method_free_over_not_negative")),
        sa.CheckConstraint("0 <= days_min and days_min <= days_max", name=op.f("ck_shipping_method_days_in_order")),
        sa.ForeignKeyConstraint(
            ["zone_id"],
            ["shipping_zone.id"],
            name=op.f("fk_shipping_method_zone_id_shipping_zone"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_method")),
    )
    op.create_index(op.f("ix_shipping_method_zone_id"), "shipping_method", ["zone_id"])


def _refunds() -> None:
    for name in ("taxes_minor", "tax_bases_minor"):
        op.add_column(
            "order_refund",
            sa.Column(name, ARRAY(sa.BigInteger()), server_default="{}", nullable=False, comment="by part"),
        )
    op.create_check_constraint(
        op.f("ck_order_refund_taxes_whole"),
        "order_refund",
        "cardinality(taxes_minor) = cardinality(tax_bases_minor) and 0 <= all (taxes_minor || tax_bases_minor)",
    )


def upgrade() -> None:
    _ledger()
    _taxes()
    _shipping()
    _refunds()
