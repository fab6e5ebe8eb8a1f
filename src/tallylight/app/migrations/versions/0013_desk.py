"""Who decides which finding just now, correction cards, and cards among the evidence that retention may empty."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_EMPTIED = "'transcript', 'finding', 'decision', 'promise', 'disclosure', 'script', 'script.line', 'correction'"
_GUARD = f"""
create or replace function evidence_guard_update() returns trigger language plpgsql as $$
begin
    if old.payload is not null and new.payload is null and new.salt is null
        and new.broadcast_id = old.broadcast_id and new.seq = old.seq and new.format = old.format
        and new.prev_hash = old.prev_hash and new.hash = old.hash and new.kind = old.kind
        and new.at_us = old.at_us and new.recorded_us = old.recorded_us
        and new.payload_sha256 is not distinct from old.payload_sha256
        and old.kind in ({_EMPTIED})
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
"""  # noqa: S608 - constants only


def upgrade() -> None:
    op.execute(_GUARD)
    op.alter_column("finding", "decide_by_wall_us", comment="the desk's time is up, just before the words air")
    op.create_table(
        "finding_lease",
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False, comment="wall time; a lease that is over binds nobody"),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_finding_lease_finding_id_finding"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_finding_lease_person_id_person")),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding_lease")),
        comment="who is deciding a finding just now",
    )
    op.create_index(op.f("ix_finding_lease_person_id"), "finding_lease", ["person_id"])
    op.create_index("ix_finding_lease_show_id", "finding_lease", ["show_id"])
    op.create_table(
        "correction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time from which viewers see it"),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("shown_by", sa.Uuid(), nullable=False),
        sa.Column("shown_wall_us", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(text) between 3 and 140", name=op.f("ck_correction_text_3_to_140")),
        sa.CheckConstraint("until_us > at_us", name=op.f("ck_correction_forward")),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_correction_finding_id_finding")),
        sa.ForeignKeyConstraint(["shown_by"], ["person.id"], name=op.f("fk_correction_shown_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        comment="cards that told viewers what is right",
    )
    op.create_index("ix_correction_broadcast_id_at_us", "correction", ["broadcast_id", "at_us"])
    op.create_index(op.f("ix_correction_finding_id"), "correction", ["finding_id"])
