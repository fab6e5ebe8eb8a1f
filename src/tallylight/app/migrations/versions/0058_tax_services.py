"""A tax service may be asked for rates ahead of sales: the shop's choice of one, and its answers place by place."""

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.create_table(
        "tax_choice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.Text(), nullable=True, comment="null: the shop's own table"),
        sa.Column("own_when_away", sa.Boolean(), nullable=False, comment="the own table stands in for the service"),
        sa.Column("kept_h", sa.Integer(), nullable=False, comment="hours that answers serve while the service is away"),
        sa.Column("codes", sa.JSON(), nullable=False, comment="the service's code by tax class"),
        sa.Column("by_person", sa.Uuid(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kept_h between 24 and 720", name=op.f("ck_tax_choice_kept_h_fits")),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_tax_choice_by_person_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_tax_choice_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax_choice")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.create_index("ix_tax_choice_shop_id_id", "tax_choice", ["shop_id", "id"])
    op.create_table(
        "tax_answer",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("country", sa.CHAR(length=2), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False, comment="as much of it as taxes depend on"),
        sa.Column("choice_id", sa.BigInteger(), nullable=False, comment="which service, by which codes"),
        sa.Column("rates", sa.JSON(), nullable=True, comment="null: it never had an answer"),
        sa.Column("asked_us", sa.BigInteger(), nullable=True, comment="when it gave these rates"),
        sa.Column("until_us", sa.BigInteger(), nullable=True, comment="until when it wants them believed"),
        sa.Column("claimed_until_us", sa.BigInteger(), nullable=False, comment="somebody is asking until then at most"),
        sa.Column("failed_us", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["choice_id"], ["tax_choice.id"], name=op.f("fk_tax_answer_choice_id_tax_choice")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_tax_answer_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "country", "region", "postal_code", name=op.f("pk_tax_answer")),
    )
    op.create_index("ix_tax_answer_choice_id_until_us", "tax_answer", ["choice_id", "until_us"])
    op.execute(
        "create trigger tax_choice_append_only before update or delete or truncate on tax_choice"
        " for each statement execute function refuse_change()"
    )
    # The owner gives the right away as well; a superuser still meets the trigger.
    op.execute("revoke update, delete, truncate on tax_choice from current_user")
