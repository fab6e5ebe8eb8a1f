"""Creates the claims library and scripts; claims that were approved before become approved first versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

_KEEP_VERSIONS = """
insert into claim_version (
    claim_id, version, state, wording, disclaimer, disclaimer_within_s, expires_at, approved_at
)
select id, 1, 'approved', wording, nullif(left(disclaimer, 500), ''),
    case when nullif(disclaimer, '') is not null then 10 end, expires_at, approved_at
from claim
"""
_KEEP_STEPS = """
insert into claim_step (claim_id, version, step, person_id, at)
select id, 1, 'approved', approved_by, approved_at from claim
"""
_JSON = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
_APPEND_ONLY = "append-only: a trigger refuses UPDATE, DELETE and TRUNCATE"


def upgrade() -> None:
    _create_library()
    _create_scripts()
    for table in ("claim_step", "script_step"):
        op.execute(
            f"create trigger {table}_append_only before update or delete or truncate on {table}"
            " for each statement execute function refuse_change()"
        )
        op.execute(f"revoke update, delete, truncate on {table} from current_user")


def _create_library() -> None:
    op.create_table(
        "claim_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column(
            "sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="of the content, which lies under that name on disk",
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_claim_file_sha256")),
        sa.CheckConstraint("length(name) between 1 and 120", name=op.f("ck_claim_file_name_1_to_120")),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_file_claim_id_claim")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["person.id"], name=op.f("fk_claim_file_uploaded_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_file")),
    )
    op.create_index(op.f("ix_claim_file_claim_id"), "claim_file", ["claim_id"])
    op.create_table(
        "claim_version",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, 3 ..."),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False, comment="counts changes of the row"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("disclaimer", sa.Text(), nullable=True, comment="to be spoken with it; null: none needed"),
        sa.Column("disclaimer_within_s", sa.Integer(), nullable=True, comment="how soon; null: without a disclaimer"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True, comment="clears nothing from then on"),
        sa.Column("file_id", sa.Uuid(), nullable=True, comment="the evidence that it rests on"),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True, comment="clears from then on"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="replaced or withdrawn: until then"),
        sa.CheckConstraint(
            "state in ('draft', 'review', 'approved', 'rejected', 'superseded', 'withdrawn')",
            name=op.f("ck_claim_version_state_known"),
        ),
        sa.CheckConstraint("length(wording) between 1 and 500", name=op.f("ck_claim_version_wording_1_to_500")),
        sa.CheckConstraint("length(disclaimer) between 1 and 500", name=op.f("ck_claim_version_disclaimer_1_to_500")),
        sa.CheckConstraint(
            "(disclaimer is null) = (disclaimer_within_s is null)", name=op.f("ck_claim_version_disclaimer_whole")
        ),
        sa.CheckConstraint(
            "disclaimer_within_s between 1 and 600", name=op.f("ck_claim_version_disclaimer_within_1_to_600_s")
        ),
        sa.CheckConstraint(
            "(approved_at is null) = (state in ('draft', 'review', 'rejected'))",
            name=op.f("ck_claim_version_in_force_when_approved"),
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (state not in ('superseded', 'withdrawn'))",
            name=op.f("ck_claim_version_ended_when_replaced"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claim.id"], name=op.f("fk_claim_version_claim_id_claim")),
        sa.ForeignKeyConstraint(["file_id"], ["claim_file.id"], name=op.f("fk_claim_version_file_id_claim_file")),
        sa.PrimaryKeyConstraint("claim_id", "version", name=op.f("pk_claim_version")),
    )
    op.create_index(
        "one_claim_version_in_force",
        "claim_version",
        ["claim_id"],
        unique=True,
        postgresql_where=sa.text("state = 'approved'"),
    )
    op.create_index(
        "one_claim_version_open",
        "claim_version",
        ["claim_id"],
        unique=True,
        postgresql_where=sa.text("state in ('draft', 'review')"),
    )
    _create_steps("claim", "'drafted', 'edited', 'submitted', 'approved', 'rejected', 'superseded', 'withdrawn'")
    op.execute(_KEEP_VERSIONS)
    op.execute(_KEEP_STEPS)
    op.drop_index("ix_claim_product_id_market", table_name="claim")
    for column in ("wording", "disclaimer", "expires_at", "approved_by"):
        op.drop_column("claim", column)
    op.alter_column("claim", "approved_at", new_column_name="created_at")
    op.alter_column("claim", "product_id", nullable=True, comment="null: the whole brand")
    op.create_index("ix_claim_shop_id_product_id_market", "claim", ["shop_id", "product_id", "market"])


def _create_scripts() -> None:
    op.create_table(
        "script",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), server_default="us-en", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(title) between 1 and 120", name=op.f("ck_script_title_1_to_120")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_script_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script")),
    )
    op.create_index(op.f("ix_script_shop_id"), "script", ["shop_id"])
    op.create_table(
        "script_version",
        sa.Column("script_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="1, 2, 3 ..."),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False, comment="counts changes of the row"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("segments", _JSON, nullable=False, comment="[{title, policy, product_id, cue_id, lines}] in order"),
        sa.Column("checks", _JSON, nullable=True, comment="what the rules said when it was put into review"),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('draft', 'review', 'signed', 'rejected', 'superseded')",
            name=op.f("ck_script_version_state_known"),
        ),
        sa.CheckConstraint(
            "(signed_at is null) = (state not in ('signed', 'superseded'))",
            name=op.f("ck_script_version_signed_when_signed"),
        ),
        sa.ForeignKeyConstraint(["script_id"], ["script.id"], name=op.f("fk_script_version_script_id_script")),
        sa.ForeignKeyConstraint(["signed_by"], ["person.id"], name=op.f("fk_script_version_signed_by_person")),
        sa.PrimaryKeyConstraint("script_id", "version", name=op.f("pk_script_version")),
    )
    op.create_index(
        "one_script_version_signed",
        "script_version",
        ["script_id"],
        unique=True,
        postgresql_where=sa.text("state = 'signed'"),
    )
    op.create_index(
        "one_script_version_open",
        "script_version",
        ["script_id"],
        unique=True,
        postgresql_where=sa.text("state in ('draft', 'review')"),
    )
    _create_steps(
        "script", "'drafted', 'edited', 'submitted', 'signed', 'rejected', 'superseded', 'pinned', 'unpinned'"
    )
    op.create_table(
        "script_pin",
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("script_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pinned_by", sa.Uuid(), nullable=True),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["pinned_by"], ["person.id"], name=op.f("fk_script_pin_pinned_by_person")),
        sa.ForeignKeyConstraint(
            ["script_id", "version"],
            ["script_version.script_id", "script_version.version"],
            name="fk_script_pin_version",
        ),
        sa.PrimaryKeyConstraint("show_id", name=op.f("pk_script_pin")),
    )
    op.create_index(op.f("ix_script_pin_script_id"), "script_pin", ["script_id"])
    op.create_table(
        "script_line_said",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("segment", sa.Integer(), nullable=False, comment="index into the version's segments, from 0"),
        sa.Column("line", sa.Integer(), nullable=False, comment="index into the segment's lines, from 0"),
        sa.Column("script_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False, comment="programme time of its first word"),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("heard_permille", sa.Integer(), nullable=False, comment="how much of its weight was heard"),
        sa.CheckConstraint("end_us >= start_us", name=op.f("ck_script_line_said_forward")),
        sa.CheckConstraint("heard_permille between 0 and 1000", name=op.f("ck_script_line_said_permille")),
        sa.PrimaryKeyConstraint("broadcast_id", "segment", "line", name=op.f("pk_script_line_said")),
    )


def _create_steps(of: str, steps: str) -> None:
    table = f"{of}_step"
    op.create_table(
        table,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(f"{of}_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"step in ({steps}, 'commented')", name=op.f(f"ck_{table}_step_known")),
        sa.CheckConstraint("length(comment) <= 2000", name=op.f(f"ck_{table}_comment_to_2000")),
        sa.ForeignKeyConstraint([f"{of}_id"], [f"{of}.id"], name=op.f(f"fk_{table}_{of}_id_{of}")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f(f"fk_{table}_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        comment=_APPEND_ONLY,
    )
    op.create_index(op.f(f"ix_{table}_{of}_id"), table, [f"{of}_id"])
