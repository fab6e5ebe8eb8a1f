"""A shop's people are invited in the office: when they last signed in, who gave a link, the mail that brings it."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0060"


def upgrade() -> None:
    op.add_column("person", sa.Column("signed_in_us", sa.BigInteger(), nullable=True, comment="wall time, the last"))
    op.execute(
        "update person set signed_in_us = (extract(epoch from last.at) * 1000000)::bigint from"
        " (select person_id, max(created_at) as at from session group by person_id) as last"
        " where last.person_id = person.id"
    )
    op.add_column(
        "sign_in_link", sa.Column("issued_by", sa.Uuid(), nullable=True, comment="null: the operator, or a mail")
    )
    op.create_foreign_key(op.f("fk_sign_in_link_issued_by_person"), "sign_in_link", "person", ["issued_by"], ["id"])
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"])
    op.create_table(
        "staff_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_us", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False, server_default="0"),
        sa.Column("next_try_us", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('due', 'sent', 'failed', 'dropped')", name=op.f("ck_staff_mail_state_known")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_staff_mail_shop_id_shop")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_staff_mail_person_id_person")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_staff_mail_asked_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_mail")),
        comment="a mail that signs somebody of the shop in",
    )
    op.create_index("ix_staff_mail_shop_id_asked_us", "staff_mail", ["shop_id", "asked_us"])
    op.create_index("staff_mail_to_do", "staff_mail", ["next_try_us"], postgresql_where=sa.text("state = 'due'"))
