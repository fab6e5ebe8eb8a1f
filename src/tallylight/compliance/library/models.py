"""Tables of the claims library. Products are named by id only: what was approved outlives what was sold."""

import sqlalchemy as sa

from tallylight.foundation.database import metadata

CLAIM_STATES = ("draft", "review", "approved", "rejected", "superseded", "withdrawn")
CLAIM_STEPS = ("drafted", "edited", "submitted", "approved", "rejected", "superseded", "withdrawn", "commented")

claim = sa.Table(
    "claim",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False),
    sa.Column("product_id", sa.Uuid, nullable=True, comment="null: the whole brand"),
    sa.Column("market", sa.Text, nullable=False, server_default="us-en"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Index("ix_claim_shop_id_product_id_market", "shop_id", "product_id", "market"),
)

claim_file = sa.Table(
    "claim_file",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("claim_id", sa.ForeignKey(claim.c.id), nullable=False, index=True),
    sa.Column("sha256", sa.LargeBinary, nullable=False, comment="of the content, which lies under that name on disk"),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("uploaded_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("octet_length(sha256) = 32", name="sha256"),
    sa.CheckConstraint("length(name) between 1 and 120", name="name_1_to_120"),
)

claim_version = sa.Table(
    "claim_version",
    metadata,
    sa.Column("claim_id", sa.ForeignKey(claim.c.id), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, comment="1, 2, 3 ..."),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1", comment="counts changes of the row"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("wording", sa.Text, nullable=False),
    sa.Column("disclaimer", sa.Text, nullable=True, comment="to be spoken with it; null: none needed"),
    sa.Column("disclaimer_within_s", sa.Integer, nullable=True, comment="how soon; null: without a disclaimer"),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True, comment="clears nothing from then on"),
    sa.Column("file_id", sa.ForeignKey(claim_file.c.id), nullable=True, comment="the evidence that it rests on"),
    sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True, comment="clears from then on"),
    sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="replaced or withdrawn: until then"),
    sa.CheckConstraint(f"state in {CLAIM_STATES}", name="state_known"),
    sa.CheckConstraint("length(wording) between 1 and 500", name="wording_1_to_500"),
    sa.CheckConstraint("length(disclaimer) between 1 and 500", name="disclaimer_1_to_500"),
    sa.CheckConstraint("(disclaimer is null) = (disclaimer_within_s is null)", name="disclaimer_whole"),
    sa.CheckConstraint("disclaimer_within_s between 1 and 600", name="disclaimer_within_1_to_600_s"),
    sa.CheckConstraint(
        "(approved_at is null) = (state in ('draft', 'review', 'rejected'))", name="in_force_when_approved"
    ),
    sa.CheckConstraint("(ended_at is null) = (state not in ('superseded', 'withdrawn'))", name="ended_when_replaced"),
    sa.Index("one_claim_version_in_force", "claim_id", unique=True, postgresql_where=sa.text("state = 'approved'")),
    sa.Index(
        "one_claim_version_open", "claim_id", unique=True, postgresql_where=sa.text("state in ('draft', 'review')")
    ),
)

claim_step = sa.Table(
    "claim_step",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("claim_id", sa.ForeignKey(claim.c.id), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False, server_default=""),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=True, comment="null: the installation's operator"),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint(f"step in {CLAIM_STEPS}", name="step_known"),
    sa.CheckConstraint("length(comment) <= 2000", name="comment_to_2000"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)
