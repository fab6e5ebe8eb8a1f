"""Closed statements that never change, and payouts of exactly what they say."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_APPEND_ONLY = "append-only: a trigger refuses UPDATE, DELETE and TRUNCATE"
_SECTIONS = "'balance', 'revenue', 'fees', 'adjustments', 'reserve', 'reference'"

_REFUSE_MORE = """
create function refuse_more_of_a_statement() returns trigger language plpgsql as $$
begin
    if exists (select from fresh join statement on statement.id = fresh.statement_id) then
        raise exception 'a closed statement never changes: nothing is added to it' using errcode = 'restrict_violation';
    end if;
    return null;
end $$
"""

# At commit, when its items and lines are all there: they are as many as it says, the items are entries of its party
# in its
# currency from before its end, they sum to its lines one by one, and its lines sum to what is payable.
_CHECK_STATEMENT = """
create function check_statement() returns trigger language plpgsql as $$
begin
    if new.line_count <> (select count(*) from statement_line where statement_id = new.id)
        or new.item_count <> (select count(*) from statement_item where statement_id = new.id) then
        raise exception 'a statement is closed with all of its lines and items' using errcode = 'check_violation';
    end if;
    if exists (
        select from statement_item as i
        left join entry as e on e.transfer_id = i.transfer_id and e.line = i.entry_line
        left join account as a on a.id = e.account_id
        left join transfer as t on t.id = e.transfer_id
        where i.statement_id = new.id and (a.id is null or t.id is null or a.party_id <> new.party_id
            or a.currency <> new.currency or t.posted_us >= new.to_us)
    ) then
        raise exception 'a statement sums entries of its party, in its currency and before its end'
            using errcode = 'check_violation';
    end if;
    if exists (
        with summed as (
            select i.key, -sum(e.amount_minor) as amount from statement_item as i
            join entry as e on e.transfer_id = i.transfer_id and e.line = i.entry_line
            where i.statement_id = new.id group by i.key
        ), said as (
            select key, amount_minor as amount from statement_line
            where statement_id = new.id and section not in ('reference', 'balance')
        )
        select from summed full join said using (key) where coalesce(summed.amount, 0) <> coalesce(said.amount, 0)
            or said.key is null
    ) then
        raise exception 'a line of a statement is not the sum of its items' using errcode = 'check_violation';
    end if;
    if new.carried_minor <> (
        select coalesce(sum(amount_minor), 0) from statement_line where statement_id = new.id and section = 'balance'
    ) or new.payable_minor <> (
        select coalesce(sum(amount_minor), 0) from statement_line
        where statement_id = new.id and section <> 'reference'
    ) then
        raise exception 'the payable of a statement is not the sum of its lines' using errcode = 'check_violation';
    end if;
    if new.number > 1 and not exists (
        select from statement where party_id = new.party_id and currency = new.currency
            and number = new.number - 1 and to_us = new.from_us
    ) then
        raise exception 'a statement begins where the one before it ended' using errcode = 'check_violation';
    end if;
    return null;
end $$
"""

_CHECK_SETTLED = """
create function check_settled() returns trigger language plpgsql as $$
declare
    said statement;
    posted bigint;
begin
    select * into said from statement where id = new.statement_id;
    select sum(e.amount_minor) into posted from entry as e join account as a on a.id = e.account_id
        where e.transfer_id = new.transfer_id and a.party_id = said.party_id and a.currency = said.currency
            and a.purpose = 'payout';
    if posted is distinct from said.payable_minor or new.amount_minor <> abs(said.payable_minor)
        or (tg_table_name = 'payout') <> (said.payable_minor > 0) then
        raise exception 'a % is exactly what its statement says, posted to its party', tg_table_name
            using errcode = 'check_violation';
    end if;
    return null;
end $$
"""


def _append_only(table: str, *, pointed_at: bool = False) -> None:
    op.execute(
        f"create trigger {table}_append_only before update or delete or truncate on {table}"
        " for each statement execute function refuse_change()"
    )
    # A table that foreign keys point at keeps the grant: they lock its rows. The trigger refuses the UPDATE itself.
    rights = "delete, truncate" if pointed_at else "update, delete, truncate"
    op.execute(f"revoke {rights} on {table} from current_user")


def _statements() -> None:
    op.create_table(
        "statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, ... of the party in the currency"),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "from_us", sa.BigInteger(), nullable=False, comment="where the one before ended; wall time, microseconds"
        ),
        sa.Column("to_us", sa.BigInteger(), nullable=False, comment="exclusive"),
        sa.Column("closed_us", sa.BigInteger(), nullable=False),
        sa.Column("closed_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.Column("line_count", sa.Integer(), nullable=False),
        sa.Column("item_count", sa.BigInteger(), nullable=False),
        sa.Column("carried_minor", sa.BigInteger(), nullable=False, comment="what the one before left owing, <= 0"),
        sa.Column(
            "payable_minor", sa.BigInteger(), nullable=False, comment="the sum of its lines; < 0: the party owes it"
        ),
        sa.CheckConstraint("from_us < to_us", name=op.f("ck_statement_forward")),
        sa.CheckConstraint("carried_minor <= 0", name=op.f("ck_statement_only_debts_are_carried")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_statement_shop_id_shop")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_statement_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement")),
        sa.UniqueConstraint("party_id", "currency", "number", name=op.f("uq_statement_party_id_currency_number")),
        comment=_APPEND_ONLY,
    )
    op.create_index("ix_statement_shop_id_closed_us", "statement", ["shop_id", "closed_us"])
    op.create_table(
        "statement_line",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="+ in the party's favour"),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"section in ({_SECTIONS})", name=op.f("ck_statement_line_section_known")),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
            name=op.f("fk_statement_line_statement_id_statement"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("statement_id", "position", name=op.f("pk_statement_line")),
        sa.UniqueConstraint("statement_id", "key", name=op.f("uq_statement_line_statement_id_key")),
        comment=_APPEND_ONLY,
    )
    op.create_table(
        "statement_item",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("entry_line", sa.SmallInteger(), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="the statement line that the entry is summed in"),
        sa.ForeignKeyConstraint(
            ["statement_id"],
            ["statement.id"],
            name=op.f("fk_statement_item_statement_id_statement"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("transfer_id", "entry_line", name=op.f("pk_statement_item")),
        comment=_APPEND_ONLY,
    )
    op.create_index("ix_statement_item_statement_id_key", "statement_item", ["statement_id", "key"])


def _payouts() -> None:
    op.create_table(
        "bank_account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="a party's newest counts"),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("bic", sa.Text(), nullable=True),
        sa.Column("account_number", sa.Text(), nullable=True, comment="where there is no IBAN"),
        sa.Column("routing_number", sa.Text(), nullable=True, comment="nine digits, United States (ABA)"),
        sa.Column("country", sa.CHAR(length=2), nullable=False),
        sa.Column("recorded_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.CheckConstraint(
            "(iban is null) <> (account_number is null)", name=op.f("ck_bank_account_one_way_to_name_it")
        ),
        sa.CheckConstraint(
            "(account_number is null) = (routing_number is null)", name=op.f("ck_bank_account_number_has_routing")
        ),
        sa.CheckConstraint("length(holder) between 1 and 70", name=op.f("ck_bank_account_holder_1_to_70")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_bank_account_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_account")),
        comment=_APPEND_ONLY,
    )
    op.create_index("ix_bank_account_party_id_id", "bank_account", ["party_id", "id"])
    op.create_table(
        "payout_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="1, 2, ... of the shop"),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("debtor_account_id", sa.BigInteger(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("made_us", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_payout_batch_shop_id_shop")),
        sa.ForeignKeyConstraint(
            ["debtor_account_id"], ["bank_account.id"], name=op.f("fk_payout_batch_debtor_account_id_bank_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_batch")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_payout_batch_shop_id_number")),
        comment=_APPEND_ONLY,
    )
    op.create_table(
        "payout",
        sa.Column("statement_id", sa.Uuid(), nullable=False, comment="paid once"),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("bank_account_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False, comment="end to end, as both banks show it"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_payout_amount_positive")),
        sa.CheckConstraint("length(reference) between 1 and 35", name=op.f("ck_payout_reference_1_to_35")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_payout_statement_id_statement")),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batch.id"], name=op.f("fk_payout_batch_id_payout_batch")),
        sa.ForeignKeyConstraint(
            ["bank_account_id"], ["bank_account.id"], name=op.f("fk_payout_bank_account_id_bank_account")
        ),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_payout")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_payout_transfer_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_payout_reference")),
        comment="append-only; a trigger refuses any amount but the statement's payable",
    )
    op.create_index(op.f("ix_payout_batch_id"), "payout", ["batch_id"])
    op.create_table(
        "collection",
        sa.Column("statement_id", sa.Uuid(), nullable=False, comment="collected once"),
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("collected_us", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_collection_amount_positive")),
        sa.ForeignKeyConstraint(["statement_id"], ["statement.id"], name=op.f("fk_collection_statement_id_statement")),
        sa.PrimaryKeyConstraint("statement_id", name=op.f("pk_collection")),
        sa.UniqueConstraint("transfer_id", name=op.f("uq_collection_transfer_id")),
        comment="append-only; a trigger refuses any amount but what the statement says is owed",
    )


def upgrade() -> None:
    _statements()
    _payouts()
    for function in (_REFUSE_MORE, _CHECK_STATEMENT, _CHECK_SETTLED):
        op.execute(function)
    for table in ("statement_line", "statement_item"):
        op.execute(
            f"create trigger {table}_no_more after insert on {table} referencing new table as fresh"
            " for each statement execute function refuse_more_of_a_statement()"
        )
    op.execute(
        "create constraint trigger statement_whole after insert on statement deferrable initially deferred"
        " for each row execute function check_statement()"
    )
    for table in ("payout", "collection"):
        op.execute(
            f"create trigger {table}_exact after insert on {table} for each row execute function check_settled()"
        )
    for table in ("statement_line", "statement_item", "payout", "collection"):
        _append_only(table)
    for table in ("statement", "bank_account", "payout_batch"):
        _append_only(table, pointed_at=True)
