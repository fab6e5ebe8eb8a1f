"""What funders are asked at a cap, and what they answered."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.create_table(
        "cap_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False, comment="what stands still"),
        sa.Column("cap", sa.Text(), nullable=False),
        sa.Column("cap_minor", sa.BigInteger(), nullable=False, comment="as it was when the funder was asked"),
        sa.Column("asked_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("answered_us", sa.BigInteger(), nullable=True, comment="wall time, microseconds"),
        sa.Column("answered_by", sa.Uuid(), nullable=True, comment="null: nobody had to"),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("cap in ('budget', 'day', 'order')", name=op.f("ck_cap_request_cap_known")),
        sa.CheckConstraint("answer in ('raised', 'kept', 'withdrawn')", name=op.f("ck_cap_request_answer_known")),
        sa.CheckConstraint("(answer is null) = (answered_us is null)", name=op.f("ck_cap_request_answered_at_a_time")),
        sa.ForeignKeyConstraint(["funder_id"], ["funder.id"], name=op.f("fk_cap_request_funder_id_funder")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_cap_request_deal_id_deal")),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_cap_request_answered_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_request")),
    )
    op.create_index(
        "one_open_request",
        "cap_request",
        ["funder_id", "deal_id"],
        unique=True,
        postgresql_where=sa.text("answered_us is null"),
    )
    op.create_index("ix_cap_request_funder_id_asked_us", "cap_request", ["funder_id", "asked_us"])
