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

tax_choice = sa.Table(
    "tax_choice",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("service", sa.Text, nullable=True, comment="null: the shop's own table"),
    sa.Column("own_when_away", sa.Boolean, nullable=False, comment="the own table stands in for the service"),
    sa.Column("kept_h", sa.Integer, nullable=False, comment="hours that answers serve while the service is away"),
    sa.Column("codes", sa.JSON, nullable=False, comment="the service's code by tax class"),
    sa.Column("by_person", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint("kept_h between 24 and 720", name="kept_h_fits"),
    sa.Index("ix_tax_choice_shop_id_id", "shop_id", "id"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

tax_answer = sa.Table(
    "tax_answer",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("country", sa.CHAR(2), primary_key=True),
    sa.Column("region", sa.Text, primary_key=True),
    sa.Column("postal_code", sa.Text, primary_key=True, comment="as much of it as taxes depend on"),
    sa.Column("choice_id", sa.ForeignKey("tax_choice.id"), nullable=False, comment="which service, by which codes"),
    sa.Column("rates", sa.JSON, nullable=True, comment="null: it never had an answer"),
    sa.Column("asked_us", sa.BigInteger, nullable=True, comment="when it gave these rates"),
    sa.Column("until_us", sa.BigInteger, nullable=True, comment="until when it wants them believed"),
    sa.Column("claimed_until_us", sa.BigInteger, nullable=False, comment="somebody is asking until then at most"),
    sa.Column("failed_us", sa.BigInteger, nullable=True),
    sa.Column("problem", sa.Text, nullable=True),
    sa.Index("ix_tax_answer_choice_id_until_us", "choice_id", "until_us"),
)
