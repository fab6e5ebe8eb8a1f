"""Puts a transfer's entries into its own row: a transfer is then whole or not there, and a sale writes far fewer rows.

What was posted moves along; ``entry`` becomes a view that shows it as before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_MOVE = """
update transfer as t set account_ids = e.account_ids, currencies = e.currencies, amounts_minor = e.amounts_minor
from (
    select transfer_id, array_agg(account_id order by line) as account_ids,
        array_agg(cast(currency as text) order by line) as currencies,
        array_agg(amount_minor order by line) as amounts_minor
    from entry group by transfer_id
) as e where e.transfer_id = t.id
"""

# A transfer without its entries has nulls here and stops the migration when the columns become NOT NULL.
_MOVED_WHOLE = """
do $$
begin
    if exists (select from transfer where entry_count <> cardinality(amounts_minor))
        or (select count(*) from entry) <> (select coalesce(sum(cardinality(amounts_minor)), 0) from transfer) then
        raise exception 'a transfer has other entries than it says; nothing was changed';
    end if;
end $$
"""

_ENTRY = """
create view entry as
select t.id as transfer_id, cast(e.line as smallint) as line, e.account_id, cast(e.currency as char(3)) as currency,
    e.amount_minor
from transfer as t cross join lateral unnest(t.account_ids, t.currencies, t.amounts_minor)
    with ordinality as e(account_id, currency, amount_minor, line)
"""

# Set-wise, and each kind of transfer once: in a rush thousands differ in nothing that is checked here. The plan is
# made once a session and kept, so joins go by index, whatever the statistics say while the books are nearly empty;
# arrays are hashed several times faster than they are sorted.
_CHECK_TRANSFERS = """
create function check_transfers() returns trigger language plpgsql
set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off
as $$
begin
    if exists (
        select from (
            select row_number() over () as kind, account_ids, currencies, amounts_minor from (
                select distinct account_ids, currencies, amounts_minor from fresh
            ) as a_kind
        ) as k cross join lateral unnest(k.currencies, k.amounts_minor) as e(currency, amount_minor)
        group by k.kind, e.currency having sum(e.amount_minor) <> 0
    ) then
        raise exception 'a transfer does not sum to zero' using errcode = 'check_violation';
    end if;
    if exists (
        select from (
            select distinct e.account_id, e.currency from (
                select distinct account_ids, currencies from fresh
            ) as k cross join lateral unnest(k.account_ids, k.currencies) as e(account_id, currency)
        ) as used left join account on account.id = used.account_id and account.currency = used.currency
        where account.id is null
    ) then
        raise exception 'an entry names no account of its currency' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$
"""

# As before, less the count of entries: there is no transfer without its own.
_CHECK_REVERSALS = """
create or replace function check_reversals() returns trigger language plpgsql as $$
begin
    if exists (
        select from fresh left join transfer as t on t.id = fresh.transfer_id
        left join transfer as o on o.id = fresh.reverses
        where t.id is null or o.id is null or t.shop_id <> o.shop_id or t.order_id is distinct from o.order_id
    ) then
        raise exception 'a reversal names a whole transfer of the same shop and order, after its entries'
            using errcode = 'foreign_key_violation';
    end if;
    if exists (
        select from fresh where nth <> (select count(*) from reversal as r where r.reverses = fresh.reverses)
            and nth = (select max(nth) from reversal as r where r.reverses = fresh.reverses)
    ) then
        raise exception 'the reversals of a transfer are counted 1, 2, ...' using errcode = 'check_violation';
    end if;
    if exists (
        select from fresh join reversal as r on r.transfer_id = fresh.reverses
        join reversal as s on s.transfer_id = r.reverses
    ) then
        raise exception 'a reinstatement is not reversed; reverse the first transfer again'
            using errcode = 'check_violation';
    end if;
    if exists (
        with touched as (
            select reverses as id from fresh
            union select r.reverses from fresh join reversal as r on r.transfer_id = fresh.reverses
        ), back as (
            select t.id, r.transfer_id from touched as t join reversal as r on r.reverses = t.id
            union all
            select t.id, s.transfer_id from touched as t join reversal as r on r.reverses = t.id
            join reversal as s on s.reverses = r.transfer_id
        ), taken as (
            select b.id, e.account_id, e.currency, sum(e.amount_minor) as amount
            from back as b join entry as e on e.transfer_id = b.transfer_id group by 1, 2, 3
        ), posted as (
            select e.transfer_id as id, e.account_id, e.currency, sum(e.amount_minor) as amount
            from entry as e where e.transfer_id in (select id from touched) group by 1, 2, 3
        )
        select from taken left join posted using (id, account_id, currency)
        where posted.amount is null
            or taken.amount not between least(0, -posted.amount) and greatest(0, -posted.amount)
    ) then
        raise exception 'more would be reversed than was posted' using errcode = 'check_violation';
    end if;
    return null;
end $$
"""


def upgrade() -> None:
    op.add_column("transfer", sa.Column("account_ids", sa.ARRAY(sa.Uuid()), nullable=True, comment="an entry each"))
    op.add_column("transfer", sa.Column("currencies", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column(
        "transfer", sa.Column("amounts_minor", sa.ARRAY(sa.BigInteger()), nullable=True, comment="+ debit, - credit")
    )
    op.execute("alter table transfer disable trigger transfer_append_only")
    op.execute("grant update on transfer to current_user")
    op.execute(_MOVE)
    op.execute("revoke update on transfer from current_user")
    op.execute("alter table transfer enable trigger transfer_append_only")
    op.execute(_MOVED_WHOLE)
    for column in ("account_ids", "currencies", "amounts_minor"):
        op.alter_column("transfer", column, nullable=False)
    op.drop_column("transfer", "entry_count")
    for name, condition in (
        ("entries_2_to_64", "cardinality(amounts_minor) between 2 and 64"),
        (
            "an_entry_each",
            "cardinality(account_ids) = cardinality(amounts_minor)"
            " and cardinality(currencies) = cardinality(amounts_minor)",
        ),
        (
            "entries_complete",
            "array_position(account_ids, null) is null and array_position(currencies, null) is null"
            " and array_position(amounts_minor, null) is null",
        ),
        ("amounts_not_zero", "0 <> all (amounts_minor)"),
    ):
        op.create_check_constraint(op.f(f"ck_transfer_{name}"), "transfer", condition)
    op.execute("drop domain entry_rows")
    op.execute("drop table entry")
    op.execute("drop function check_entries()")
    op.execute(_ENTRY)
    op.execute(_CHECK_TRANSFERS)
    op.execute(
        "create trigger transfer_balanced after insert on transfer referencing new table as fresh"
        " for each statement execute function check_transfers()"
    )
    op.execute(_CHECK_REVERSALS)
