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

carrier_choice = sa.Table(
    "carrier_choice",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("service", sa.Text, nullable=True, comment="null: the shop's own fees"),
    sa.Column("own_when_away", sa.Boolean, nullable=False, comment="the own fees stand in for the service"),
    sa.Column("kept_h", sa.Integer, nullable=False, comment="hours that answers serve while the service is away"),
    sa.Column("from_postal_code", sa.Text, nullable=False, comment="which parcels are sent from"),
    sa.Column("levels", sa.JSON, nullable=False, comment="the service's level by the id of a method"),
    sa.Column("parcels", sa.JSON, nullable=False, comment="what is packed up to how many grams, the lightest first"),
    sa.Column("by_person", sa.ForeignKey("person.id"), nullable=False),
    sa.Column("at_us", sa.BigInteger, nullable=False),
    sa.CheckConstraint("kept_h between 24 and 720", name="kept_h_fits"),
    sa.Index("ix_carrier_choice_shop_id_id", "shop_id", "id"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

carrier_answer = sa.Table(
    "carrier_answer",
    metadata,
    sa.Column("shop_id", sa.ForeignKey("shop.id"), primary_key=True),
    sa.Column("country", sa.CHAR(2), primary_key=True),
    sa.Column("region", sa.Text, primary_key=True),
    sa.Column("postal_code", sa.Text, primary_key=True, comment="as much of it as fees depend on"),
    sa.Column(
        "choice_id", sa.ForeignKey("carrier_choice.id"), nullable=False, comment="which service, for which parcels"
    ),
    sa.Column("rates", sa.JSON, nullable=True, comment="fees by level and parcel; null: it never had an answer"),
    sa.Column("asked_us", sa.BigInteger, nullable=True, comment="when it gave these fees"),
    sa.Column("until_us", sa.BigInteger, nullable=True, comment="until when it wants them believed"),
    sa.Column("claimed_until_us", sa.BigInteger, nullable=False, comment="somebody is asking until then at most"),
    sa.Column("failed_us", sa.BigInteger, nullable=True),
    sa.Column("problem", sa.Text, nullable=True),
    sa.Index("ix_carrier_answer_choice_id_until_us", "choice_id", "until_us"),
)
