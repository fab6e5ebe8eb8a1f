"""Notes the mails about questions at a cap."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    op.create_table(
        "cap_mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False, comment="who decides for the funder"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_try_us", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('due', 'sent', 'failed', 'dropped')", name=op.f("ck_cap_mail_state_known")),
        sa.ForeignKeyConstraint(["request_id"], ["cap_request.id"], name=op.f("fk_cap_mail_request_id_cap_request")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_cap_mail_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cap_mail")),
        sa.UniqueConstraint("request_id", "person_id", name=op.f("uq_cap_mail_request_id_person_id")),
        comment="a mail about a question at a cap, once a person",
    )
    op.create_index("cap_mail_to_do", "cap_mail", ["next_try_us"], postgresql_where=sa.text("state = 'due'"))
