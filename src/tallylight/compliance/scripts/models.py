"""Tables of scripts. Shows, cues, products and broadcasts are named by id only: what was signed outlives them."""

import sqlalchemy as sa

from tallylight.foundation.database import Json, metadata

SCRIPT_STATES = ("draft", "review", "signed", "rejected", "superseded")
SCRIPT_STEPS = (
    "drafted", "edited", "submitted", "signed", "rejected", "superseded", "pinned", "unpinned", "commented",
)  # fmt: skip

script = sa.Table(
    "script",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("shop_id", sa.ForeignKey("shop.id"), nullable=False, index=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("market", sa.Text, nullable=False, server_default="us-en"),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("length(title) between 1 and 120", name="title_1_to_120"),
)

script_version = sa.Table(
    "script_version",
    metadata,
    sa.Column("script_id", sa.ForeignKey(script.c.id), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, comment="1, 2, 3 ..."),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1", comment="counts changes of the row"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("segments", Json, nullable=False, comment="[{title, policy, product_id, cue_id, lines}] in order"),
    sa.Column("checks", Json, nullable=True, comment="what the rules said when it was put into review"),
    sa.Column("signed_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint(f"state in {SCRIPT_STATES}", name="state_known"),
    sa.CheckConstraint("(signed_at is null) = (state not in ('signed', 'superseded'))", name="signed_when_signed"),
    sa.Index("one_script_version_signed", "script_id", unique=True, postgresql_where=sa.text("state = 'signed'")),
    sa.Index(
        "one_script_version_open", "script_id", unique=True, postgresql_where=sa.text("state in ('draft', 'review')")
    ),
)

script_step = sa.Table(
    "script_step",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("script_id", sa.ForeignKey(script.c.id), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False, server_default=""),
    sa.Column("person_id", sa.ForeignKey("person.id"), nullable=True, comment="null: the installation's operator"),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint(f"step in {SCRIPT_STEPS}", name="step_known"),
    sa.CheckConstraint("length(comment) <= 2000", name="comment_to_2000"),
    comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
)

script_pin = sa.Table(
    "script_pin",
    metadata,
    sa.Column("show_id", sa.Uuid, primary_key=True),
    sa.Column("script_id", sa.Uuid, nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("pinned_by", sa.ForeignKey("person.id"), nullable=True),
    sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(
        ["script_id", "version"], ["script_version.script_id", "script_version.version"], name="fk_script_pin_version"
    ),
)

script_line_said = sa.Table(
    "script_line_said",
    metadata,
    sa.Column("broadcast_id", sa.Uuid, primary_key=True),
    sa.Column("segment", sa.Integer, primary_key=True, comment="index into the version's segments, from 0"),
    sa.Column("line", sa.Integer, primary_key=True, comment="index into the segment's lines, from 0"),
    sa.Column("script_id", sa.Uuid, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("start_us", sa.BigInteger, nullable=False, comment="programme time of its first word"),
    sa.Column("end_us", sa.BigInteger, nullable=False),
    sa.Column("heard_permille", sa.Integer, nullable=False, comment="how much of its weight was heard"),
    sa.CheckConstraint("end_us >= start_us", name="forward"),
    sa.CheckConstraint("heard_permille between 0 and 1000", name="permille"),
)
