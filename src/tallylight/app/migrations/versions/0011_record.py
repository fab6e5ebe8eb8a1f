"""Evidence entries that can be emptied by an act, legal holds, retention, promises."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

_GUARD = """
create function evidence_guard_update() returns trigger language plpgsql as $$
begin
    if old.payload is not null and new.payload is null and new.salt is null
        and new.broadcast_id = old.broadcast_id and new.seq = old.seq and new.format = old.format
        and new.prev_hash = old.prev_hash and new.hash = old.hash and new.kind = old.kind
        and new.at_us = old.at_us and new.recorded_us = old.recorded_us
        and new.payload_sha256 is not distinct from old.payload_sha256
        and old.kind in ('transcript', 'finding', 'decision', 'promise', 'disclosure', 'script', 'script.line')
        and new.redacted_by > old.seq
        and exists (
            select 1
            from evidence act, jsonb_array_elements(act.payload -> 'ranges') as span
            where act.broadcast_id = old.broadcast_id and act.seq = new.redacted_by and act.kind = 'retention'
                and old.seq between (span ->> 0)::bigint and (span ->> 1)::bigint
        )
        and not exists (
            select 1 from legal_hold where legal_hold.broadcast_id = old.broadcast_id and lifted_us is null
        )
    then
        return new;
    end if;
    raise exception 'evidence is append-only: % refused', tg_op using errcode = 'integrity_constraint_violation';
end
$$
"""


def upgrade() -> None:
    _create_tables()
    op.add_column(
        "evidence",
        sa.Column(
            "format",
            sa.SmallInteger(),
            server_default="1",
            nullable=False,
            comment="2: the hash commits to payload_sha256",
        ),
    )
    op.add_column(
        "evidence",
        sa.Column("payload_sha256", sa.LargeBinary(), nullable=True, comment="format 2: over salt and payload"),
    )
    op.add_column("evidence", sa.Column("salt", sa.LargeBinary(), nullable=True, comment="goes with the payload"))
    op.add_column(
        "evidence",
        sa.Column("redacted_by", sa.BigInteger(), nullable=True, comment="seq of the retention act that emptied it"),
    )
    op.alter_column("evidence", "payload", nullable=True, comment="null: emptied by a retention act")
    op.create_check_constraint(
        op.f("ck_evidence_format_2_commits"), "evidence", "format = 1 or payload_sha256 is not null"
    )
    op.create_check_constraint(
        op.f("ck_evidence_emptied_by_an_act"), "evidence", "(payload is null) = (redacted_by is not null)"
    )
    op.create_table_comment(
        "evidence",
        "append-only: triggers refuse UPDATE, DELETE and TRUNCATE, but for what a retention act empties",
    )
    op.execute("drop trigger evidence_append_only on evidence")
    op.execute(
        "create trigger evidence_append_only before delete or truncate on evidence "
        "for each statement execute function evidence_refuse_change()"
    )
    op.execute(_GUARD)
    op.execute(
        "create trigger evidence_guarded_update before update on evidence "
        "for each row execute function evidence_guard_update()"
    )
    op.drop_constraint(op.f("ck_recording_state_known"), "recording")
    op.create_check_constraint(
        op.f("ck_recording_state_known"),
        "recording",
        "state in ('recording', 'complete', 'incomplete', 'empty', 'deleted')",
    )


def _create_tables() -> None:
    op.create_table(
        "retention_policy",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column(
            "days", sa.Integer(), nullable=False, comment="how long recordings, transcripts and evidence are kept"
        ),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("set_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.CheckConstraint("days between 30 and 36500", name=op.f("ck_retention_policy_days_30_to_36500")),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_retention_policy_set_by_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_retention_policy_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_retention_policy")),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.Uuid(), nullable=False),
        sa.Column("placed_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_us", sa.BigInteger(), nullable=True),
        sa.Column("lifted_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("length(reason) between 1 and 500", name=op.f("ck_legal_hold_reason_1_to_500")),
        sa.CheckConstraint(
            "(lifted_us is null) = (lifted_by is null) and (lifted_us is null) = (lifted_reason is null)",
            name=op.f("ck_legal_hold_lifting_whole"),
        ),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_legal_hold_lifted_by_person")),
        sa.ForeignKeyConstraint(["placed_by"], ["person.id"], name=op.f("fk_legal_hold_placed_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_hold")),
    )
    op.create_index(
        "one_legal_hold",
        "legal_hold",
        ["broadcast_id"],
        unique=True,
        postgresql_where=sa.text("lifted_us is null"),
    )
    op.create_table(
        "aftercare",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("stops_cut_us", sa.BigInteger(), nullable=True, comment="the stops' sound was cut and put on record"),
        sa.Column("promises_noted_us", sa.BigInteger(), nullable=True, comment="promises were read off the transcript"),
        sa.Column("emptied_us", sa.BigInteger(), nullable=True, comment="the retention act; wall time, microseconds"),
        sa.Column("files_deleted_us", sa.BigInteger(), nullable=True, comment="the recordings went after it"),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_aftercare")),
        comment="how far the work after a broadcast has come, so that a job that was killed goes on",
    )
    op.create_table(
        "promise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("said_us", sa.BigInteger(), nullable=False, comment="programme time of its first word"),
        sa.Column(
            "facts",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            comment="the product's facts at the words",
        ),
        sa.Column("horizon_us", sa.BigInteger(), nullable=False, comment="looked at until then"),
        sa.Column("verdict", sa.Text(), server_default="open", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("looked_us", sa.BigInteger(), nullable=True, comment="wall time of the last look"),
        sa.CheckConstraint(
            "kind in ('deadline', 'stock', 'last chance', 'lowest price')", name=op.f("ck_promise_kind_known")
        ),
        sa.CheckConstraint("verdict in ('open', 'kept', 'broken', 'unknown')", name=op.f("ck_promise_verdict_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
    )
    op.create_index("ix_promise_broadcast_id_said_us", "promise", ["broadcast_id", "said_us"])
    op.create_index("ix_promise_open", "promise", ["horizon_us"], postgresql_where=sa.text("verdict = 'open'"))
