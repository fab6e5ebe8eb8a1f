"""Tables of a shop's taxes. Rates are replaced, not mended: an order keeps the rates that it was sold at itself."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

shop_tax = sa.Table(
    "shop_tax",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("country", sa.CHAR(2), nullable=False, comment="where the shop sends from"),
    sa.Column("region", sa.Text, nullable=False, server_default=""),
    sa.Column("postal_code", sa.Text, nullable=False, server_default=""),
    sa.Column("rounding", sa.Text, nullable=False),
    sa.Column("origin_in_eu", sa.Boolean, nullable=False, comment="sales into the EU are taxed as at the origin"),
    sa.CheckConstraint("rounding in ('line', 'order')", name="rounding_known"),
)

tax_registration = sa.Table(
    "tax_registration",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("country", sa.CHAR(2), primary_key=True),
    sa.Column("region", sa.Text, primary_key=True, comment="empty: the whole country"),
    sa.Column("included", sa.Boolean, nullable=False, comment="list prices hold the tax already"),
    sa.Column("number", sa.Text, nullable=False, server_default=""),
)

tax_rate = sa.Table(
    "tax_rate",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("authority", sa.Text, nullable=False, comment="whom it is owed to"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("country", sa.CHAR(2), nullable=False),
    sa.Column("region", sa.Text, nullable=False),
    sa.Column("postal_prefix", sa.Text, nullable=False),
    sa.Column("tax_class", sa.Text, nullable=False),
    sa.Column("layer", sa.SmallInteger, nullable=False, comment="rates of different layers add up"),
    sa.Column("rate_ppm", sa.Integer, nullable=False, comment="parts per million"),
    sa.Column("on_shipping", sa.Boolean, nullable=False),
    sa.Column("from_us", sa.BigInteger, nullable=True),
    sa.Column("until_us", sa.BigInteger, nullable=True),
    sa.Column("source", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("rate_ppm between 0 and 1000000", name="rate_fits"),
    sa.CheckConstraint("from_us < until_us", name="from_before_until"),
    sa.CheckConstraint("layer between 1 and 9", name="layer_1_to_9"),
    sa.Index("ix_tax_rate_shop_id_country", "shop_id", "country"),
)
