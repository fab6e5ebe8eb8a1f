"""A bank may send a payout back: then its statement is payable again, by another payout."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"

_CHECK_PAYOUT_TURN = """
create function check_payout_turn() returns trigger language plpgsql as $$
begin
    if new.nth > 1 and not exists (
        select from payout_return where statement_id = new.statement_id and nth = new.nth - 1
    ) then
        raise exception 'a statement is paid again only when its payout came back' using errcode = 'check_violation';
    end if;
    return null;
end $$
"""
_CHECK_RETURNED = """
create function check_returned() returns trigger language plpgsql as $$
declare
    paid payout;
begin
    select * into paid from payout where statement_id = new.statement_id and nth = new.nth;
    if not exists (
        select from reversal as r where r.transfer_id = new.transfer_id and r.reverses = paid.transfer_id
    ) or (
        select sum(greatest(e.amount_minor, 0)) from entry as e where e.transfer_id = new.transfer_id
    ) is distinct from paid.amount_minor then
        raise exception 'what comes back is exactly what was paid' using errcode = 'check_violation';
    end if;
    return null;
end $$
"""


def upgrade() -> None:
    op.add_column(
        "payout",
        sa.Column(
            "nth",
            sa.SmallInteger(),
            server_default="1",
            nullable=False,
            comment="2, ... when the bank sent it back",
        ),
    )
    op.drop_constraint(op.f("pk_payout"), "payout", type_="primary")
    op.create_primary_key(op.f("pk_payout"), "payout", ["statement_id", "nth"])
    op.create_check_constraint(op.f("ck_payout_nth_1_to_99"), "payout", "nth between 1 and 99")
    op.alter_column("payout", "statement_id", comment=None, existing_comment="paid once")
    op.create_table_comment(
        "payout", "append-only; a trigger refuses any amount but the statement's payable, and to pay what is paid"
    )
    op.create_table(
        "payout_return",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("nth", sa.SmallInteger(), nullable=False, comment="which payout of the statement came back, once"),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, comment="as the bank gave it"),
        sa.Column(
            "returned_us", sa.BigInteger(), nullable=False, comment="when it was recorded; wall time, microseconds"
        ),
        sa.Column("recorded_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.CheckConstraint("length(reason) between 1 and 140", name=op.f("ck_payout_return_reason_1_to_140")),
        sa.ForeignKeyConstraint(
            ["statement_id", "nth"],
            ["payout.statement_id", "payout.nth"],
            name=op.f("fk_payout_return_statement_id_payout"),
        ),
        sa.PrimaryKeyConstraint("statement_id", "nth", name=op.f("pk_payout_return")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_payout_return_transfer_id")),
        comment="append-only; a trigger refuses any amount but what was paid",
    )
    op.execute(_CHECK_PAYOUT_TURN)
    op.execute("create trigger payout_in_turn after insert on payout for each row execute function check_payout_turn()")
    op.execute(_CHECK_RETURNED)
    op.execute(
        "create trigger payout_return_exact after insert on payout_return"
        " for each row execute function check_returned()"
    )
    op.execute(
        "create trigger payout_return_append_only before update or delete or truncate on payout_return"
        " for each statement execute function refuse_change()"
    )
    op.execute("revoke update, delete, truncate on payout_return from current_user")
    # The foreign key locks the payout's row, which wants this right; payout's trigger refuses the UPDATE itself.
    op.execute("grant update on payout to current_user")
