"""Keeps where a show comes from when no encoder of its own brings it: pulled from an address, or by SRT."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.create_table(
        "show_source",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="pull: fetched from an address; srt: an encoder calls our port"
        ),
        sa.Column("shown", sa.Text(), nullable=False, comment="the address without anything secret"),
        sa.Column(
            "secret_sealed", sa.LargeBinary(), nullable=False, comment="address or passphrase, sealed for this show"
        ),
        sa.Column("port", sa.Integer(), nullable=True, comment="of SRT, by UDP"),
        sa.Column(
            "wanted", sa.Boolean(), server_default=sa.false(), nullable=False, comment="whether it is to run now"
        ),
        sa.Column(
            "version", sa.Integer(), server_default="1", nullable=False, comment="grows with each change by a person"
        ),
        sa.Column("problem", sa.Text(), nullable=True, comment="why it was switched off by itself"),
        sa.CheckConstraint("kind in ('pull', 'srt')", name=op.f("ck_show_source_kind_known")),
        sa.CheckConstraint("(kind = 'srt') = (port is not null)", name=op.f("ck_show_source_srt_has_a_port")),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_show_source")),
        sa.UniqueConstraint("port", name=op.f("uq_show_source_port")),
    )
