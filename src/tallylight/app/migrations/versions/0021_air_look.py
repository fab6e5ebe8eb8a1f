"""Keeps how a show withholds: the sound in a phrase's place, padding, fade, and the slate's words and picture."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "air_look",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("withheld_sound", sa.Text(), nullable=False, comment="what is heard in a bleeped phrase's place"),
        sa.Column("pad_ms", sa.Integer(), nullable=False),
        sa.Column("fade_ms", sa.Integer(), nullable=False),
        sa.Column("slate_title", sa.Text(), nullable=False),
        sa.Column("slate_text", sa.Text(), nullable=False),
        sa.Column("slate_sound", sa.Text(), nullable=False),
        sa.Column("slate_picture", sa.LargeBinary(), nullable=True, comment="PNG or JPEG"),
        sa.Column("stored_sound", sa.LargeBinary(), nullable=True, comment="a file of sound, up to ten seconds"),
        sa.Column("kept_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "withheld_sound in ('tone', 'silence', 'stored')", name=op.f("ck_air_look_withheld_sound_known")
        ),
        sa.CheckConstraint("slate_sound in ('silence', 'withheld')", name=op.f("ck_air_look_slate_sound_known")),
        sa.CheckConstraint("pad_ms between 0 and 200", name=op.f("ck_air_look_pad_0_to_200_ms")),
        sa.CheckConstraint("fade_ms between 0 and 50", name=op.f("ck_air_look_fade_0_to_50_ms")),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_air_look")),
    )
