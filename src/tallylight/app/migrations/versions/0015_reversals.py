"""Lets the books take back what was posted, never more than was posted, and says why a charge was made."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_APPEND_ONLY = "append-only: a trigger refuses UPDATE, DELETE and TRUNCATE"

_PARTY_KINDS = "'brand', 'platform', 'creator', 'supplier', 'processor', 'tax', 'bank'"
_PURPOSES = (
    "'customer_payment', 'subtotal', 'seller_discount', 'platform_discount', 'creator_discount', 'supplier_discount',"
    " 'shipping', 'tax', 'affiliate_commission', 'affiliate_ads_commission', 'referral_fee', 'transaction_fee',"
    " 'co_funded_service_fee', 'flash_sale_service_fee', 'refund_administration_fee', 'adjustment', 'reserve',"
    " 'reserve_held', 'payout', 'cash'"
)
_TRANSFER_KINDS = (
    "'sale', 'commission', 'fee', 'reserve', 'refund', 'chargeback', 'commission_refund', 'fee_refund',"
    " 'reserve_release', 'reinstatement', 'adjustment', 'payout', 'collection', 'correction'"
)

# ``nth`` makes two reversals of one transfer that do not see each other collide on their unique index, so the sums
# below are of all that was ever taken back. A reversal can itself be taken back (a chargeback that was won): then
# what it took counts no more. That is as deep as it goes.
_CHECK_REVERSALS = """
create function check_reversals() returns trigger language plpgsql as $$
begin
    if exists (
        select from fresh left join transfer as t on t.id = fresh.transfer_id
        left join transfer as o on o.id = fresh.reverses
        where t.id is null or o.id is null or t.shop_id <> o.shop_id or t.order_id is distinct from o.order_id
            or t.entry_count <> (select count(*) from entry where transfer_id = t.id)
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

_CHECK_CHARGES = """
create function check_charges() returns trigger language plpgsql as $$
begin
    if exists (
        select from fresh left join transfer as t on t.id = fresh.transfer_id
        where t.id is null or t.order_id is distinct from fresh.order_id
    ) then
        raise exception 'a charge names a transfer of its order' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$
"""


def _append_only(table: str) -> None:
    op.execute(
        f"create trigger {table}_append_only before update or delete or truncate on {table}"
        " for each statement execute function refuse_change()"
    )
    op.execute(f"revoke update, delete, truncate on {table} from current_user")


def _widen(table: str, column: str, name: str, values: str) -> None:
    op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, f"{column} in ({values})")


def upgrade() -> None:
    _widen("party", "kind", "kind_known", _PARTY_KINDS)
    _widen("account", "purpose", "purpose_known", _PURPOSES)
    _widen("transfer", "kind", "kind_known", _TRANSFER_KINDS)
    op.drop_index("one_of_its_kind", table_name="party")
    op.create_index(
        "one_of_its_kind",
        "party",
        ["shop_id", "kind"],
        unique=True,
        postgresql_where=sa.text("kind not in ('creator', 'supplier')"),
    )
    op.create_table(
        "reversal",
        sa.Column("transfer_id", sa.Uuid(), nullable=False, comment="the transfer that takes back"),
        sa.Column("reverses", sa.Uuid(), nullable=False, comment="the transfer that it takes back from"),
        sa.Column(
            "nth", sa.SmallInteger(), nullable=False, comment="1, 2, ... within what it reverses: no two at once"
        ),
        sa.Column("refund_id", sa.Uuid(), nullable=False, comment="what it was done for; once a transfer"),
        sa.CheckConstraint("nth >= 1", name=op.f("ck_reversal_nth_from_1")),
        sa.CheckConstraint("transfer_id <> reverses", name=op.f("ck_reversal_not_of_itself")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_reversal")),
        sa.UniqueConstraint("reverses", "nth", name=op.f("uq_reversal_reverses_nth")),
        sa.UniqueConstraint("refund_id", "reverses", name=op.f("uq_reversal_refund_id_reverses")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE; another, more than was posted",
    )
    op.create_table(
        "reversed_line",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="the order line's; 0: the whole refund"),
        sa.Column("subtotal_minor", sa.BigInteger(), nullable=False, comment="list price that went back"),
        sa.Column("goods_minor", sa.BigInteger(), nullable=False, comment="goods after discounts that went back"),
        sa.Column("payment_minor", sa.BigInteger(), nullable=False, comment="money that went back to the customer"),
        sa.PrimaryKeyConstraint("refund_id", "position", name=op.f("pk_reversed_line")),
        comment=_APPEND_ONLY,
    )
    op.create_index("ix_reversed_line_order_id", "reversed_line", ["order_id"])
    op.create_table(
        "charge",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False, comment="the order line's; 0: the whole order"),
        sa.Column("rule_id", sa.Uuid(), nullable=True, comment="the commission plan or fee rule that asked for it"),
        sa.Column("base", sa.Text(), nullable=False, comment="what the rate is of"),
        sa.Column(
            "base_minor",
            sa.BigInteger(),
            nullable=False,
            comment="a refund takes the share back that it takes of this",
        ),
        sa.Column("rate_bps", sa.Integer(), nullable=False),
        sa.Column("kept_on_refund", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("base in ('goods', 'subtotal', 'payment')", name=op.f("ck_charge_base_known")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_charge")),
        comment="append-only: why a commission, fee or reserve was posted",
    )
    op.create_index("ix_charge_order_id", "charge", ["order_id"])
    op.execute(_CHECK_REVERSALS)
    op.execute(_CHECK_CHARGES)
    for table, function in (("reversal", "check_reversals"), ("charge", "check_charges")):
        op.execute(
            f"create trigger {table}_whole after insert on {table} referencing new table as fresh"
            f" for each statement execute function {function}()"
        )
    for table in ("reversal", "reversed_line", "charge"):
        _append_only(table)
