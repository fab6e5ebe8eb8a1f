"""Carriers' rates may be asked for ahead of sales: the shop's choice of a service, and its answers place by place."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"


def upgrade() -> None:
    op.create_table(
        "carrier_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=True, comment="null: the shop's own fees"),
        sa.Column("own_when_away", sa.Boolean(), nullable=False, comment="the own fees stand in for the service"),
        sa.Column("kept_h", sa.Integer(), nullable=False, comment="hours that answers serve while the service is away"),
        sa.Column("from_postal_code", sa.Text(), nullable=False, comment="which parcels are sent from"),
        sa.Column("levels", sa.JSON(), nullable=False, comment="the service's level by the id of a method"),
        sa.Column(
            "parcels", sa.JSON(), nullable=False, comment="what is packed up to how many grams, the lightest first"
        ),
        sa.Column("by_person", sa.Uuid(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kept_h between 24 and 720", name=op.f("ck_carrier_choice_kept_h_fits")),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_carrier_choice_by_person_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_carrier_choice_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_choice")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.create_index("ix_carrier_choice_shop_id_id", "carrier_choice", ["shop_id", "id"])
    op.create_table(
        "carrier_answer",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.CHAR(length=2), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False, comment="as much of it as fees depend on"),
        sa.Column("choice_id", sa.BigInteger(), nullable=False, comment="which service, for which parcels"),
        sa.Column("rates", sa.JSON(), nullable=True, comment="fees by level and parcel; null: it never had an answer"),
        sa.Column("asked_us", sa.BigInteger(), nullable=True, comment="when it gave these fees"),
        sa.Column("until_us", sa.BigInteger(), nullable=True, comment="until when it wants them believed"),
        sa.Column("claimed_until_us", sa.BigInteger(), nullable=False, comment="somebody is asking until then at most"),
        sa.Column("failed_us", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["choice_id"], ["carrier_choice.id"], name=op.f("fk_carrier_answer_choice_id_carrier_choice")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_carrier_answer_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "country", "region", "postal_code", name=op.f("pk_carrier_answer")),
    )
    op.create_index("ix_carrier_answer_choice_id_until_us", "carrier_answer", ["choice_id", "until_us"])
    op.execute(
        "create trigger carrier_choice_append_only before update or delete or truncate on carrier_choice"
        " for each statement execute function refuse_change()"
    )
    # The owner gives the right away as well; a superuser still meets the trigger.
    op.execute("revoke update, delete, truncate on carrier_choice from current_user")
