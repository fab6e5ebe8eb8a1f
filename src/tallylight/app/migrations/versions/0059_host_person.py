"""A show's host and a creator's contract may name a person, so that neither hangs on how a name is written."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.add_column("show", sa.Column("host_person_id", sa.Uuid(), nullable=True, comment="null: a guest, known by name"))
    op.create_foreign_key(op.f("fk_show_host_person_id_person"), "show", "person", ["host_person_id"], ["id"])
    op.add_column(
        "creator_contract", sa.Column("person_id", sa.Uuid(), nullable=True, comment="null: a guest, known by name")
    )
    op.create_foreign_key(
        op.f("fk_creator_contract_person_id_person"), "creator_contract", "person", ["person_id"], ["id"]
    )
