"""Plans of campaigns with their versions; what a piece costs the shop."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.add_column(
        "variant",
        sa.Column(
            "unit_cost_minor", sa.BigInteger(), nullable=True, comment="what a piece costs the shop; null: unknown"
        ),
    )
    op.create_check_constraint(op.f("ck_variant_unit_cost_not_negative"), "variant", "unit_cost_minor >= 0")
    op.create_table(
        "campaign_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.CheckConstraint("length(name) between 1 and 80", name=op.f("ck_campaign_plan_name_1_to_80")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_campaign_plan_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign_plan")),
    )
    op.create_index(op.f("ix_campaign_plan_shop_id"), "campaign_plan", ["shop_id"])
    op.create_table(
        "plan_version",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, ..."),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(none_as_null=True), nullable=False, comment="deals.planner.types.Plan"),
        sa.Column(
            "result",
            postgresql.JSONB(none_as_null=True),
            nullable=False,
            comment="deals.planner.results.PlanResult, at the rates of that moment",
        ),
        sa.Column("saved_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("saved_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.CheckConstraint("state in ('draft', 'kept')", name=op.f("ck_plan_version_state_known")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_plan_version_version_from_1")),
        sa.ForeignKeyConstraint(["plan_id"], ["campaign_plan.id"], name=op.f("fk_plan_version_plan_id_campaign_plan")),
        sa.ForeignKeyConstraint(["saved_by"], ["person.id"], name=op.f("fk_plan_version_saved_by_person")),
        sa.PrimaryKeyConstraint("plan_id", "version", name=op.f("pk_plan_version")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.execute(
        "create trigger plan_version_append_only before update or delete or truncate on plan_version"
        " for each statement execute function refuse_change()"
    )
