"""Commission plans and fees, and which sales were charged."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

# What was recorded stays as it was; the one change that is left is to end it, once.
_ONLY_END = """
create function only_end() returns trigger language plpgsql as $$
begin
    if old.until_us is not null or new.until_us is null
        or to_jsonb(new) - 'until_us' - 'ended_by' <> to_jsonb(old) - 'until_us' - 'ended_by' then
        raise exception '% is ended once and never changed; record another', tg_table_name
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$
"""


def upgrade() -> None:
    op.drop_constraint(op.f("ck_charge_base_known"), "charge", type_="check")
    op.create_check_constraint(
        op.f("ck_charge_base_known"), "charge", "base in ('goods', 'subtotal', 'payment', 'referral_fee')"
    )
    op.create_table(
        "commission_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("creator_name", sa.Text(), nullable=True, comment="as shows name their host; null: every creator"),
        sa.Column("product_id", sa.Uuid(), nullable=True, comment="null: every product"),
        sa.Column("rate_bps", sa.Integer(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("from_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("until_us", sa.BigInteger(), nullable=True, comment="null: until it is ended"),
        sa.Column("recorded_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind in ('open', 'target', 'partner')", name=op.f("ck_commission_plan_kind_known")),
        sa.CheckConstraint(
            "(kind = 'open') = (creator_name is null)", name=op.f("ck_commission_plan_open_is_for_everybody")
        ),
        sa.CheckConstraint("length(creator_name) between 1 and 80", name=op.f("ck_commission_plan_creator_1_to_80")),
        sa.CheckConstraint("rate_bps between 100 and 8000", name=op.f("ck_commission_plan_rate_1_to_80_percent")),
        sa.CheckConstraint("base in ('goods', 'subtotal')", name=op.f("ck_commission_plan_base_known")),
        sa.CheckConstraint("until_us >= from_us", name=op.f("ck_commission_plan_forward")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_commission_plan_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_plan")),
        comment="a trigger lets a plan be ended and nothing else be changed",
    )
    op.create_index(
        "one_plan_in_force",
        "commission_plan",
        [
            "shop_id",
            "kind",
            sa.text("coalesce(creator_name, '')"),
            sa.text("coalesce(product_id, '00000000-0000-0000-0000-000000000000'::uuid)"),
        ],
        unique=True,
        postgresql_where=sa.text("until_us is null"),
    )
    op.create_table(
        "fee_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rate_bps", sa.Integer(), nullable=False),
        sa.Column("fixed_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("kept_on_refund", sa.Boolean(), nullable=False),
        sa.Column("hold_days", sa.SmallInteger(), nullable=True, comment="kind reserve: when it is released"),
        sa.Column("from_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.Column("until_us", sa.BigInteger(), nullable=True, comment="null: until it is ended"),
        sa.Column("recorded_by", sa.Uuid(), nullable=True, comment="null: the installation's operator"),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind in ('referral_fee', 'transaction_fee', 'co_funded_service_fee', 'flash_sale_service_fee',"
            " 'refund_administration_fee', 'reserve')",
            name=op.f("ck_fee_rule_kind_known"),
        ),
        sa.CheckConstraint(
            "rate_bps between 0 and 10000 and fixed_minor >= 0", name=op.f("ck_fee_rule_amounts_in_range")
        ),
        sa.CheckConstraint("base in ('goods', 'subtotal', 'payment')", name=op.f("ck_fee_rule_base_known")),
        sa.CheckConstraint("(kind = 'reserve') = (hold_days is not null)", name=op.f("ck_fee_rule_reserve_has_days")),
        sa.CheckConstraint("hold_days between 1 and 365", name=op.f("ck_fee_rule_hold_1_to_365_days")),
        sa.CheckConstraint("until_us >= from_us", name=op.f("ck_fee_rule_forward")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_fee_rule_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_rule")),
        comment="a trigger lets a fee be ended and nothing else be changed",
    )
    op.create_index(
        "one_fee_in_force",
        "fee_rule",
        ["shop_id", "kind"],
        unique=True,
        postgresql_where=sa.text("until_us is null"),
    )
    op.create_table(
        "charged_sale",
        sa.Column("order_id", sa.Uuid(), nullable=False, comment="charged once: whoever inserts it charges"),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("charged_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_charged_sale")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.create_table(
        "charge_progress",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("through_us", sa.BigInteger(), nullable=False, comment="every sale posted before is charged"),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_charge_progress_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_charge_progress")),
    )
    op.execute(_ONLY_END)
    for table in ("commission_plan", "fee_rule"):
        op.execute(f"create trigger {table}_only_end before update on {table} for each row execute function only_end()")
        op.execute(
            f"create trigger {table}_stays before delete or truncate on {table}"
            " for each statement execute function refuse_change()"
        )
    op.execute(
        "create trigger charged_sale_append_only before update or delete or truncate on charged_sale"
        " for each statement execute function refuse_change()"
    )
    op.execute("revoke update, delete, truncate on charged_sale from current_user")
