"""Creates the outbox, members and shows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "channel_head",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_channel_head")),
    )
    op.create_table(
        "event",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=True, comment="programme time from which it holds; null: at once"),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("channel", "epoch", "offset", name=op.f("pk_event")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False, comment="lower case"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True, comment="argon2id; null: signs in by link only"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "shop",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "accent", sa.Text(), server_default="#7c5cff", nullable=False, comment="the one colour a shop chooses"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop")),
        sa.UniqueConstraint("slug", name=op.f("uq_shop_slug")),
    )
    op.create_table(
        "membership",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role in ('owner', 'producer', 'compliance', 'finance')", name=op.f("ck_membership_role_known")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_membership_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "person_id", "role", name=op.f("pk_membership")),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("csrf_token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_session")),
    )
    op.create_table(
        "show",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("host_name", sa.Text(), nullable=False),
        sa.Column("host_is_paid", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("creator_commission_bps", sa.Integer(), server_default="0", nullable=False),
        sa.Column("market", sa.Text(), server_default="us-en", nullable=False),
        sa.Column("delay_ms", sa.Integer(), server_default="8000", nullable=False),
        sa.Column("fail_open", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "hold_policy", sa.Text(), server_default="bleep", nullable=False, comment="what an undecided hold becomes"
        ),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("hold_policy in ('bleep', 'clear')", name=op.f("ck_show_hold_policy_known")),
        sa.CheckConstraint(
            "creator_commission_bps between 0 and 8000", name=op.f("ck_show_commission_0_to_80_percent")
        ),
        sa.CheckConstraint("delay_ms between 0 and 30000", name=op.f("ck_show_delay_0_to_30_s")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_show_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_show")),
        sa.UniqueConstraint("slug", name=op.f("uq_show_slug")),
    )
    op.create_table(
        "sign_in_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the 256-bit token"),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sign_in_link_person_id_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in_link")),
    )
    op.create_table(
        "stream_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the secret half"),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_stream_key_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_key")),
    )
    op.create_index(op.f("ix_stream_key_show_id"), "stream_key", ["show_id"], unique=False)
    op.create_table(
        "broadcast",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("delay_ms", sa.Integer(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False, comment="programme time of the first sample"),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_broadcast_show_id_show")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcast")),
    )
    op.create_index(
        "one_broadcast_on_air", "broadcast", ["show_id"], unique=True, postgresql_where=sa.text("ended_us is null")
    )
    op.create_table(
        "cue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), server_default="", nullable=False, comment="what the host is to say here"),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind in ('pin', 'unpin', 'deal', 'note')", name=op.f("ck_cue_kind_known")),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_cue_show_id_show")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cue")),
        sa.UniqueConstraint("show_id", "position", name=op.f("uq_cue_show_id_position")),
    )
    op.create_table(
        "gate_command",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="clear, bleep, cover (of a finding), panic, uncover"),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
        sa.Column(
            "payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("given_by", sa.Uuid(), nullable=True),
        sa.Column("given_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_gate_command_given_by_person")),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_gate_command_show_id_show")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_command")),
    )
    op.create_index("ix_gate_command_show_id_id", "gate_command", ["show_id", "id"], unique=False)
    op.create_table(
        "show_product",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_show_product_show_id_show")),
        sa.PrimaryKeyConstraint("show_id", "product_id", name=op.f("pk_show_product")),
    )
    op.create_table(
        "cue_firing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("broadcast_id", sa.Uuid(), nullable=True),
        sa.Column("cue_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time from which it holds"),
        sa.Column("fired_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["broadcast_id"], ["broadcast.id"], name=op.f("fk_cue_firing_broadcast_id_broadcast")),
        sa.ForeignKeyConstraint(["cue_id"], ["cue.id"], name=op.f("fk_cue_firing_cue_id_cue")),
        sa.ForeignKeyConstraint(["fired_by"], ["person.id"], name=op.f("fk_cue_firing_fired_by_person")),
        sa.ForeignKeyConstraint(["show_id"], ["show.id"], name=op.f("fk_cue_firing_show_id_show")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cue_firing")),
    )
    op.create_index("ix_cue_firing_show_id_at_us", "cue_firing", ["show_id", "at_us"], unique=False)
