"""Tables of the catalogue room. Prices are integer minor units of the variant's currency.

``price_change``, ``shop_terms_change`` and ``stock_movement`` are append-only: the database refuses UPDATE, DELETE and
TRUNCATE.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from tallylight.foundation.database import Json, metadata

STOCK_REASONS = ("import", "count", "sale", "return", "exchange")
PRICE_REASONS = ("created", "import", "edit", "deal opened", "deal ended")

shop_terms = sa.Table(
    "shop_terms",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("shipping_fee_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("free_shipping_over_minor", sa.BigInteger, nullable=True, comment="goods total from which it is free"),
    sa.Column("delivery_days_min", sa.SmallInteger, nullable=True, comment="days until the earliest delivery"),
    sa.Column(
        "version",
        sa.BigInteger,
        nullable=False,
        server_default="0",
        comment="counts changes of whatever a price or a stock decision depends on; writers lock this row first",
    ),
    sa.Column(
        "first_paid",
        sa.Boolean,
        nullable=False,
        server_default="false",
        comment="unpaid orders hold nothing: first paid, first served",
    ),
    sa.CheckConstraint("shipping_fee_minor >= 0", name="shipping_fee_not_negative"),
    sa.CheckConstraint("free_shipping_over_minor >= 0", name="free_shipping_over_not_negative"),
    sa.CheckConstraint("delivery_days_min >= 0", name="delivery_days_not_negative"),
    postgresql_with={"fillfactor": "50"},
)

shop_terms_change = sa.Table(
    "shop_terms_change",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time from which it holds"),
    sa.Column("shipping_fee_minor", sa.BigInteger, nullable=False),
    sa.Column("free_shipping_over_minor", sa.BigInteger, nullable=True),
    sa.Column("delivery_days_min", sa.SmallInteger, nullable=True),
    sa.Index("ix_shop_terms_change_shop_id_at_us", "shop_id", "at_us"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

product = sa.Table(
    "product",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("handle", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text, nullable=True),
    sa.Column("description", sa.Text, nullable=False, server_default="", comment="plain text"),
    sa.Column("tags", ARRAY(sa.Text), nullable=False, server_default="{}"),
    sa.Column("attributes", Json, nullable=False, server_default="{}", comment="material, made_in, ..."),
    sa.Column("tax_class", sa.Text, nullable=False, server_default="standard", comment="which tax rates are for it"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.UniqueConstraint("shop_id", "handle"),
)

variant = sa.Table(
    "variant",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("product_id", sa.ForeignKey(product.c.id), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("sku", sa.Text, nullable=True),
    sa.Column("options", Json, nullable=False, server_default="{}", comment="option name to value"),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("price_minor", sa.BigInteger, nullable=False),
    sa.Column("compare_at_minor", sa.BigInteger, nullable=True, comment="the struck-through price"),
    sa.Column("weight_grams", sa.Integer, nullable=True),
    sa.Column("unit_cost_minor", sa.BigInteger, nullable=True, comment="what a piece costs the shop; null: unknown"),
    sa.UniqueConstraint("product_id", "options"),
    sa.CheckConstraint("price_minor >= 0", name="price_not_negative"),
    sa.CheckConstraint("compare_at_minor >= 0", name="compare_at_not_negative"),
    sa.CheckConstraint("weight_grams >= 0", name="weight_not_negative"),
    sa.CheckConstraint("unit_cost_minor >= 0", name="unit_cost_not_negative"),
)

product_photo = sa.Table(
    "product_photo",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("product_id", sa.ForeignKey(product.c.id), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("url", sa.Text, nullable=True, comment="somewhere else on the web"),
    sa.Column("file_name", sa.Text, nullable=True, comment="served by us under /media/products/"),
    sa.Column("alt", sa.Text, nullable=False, server_default=""),
    sa.UniqueConstraint("product_id", "position"),
    sa.CheckConstraint("(url is null) <> (file_name is null)", name="one_source"),
)

price_change = sa.Table(
    "price_change",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("variant_id", sa.ForeignKey(variant.c.id), nullable=False),
    sa.Column("currency", sa.CHAR(3), nullable=False),
    sa.Column("list_minor", sa.BigInteger, nullable=False, comment="the price list's price"),
    sa.Column("selling_minor", sa.BigInteger, nullable=False, comment="what it sells for: list price or open deal"),
    sa.Column("compare_at_minor", sa.BigInteger, nullable=True),
    sa.Column("at_us", sa.BigInteger, nullable=False, comment="programme time from which it holds"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("deal_id", sa.Uuid, nullable=True),
    sa.CheckConstraint(f"reason in {PRICE_REASONS}", name="reason_known"),
    sa.CheckConstraint("list_minor >= 0 and selling_minor >= 0", name="not_negative"),
    sa.Index("ix_price_change_variant_id_at_us", "variant_id", "at_us"),
)

stock_level = sa.Table(
    "stock_level",
    metadata,
    sa.Column("variant_id", sa.ForeignKey(variant.c.id), primary_key=True),
    sa.Column("on_hand", sa.Integer, nullable=False, comment="pieces in the warehouse"),
    sa.Column("held", sa.Integer, nullable=False, server_default="0", comment="of these, reserved for unpaid orders"),
    sa.CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
    sa.CheckConstraint("held between 0 and on_hand", name="held_fits"),
    postgresql_with={"fillfactor": "50"},
)

stock_movement = sa.Table(
    "stock_movement",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("variant_id", sa.Uuid, nullable=False),
    sa.Column("delta", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("order_id", sa.Uuid, nullable=True),
    sa.Column("moved_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.CheckConstraint("delta <> 0", name="delta_not_zero"),
    sa.CheckConstraint(f"reason in {STOCK_REASONS}", name="reason_known"),
    sa.Index("ix_stock_movement_variant_id_moved_us", "variant_id", "moved_us"),
)
