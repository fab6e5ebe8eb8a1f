"""Looks at a batch's transfers once: what differs in its accounts and amounts, for both of the questions about them."""

from alembic import op

revision = "0041"
down_revision = "0040"

# As before (0029), but ``fresh`` is read and made distinct once and not once a question.
_CHECK_TRANSFERS = """
create or replace function check_transfers() returns trigger language plpgsql
set jit = off set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set enable_sort = off
as $$
declare
    unbalanced boolean;
    homeless boolean;
begin
    with kinds as materialized (
        select row_number() over () as kind, account_ids, currencies, amounts_minor from (
            select distinct account_ids, currencies, amounts_minor from fresh
        ) as a_kind
    )
    select
        exists (
            select from kinds cross join lateral unnest(currencies, amounts_minor) as e(currency, amount_minor)
            group by kind, e.currency having sum(e.amount_minor) <> 0
        ),
        exists (
            select from (
                select distinct e.account_id, e.currency
                from kinds cross join lateral unnest(account_ids, currencies) as e(account_id, currency)
            ) as used left join account on account.id = used.account_id and account.currency = used.currency
            where account.id is null
        )
    into unbalanced, homeless;
    if unbalanced then
        raise exception 'a transfer does not sum to zero' using errcode = 'check_violation';
    end if;
    if homeless then
        raise exception 'an entry names no account of its currency' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$
"""


def upgrade() -> None:
    op.execute(_CHECK_TRANSFERS)
