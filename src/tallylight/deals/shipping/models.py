"""Tables of where a shop sends to, and for how much."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from tallylight.foundation.database import metadata

shipping_zone = sa.Table(
    "shipping_zone",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False, index=True),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("places", ARRAY(sa.Text), nullable=False, comment="DE, US-CA; * is everywhere else"),
)

shipping_method = sa.Table(
    "shipping_method",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("zone_id", sa.ForeignKey(shipping_zone.c.id, ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("position", sa.SmallInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("basis", sa.Text, nullable=False, comment="what the steps measure: minor units of goods, or grams"),
    sa.Column("from_measures", ARRAY(sa.BigInteger), nullable=False, comment="rising from 0"),
    sa.Column("fees_minor", ARRAY(sa.BigInteger), nullable=False, comment="from each measure on"),
    sa.Column("free_over_minor", sa.BigInteger, nullable=True, comment="goods total from which it is free"),
    sa.Column("days_min", sa.SmallInteger, nullable=True),
    sa.Column("days_max", sa.SmallInteger, nullable=True),
    sa.CheckConstraint("basis in ('value', 'weight')", name="basis_known"),
    sa.CheckConstraint("cardinality(from_measures) = cardinality(fees_minor)", name="a_fee_each"),
    sa.CheckConstraint("cardinality(fees_minor) > 0 and 0 <= all (fees_minor)", name="fees_not_negative"),
    sa.CheckConstraint("from_measures[1] = 0", name="from_nothing"),
    sa.CheckConstraint("free_over_minor >= 0", name="free_over_not_negative"),
    sa.CheckConstraint("0 <= days_min and days_min <= days_max", name="days_in_order"),
)
