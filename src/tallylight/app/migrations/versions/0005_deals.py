"""Creates deals and their funding agreements."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_CHECK_SHARES = """
create function check_shares() returns trigger language plpgsql as $$
begin
    if exists (
        select from funder where deal_id in (select deal_id from fresh) group by deal_id having sum(share_bps) <> 10000
    ) then
        raise exception 'the funders of a deal share 10000 basis points' using errcode = 'check_violation';
    end if;
    return null;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "deal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=True, comment="kind price: what a piece costs"),
        sa.Column("percentage_bps", sa.Integer(), nullable=True, comment="kind percentage: off the list price"),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True, comment="kind amount: off each piece"),
        sa.Column("duration_s", sa.Integer(), nullable=False),
        sa.Column("total_limit", sa.Integer(), nullable=True, comment="pieces"),
        sa.Column("per_buyer_limit", sa.Integer(), nullable=True, comment="pieces"),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("opens_us", sa.BigInteger(), nullable=True, comment="programme time, inclusive"),
        sa.Column("ends_us", sa.BigInteger(), nullable=True, comment="programme time, exclusive"),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.Column("sold", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "held", sa.Integer(), server_default="0", nullable=False, comment="pieces reserved for unpaid orders"
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(kind = 'amount') = (amount_minor is not null)", name=op.f("ck_deal_amount_has_amount")),
        sa.CheckConstraint(
            "(kind = 'percentage') = (percentage_bps is not null)", name=op.f("ck_deal_percentage_has_percentage")
        ),
        sa.CheckConstraint("(kind = 'price') = (price_minor is not null)", name=op.f("ck_deal_price_has_price")),
        sa.CheckConstraint(
            "(state in ('open', 'ended')) = (opens_us is not null and ends_us is not null)",
            name=op.f("ck_deal_open_has_times"),
        ),
        sa.CheckConstraint("kind in ('price', 'percentage', 'amount')", name=op.f("ck_deal_kind_known")),
        sa.CheckConstraint("state in ('draft', 'agreed', 'open', 'ended')", name=op.f("ck_deal_state_known")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_deal_amount_positive")),
        sa.CheckConstraint("duration_s between 10 and 86400", name=op.f("ck_deal_duration_10_s_to_1_day")),
        sa.CheckConstraint("per_buyer_limit > 0", name=op.f("ck_deal_per_buyer_limit_positive")),
        sa.CheckConstraint("percentage_bps between 1 and 10000", name=op.f("ck_deal_percentage_1_to_10000_bps")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_deal_price_not_negative")),
        sa.CheckConstraint("sold + held <= total_limit", name=op.f("ck_deal_total_limit_holds")),
        sa.CheckConstraint("sold >= 0 and held >= 0", name=op.f("ck_deal_counts_not_negative")),
        sa.CheckConstraint("total_limit > 0", name=op.f("ck_deal_total_limit_positive")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_deal_product_id_product")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_deal_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_index("ix_deal_shop_id_state", "deal", ["shop_id", "state"], unique=False)
    op.create_table(
        "funder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("party_kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("share_bps", sa.Integer(), nullable=False, comment="of each discount; a deal's shares sum to 10000"),
        sa.Column("budget_minor", sa.BigInteger(), nullable=False, comment="the cap"),
        sa.Column("spent_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("held_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("accepted_us", sa.BigInteger(), nullable=True, comment="wall time, microseconds"),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("party_kind in ('brand', 'platform', 'creator')", name=op.f("ck_funder_party_kind_known")),
        sa.CheckConstraint("share_bps between 1 and 10000", name=op.f("ck_funder_share_1_to_10000_bps")),
        sa.CheckConstraint("spent_minor + held_minor <= budget_minor", name=op.f("ck_funder_budget_holds")),
        sa.CheckConstraint("spent_minor >= 0 and held_minor >= 0", name=op.f("ck_funder_spent_and_held_not_negative")),
        sa.ForeignKeyConstraint(["accepted_by"], ["person.id"], name=op.f("fk_funder_accepted_by_person")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal.id"], name=op.f("fk_funder_deal_id_deal")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_funder_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_funder")),
        sa.UniqueConstraint("deal_id", "party_id", name=op.f("uq_funder_deal_id_party_id")),
        sa.UniqueConstraint("deal_id", "position", name=op.f("uq_funder_deal_id_position")),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "deal_buyer",
        sa.Column("deal_id", sa.Uuid(), nullable=False),
        sa.Column("buyer_hash", sa.LargeBinary(), nullable=False, comment="sha-256 of the shop and the e-mail"),
        sa.Column("quantity", sa.Integer(), nullable=False, comment="pieces bought or held"),
        sa.Column("quantity_max", sa.Integer(), nullable=True, comment="the deal's per_buyer_limit"),
        sa.CheckConstraint("quantity <= quantity_max", name=op.f("ck_deal_buyer_per_buyer_limit_holds")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_deal_buyer_quantity_not_negative")),
        sa.PrimaryKeyConstraint("deal_id", "buyer_hash", name=op.f("pk_deal_buyer")),
        postgresql_with={"fillfactor": "80"},
    )
    op.execute(_CHECK_SHARES)
    op.execute(
        "create trigger funder_shares after insert on funder referencing new table as fresh"
        " for each statement execute function check_shares()"
    )
    op.execute(
        "create trigger funder_terms_stay before update of deal_id, party_id, party_kind, share_bps on funder"
        " for each row execute function refuse_change()"
    )
    op.execute("create trigger funder_stays before delete on funder for each row execute function refuse_change()")
