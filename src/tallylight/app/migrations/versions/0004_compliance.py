"""Creates claims, findings, evidence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

_REFUSE = """
create function evidence_refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'evidence is append-only: % refused', tg_op using errcode = 'integrity_constraint_violation';
end
$$
"""
_TRIGGER = """
create trigger evidence_append_only before update or delete or truncate on evidence
for each statement execute function evidence_refuse_change()
"""


def upgrade() -> None:
    op.create_table(
        "claim",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("market", sa.Text(), server_default="us-en", nullable=False),
        sa.Column("disclaimer", sa.Text(), nullable=True, comment="to be spoken with it; null: none needed"),
        sa.Column("approved_by", sa.Uuid(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True, comment="clears nothing from then on"),
        sa.CheckConstraint("length(wording) between 1 and 500", name=op.f("ck_claim_wording_1_to_500")),
        sa.ForeignKeyConstraint(["approved_by"], ["person.id"], name=op.f("fk_claim_approved_by_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_claim_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index("ix_claim_product_id_market", "claim", ["product_id", "market"], unique=False)
    op.create_table(
        "competitor",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="a rival whom hosts may not compare with"),
        sa.CheckConstraint("length(name) between 1 and 100", name=op.f("ck_competitor_name_1_to_100")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_competitor_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", "name", name=op.f("pk_competitor")),
    )
    op.create_table(
        "transcript",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False, comment="programme time of the first word"),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column(
            "words",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            comment="[{text, start_us, end_us, probability_permille}] in order",
        ),
        sa.CheckConstraint("end_us >= start_us", name=op.f("ck_transcript_forward")),
        sa.PrimaryKeyConstraint("broadcast_id", "start_us", name=op.f("pk_transcript")),
    )
    op.create_table(
        "judged",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("judged_us", sa.BigInteger(), nullable=False, comment="heard and judged up to here; only grows"),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_judged")),
    )
    _create_finding()
    op.create_table(
        "evidence",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="1, 2, 3 ... without a gap"),
        sa.Column("prev_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time that it speaks of"),
        sa.Column("payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False, comment="the database's wall clock"),
        sa.CheckConstraint("octet_length(hash) = 32 and octet_length(prev_hash) = 32", name=op.f("ck_evidence_sha256")),
        sa.PrimaryKeyConstraint("broadcast_id", "seq", name=op.f("pk_evidence")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.create_table(
        "evidence_head",
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("broadcast_id", name=op.f("pk_evidence_head")),
        comment="the end of each chain; its row lock orders the writers, and it betrays a tail that was cut off",
    )
    op.execute(_REFUSE)
    op.execute(_TRIGGER)


def _create_finding() -> None:
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("broadcast_id", sa.Uuid(), nullable=False),
        sa.Column("show_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_title", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("start_us", sa.BigInteger(), nullable=False, comment="programme time of the first violating word"),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("citation", sa.Text(), nullable=False),
        sa.Column(
            "facts",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            comment="live facts compared, as they were at the words",
        ),
        sa.Column("say_instead", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False, comment="what the gate does unless the desk decides otherwise"),
        sa.Column("decide_by_wall_us", sa.BigInteger(), nullable=False, comment="when the span's first word airs"),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_wall_us", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True, comment="what became of the span on air"),
        sa.CheckConstraint("verdict in ('note', 'hold', 'block')", name=op.f("ck_finding_verdict_known")),
        sa.CheckConstraint("action in ('bleep', 'cover', 'none')", name=op.f("ck_finding_action_known")),
        sa.CheckConstraint("decision in ('clear', 'bleep', 'cover')", name=op.f("ck_finding_decision_known")),
        sa.CheckConstraint(
            "outcome in ('bleeped', 'covered', 'cleared', 'late')", name=op.f("ck_finding_outcome_known")
        ),
        sa.CheckConstraint("end_us >= start_us", name=op.f("ck_finding_forward")),
        sa.CheckConstraint("(decision is null) = (decided_wall_us is null)", name=op.f("ck_finding_decision_whole")),
        sa.ForeignKeyConstraint(["decided_by"], ["person.id"], name=op.f("fk_finding_decided_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_broadcast_id_start_us", "finding", ["broadcast_id", "start_us"], unique=False)
    op.create_index("ix_finding_show_id_start_us", "finding", ["show_id", "start_us"], unique=False)
