"""What a batch of sales asks of the database: fewer rows, a chain of batches, a check of entries that stays fast."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_EXPECT_ROWS = """
create function expect_rows(changed bigint, wanted bigint) returns void language plpgsql as $$
begin
    if changed <> wanted then
        raise exception 'only % of % rows to change are there', changed, wanted using errcode = 'no_data_found';
    end if;
end $$
"""

_EXPECT_TURN = """
create function expect_turn(mine bigint) returns void language plpgsql as $$
begin
    if mine <> 1 then
        raise exception 'the lease, the facts or the batch before are not those that this was decided on'
            using errcode = 'serialization_failure';
    end if;
end $$
"""

# The plan is made once a session and kept. Made while the books are nearly empty it would read the whole of
# ``transfer`` for each batch ever after: so joins go by index, whatever the statistics say.
_CHECK_ENTRIES = """
create or replace function check_entries() returns trigger language plpgsql
set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
    if exists (
        select from (
            select transfer_id, bool_or(total <> 0) as off, sum(lines) as lines, min(first) as first, max(last) as last
            from (
                select transfer_id, sum(amount_minor) as total, count(*) as lines, min(line) as first, max(line) as last
                from fresh group by transfer_id, currency
            ) as by_currency group by transfer_id
        ) as whole left join transfer on transfer.id = whole.transfer_id
        where off or transfer.id is null or first <> 1 or last <> lines or lines <> transfer.entry_count
    ) then
        if exists (select from fresh group by transfer_id, currency having sum(amount_minor) <> 0) then
            raise exception 'a transfer does not sum to zero' using errcode = 'check_violation';
        end if;
        raise exception 'a transfer is not whole: its entries are lines 1 to entry_count, in one statement'
            using errcode = 'check_violation';
    end if;
    if exists (
        select from (select distinct account_id, currency from fresh) as used
        left join account on account.id = used.account_id and account.currency = used.currency
        where account.id is null
    ) then
        raise exception 'an entry names no account of its currency' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$
"""


def _fund_by_deal() -> None:
    """A row for each deal of an order, with its funders side by side, in place of a row for each funder."""
    op.rename_table("order_funding", "order_funding_old")
    op.execute("alter table order_funding_old drop constraint pk_order_funding")
    op.create_table(
        "order_funding",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("funder_ids", sa.ARRAY(sa.Uuid()), nullable=False, comment="in the agreement's order"),
        sa.Column(
            "amounts_minor", sa.ARRAY(sa.BigInteger()), nullable=False, comment="each funder's part of the discount"
        ),
        sa.CheckConstraint("0 <= all (amounts_minor)", name=op.f("ck_order_funding_amounts_not_negative")),
        sa.CheckConstraint(
            "cardinality(funder_ids) = cardinality(amounts_minor)", name=op.f("ck_order_funding_an_amount_each")
        ),
        sa.PrimaryKeyConstraint("order_id", "deal_id", name=op.f("pk_order_funding")),
    )
    op.execute(
        "insert into order_funding select o.order_id, o.deal_id, array_agg(o.funder_id order by f.position),"
        " array_agg(o.amount_minor order by f.position) from order_funding_old as o"
        " join funder as f on f.id = o.funder_id group by o.order_id, o.deal_id"
    )
    op.drop_table("order_funding_old")


def upgrade() -> None:
    op.add_column(
        "sale_desk",
        sa.Column("chain", sa.BigInteger(), server_default="0", nullable=False, comment="the last batch's random link"),
    )
    op.execute(_EXPECT_ROWS)
    op.execute(_EXPECT_TURN)
    _fund_by_deal()
    for column in ("quote", "address"):
        # Kept to be read again as it is, never searched: text is smaller and quicker to write than jsonb.
        op.execute(f"alter table customer_order alter column {column} type json using {column}::json")
    op.execute(_CHECK_ENTRIES)
