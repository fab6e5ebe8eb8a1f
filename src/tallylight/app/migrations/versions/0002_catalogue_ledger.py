"""Creates the catalogue and the ledger, with the triggers that keep the ledger whole."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_REFUSE_CHANGE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused; write a correction instead', tg_table_name, lower(tg_op)
        using errcode = 'restrict_violation';
end $$
"""

# Statement-level with transition tables: one set-wise pass for a whole batch. Row-level deferred triggers halve the
# throughput of a hot sale.
_CHECK_ENTRIES = """
create function check_entries() returns trigger language plpgsql as $$
begin
    if exists (select from fresh group by transfer_id, currency having sum(amount_minor) <> 0) then
        raise exception 'a transfer does not sum to zero' using errcode = 'check_violation';
    end if;
    if exists (
        select from (
            select transfer_id, count(*) as lines, min(line) as first, max(line) as last from fresh group by transfer_id
        ) as whole left join transfer on transfer.id = whole.transfer_id
        where transfer.id is null or first <> 1 or last <> lines or lines <> transfer.entry_count
    ) then
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


def make_append_only(table: str) -> None:
    """Let the database refuse UPDATE, DELETE and TRUNCATE on ``table``."""
    op.execute(
        f"create trigger {table}_append_only before update or delete or truncate on {table}"
        " for each statement execute function refuse_change()"
    )
    # The owner gives the right away as well; a superuser still meets the trigger.
    op.execute(f"revoke update, delete, truncate on {table} from current_user")


def upgrade() -> None:
    op.create_table(
        "shop_terms",
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("shipping_fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "free_shipping_over_minor", sa.BigInteger(), nullable=True, comment="goods total from which it is free"
        ),
        sa.Column(
            "version",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="counts changes of whatever a price or a stock decision depends on; writers lock this row first",
        ),
        sa.CheckConstraint("free_shipping_over_minor >= 0", name=op.f("ck_shop_terms_free_shipping_over_not_negative")),
        sa.CheckConstraint("shipping_fee_minor >= 0", name=op.f("ck_shop_terms_shipping_fee_not_negative")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_terms_shop_id_shop")),
        sa.PrimaryKeyConstraint("shop_id", name=op.f("pk_shop_terms")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), server_default="", nullable=False, comment="plain text"),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "attributes",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="material, made_in, ...",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_product_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("shop_id", "handle", name=op.f("uq_product_shop_id_handle")),
    )
    op.create_table(
        "variant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column(
            "options",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="option name to value",
        ),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("compare_at_minor", sa.BigInteger(), nullable=True, comment="the struck-through price"),
        sa.Column("weight_grams", sa.Integer(), nullable=True),
        sa.CheckConstraint("compare_at_minor >= 0", name=op.f("ck_variant_compare_at_not_negative")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_variant_price_not_negative")),
        sa.CheckConstraint("weight_grams >= 0", name=op.f("ck_variant_weight_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_variant_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variant")),
        sa.UniqueConstraint("product_id", "options", name=op.f("uq_variant_product_id_options")),
    )
    op.create_table(
        "product_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True, comment="somewhere else on the web"),
        sa.Column("file_name", sa.Text(), nullable=True, comment="served by us under /media/products/"),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(url is null) <> (file_name is null)", name=op.f("ck_product_photo_one_source")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_product_photo_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_photo")),
        sa.UniqueConstraint("product_id", "position", name=op.f("uq_product_photo_product_id_position")),
    )
    op.create_table(
        "price_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("list_minor", sa.BigInteger(), nullable=False, comment="the price list's price"),
        sa.Column(
            "selling_minor", sa.BigInteger(), nullable=False, comment="what it sells for: list price or open deal"
        ),
        sa.Column("compare_at_minor", sa.BigInteger(), nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time from which it holds"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "reason in ('created', 'import', 'edit', 'deal opened', 'deal ended')",
            name=op.f("ck_price_change_reason_known"),
        ),
        sa.CheckConstraint("list_minor >= 0 and selling_minor >= 0", name=op.f("ck_price_change_not_negative")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_price_change_variant_id_variant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_change")),
    )
    op.create_index("ix_price_change_variant_id_at_us", "price_change", ["variant_id", "at_us"], unique=False)
    op.create_table(
        "stock_level",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False, comment="pieces in the warehouse"),
        sa.Column(
            "held", sa.Integer(), server_default="0", nullable=False, comment="of these, reserved for unpaid orders"
        ),
        sa.CheckConstraint("held between 0 and on_hand", name=op.f("ck_stock_level_held_fits")),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_level_on_hand_not_negative")),
        sa.ForeignKeyConstraint(["variant_id"], ["variant.id"], name=op.f("fk_stock_level_variant_id_variant")),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_stock_level")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "stock_movement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("moved_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds"),
        sa.CheckConstraint(
            "reason in ('import', 'count', 'sale', 'return')", name=op.f("ck_stock_movement_reason_known")
        ),
        sa.CheckConstraint("delta <> 0", name=op.f("ck_stock_movement_delta_not_zero")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
    )
    op.create_index("ix_stock_movement_variant_id_id", "stock_movement", ["variant_id", "id"], unique=False)
    op.create_table(
        "party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('brand', 'platform', 'creator', 'processor', 'tax')", name=op.f("ck_party_kind_known")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_party_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("shop_id", "kind", "name", name=op.f("uq_party_shop_id_kind_name")),
    )
    op.create_index(
        "one_of_its_kind", "party", ["shop_id", "kind"], unique=True, postgresql_where=sa.text("kind <> 'creator'")
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.CheckConstraint(
            "purpose in ('customer_payment', 'subtotal', 'seller_discount', 'platform_discount', 'creator_discount'"
            ", 'shipping', 'tax', 'affiliate_commission')",
            name=op.f("ck_account_purpose_known"),
        ),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_account_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("party_id", "purpose", "currency", name=op.f("uq_account_party_id_purpose_currency")),
    )
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=True, comment="programme time of the moment it was sold in"),
        sa.Column("posted_us", sa.BigInteger(), nullable=False, comment="wall time, microseconds; statements go by it"),
        sa.Column("entry_count", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "kind in ('sale', 'commission', 'refund', 'commission_refund', 'correction')",
            name=op.f("ck_transfer_kind_known"),
        ),
        sa.CheckConstraint("entry_count between 2 and 64", name=op.f("ck_transfer_entry_count_2_to_64")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index("ix_transfer_order_id", "transfer", ["order_id"], unique=False)
    op.create_index("ix_transfer_shop_id_posted_us", "transfer", ["shop_id", "posted_us"], unique=False)
    op.create_table(
        "entry",
        sa.Column("transfer_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False, comment="+ debit, - credit"),
        sa.CheckConstraint("amount_minor <> 0", name=op.f("ck_entry_amount_not_zero")),
        sa.PrimaryKeyConstraint("transfer_id", "line", name=op.f("pk_entry")),
    )
    op.execute(_REFUSE_CHANGE)
    op.execute(_CHECK_ENTRIES)
    op.execute(
        "create trigger entry_whole after insert on entry referencing new table as fresh"
        " for each statement execute function check_entries()"
    )
    for table in ("price_change", "stock_movement", "transfer", "entry"):
        make_append_only(table)
