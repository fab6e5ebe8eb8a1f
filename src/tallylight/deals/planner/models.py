"""Tables of the planner. A plan is saved as versions, each with what it came to; a version is never changed."""

import sqlalchemy as sa

from tallylight.foundation.database import Json, metadata

campaign_plan = sa.Table(
    "campaign_plan",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.CheckConstraint("length(name) between 1 and 80", name="name_1_to_80"),
)

plan_version = sa.Table(
    "plan_version",
    metadata,
    sa.Column("plan_id", sa.ForeignKey(campaign_plan.c.id), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, comment="1, 2, ..."),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("document", Json, nullable=False, comment="deals.planner.types.Plan"),
    sa.Column("result", Json, nullable=False, comment="deals.planner.results.PlanResult, at the rates of that moment"),
    sa.Column("saved_us", sa.BigInteger, nullable=False, comment="wall time, microseconds"),
    sa.Column("saved_by", sa.ForeignKey("person.id"), nullable=True, comment="null: the installation's operator"),
    sa.CheckConstraint("state in ('draft', 'kept')", name="state_known"),
    sa.CheckConstraint("version >= 1", name="version_from_1"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)
