"""Lifts funding agreements out of deals: shared budgets, caps, dates, steps, opting out, who decides for a party."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"

_CHECK_SHARES = """
create or replace function check_shares() returns trigger language plpgsql as $$
begin
    if exists (
        select from funder where agreement_id in (select agreement_id from fresh)
        group by agreement_id having sum(share_bps) <> 10000
    ) then
        raise exception 'the funders of an agreement share 10000 basis points' using errcode = 'check_violation';
    end if;
    return null;
end $$
"""
_KEEP = "append-only: a trigger refuses UPDATE, DELETE and TRUNCATE"


def upgrade() -> None:
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column(
            "standing", sa.Boolean(), server_default=sa.false(), nullable=False, comment="false: of one deal alone"
        ),
        sa.Column("from_us", sa.BigInteger(), nullable=True, comment="programme time, inclusive"),
        sa.Column("until_us", sa.BigInteger(), nullable=True, comment="programme time, exclusive"),
        sa.Column(
            "product_ids",
            postgresql.ARRAY(sa.Uuid()),
            server_default="{}",
            nullable=False,
            comment="empty: everything",
        ),
        sa.Column("at_cap", sa.Text(), server_default="end_deal", nullable=False),
        sa.Column(
            "steps",
            postgresql.JSONB(none_as_null=True),
            server_default="[]",
            nullable=False,
            comment="deals.types.GlideStep, by from_us",
        ),
        sa.Column("created_us", sa.BigInteger(), server_default="0", nullable=False, comment="wall time, microseconds"),
        sa.CheckConstraint("at_cap in ('next_funder', 'end_deal', 'ask')", name=op.f("ck_agreement_at_cap_known")),
        sa.CheckConstraint("from_us < until_us", name=op.f("ck_agreement_forward")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_agreement_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    op.create_index("ix_agreement_shop_id", "agreement", ["shop_id"])
    _move_funders()
    op.create_table(
        "opt_out",
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("funder_id", sa.Uuid(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="programme time from which nothing is funded"),
        sa.Column("by_person", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_opt_out_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["by_person"], ["person.id"], name=op.f("fk_opt_out_by_person_person")),
        sa.ForeignKeyConstraint(["funder_id"], ["funder.id"], name=op.f("fk_opt_out_funder_id_funder")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_opt_out_product_id_product")),
        sa.PrimaryKeyConstraint("agreement_id", "product_id", name=op.f("pk_opt_out")),
        comment=_KEEP,
    )
    op.execute(
        "create trigger opt_out_stays before update or delete or truncate on opt_out"
        " for each statement execute function refuse_change()"
    )
    op.create_table(
        "party_member",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["invited_by"], ["person.id"], name=op.f("fk_party_member_invited_by_person")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_member_party_id_party")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_party_member_person_id_person")),
        sa.PrimaryKeyConstraint("party_id", "person_id", name=op.f("pk_party_member")),
        comment="who may see and decide a party's agreements, and nothing else of the shop",
    )


def _move_funders() -> None:
    """Each deal's own funders become an agreement of its own, with the deal's id."""
    op.execute("insert into agreement (id, shop_id, title, currency) select id, shop_id, title, currency from deal")
    op.add_column("deal", sa.Column("agreement_id", sa.Uuid(), nullable=True))
    op.execute("update deal set agreement_id = id")
    op.alter_column("deal", "agreement_id", nullable=False)
    op.create_foreign_key(op.f("fk_deal_agreement_id_agreement"), "deal", "agreement", ["agreement_id"], ["id"])
    op.create_index("ix_deal_agreement_id", "deal", ["agreement_id"])
    op.drop_constraint(op.f("fk_funder_deal_id_deal"), "funder")
    op.alter_column("funder", "deal_id", new_column_name="agreement_id")
    op.create_foreign_key(op.f("fk_funder_agreement_id_agreement"), "funder", "agreement", ["agreement_id"], ["id"])
    for what in ("position", "party_id"):
        op.execute(f"alter table funder rename constraint uq_funder_deal_id_{what} to uq_funder_agreement_id_{what}")
    op.alter_column("funder", "share_bps", comment="of each discount; an agreement's shares sum to 10000")
    for added in (
        sa.Column("cap_order_minor", sa.BigInteger(), nullable=True, comment="the most for one order"),
        sa.Column("cap_day_minor", sa.BigInteger(), nullable=True, comment="the most on one day, UTC"),
        sa.Column(
            "day", sa.Integer(), server_default="0", nullable=False, comment="days since 1970 that day_minor is of"
        ),
        sa.Column(
            "day_minor",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="spent and held on that day",
        ),
        sa.Column("declined_us", sa.BigInteger(), nullable=True, comment="wall time, microseconds"),
    ):
        op.add_column("funder", added)
    op.add_column("funder", sa.Column("declined_reason", sa.Text(), nullable=True))
    op.drop_constraint(op.f("ck_funder_party_kind_known"), "funder")
    for name, rule in (
        ("party_kind_known", "party_kind in ('brand', 'platform', 'creator', 'supplier')"),
        ("day_not_negative", "day_minor >= 0"),
        ("day_cap_holds", "day_minor <= cap_day_minor"),
        ("accepted_or_declined", "accepted_us is null or declined_us is null"),
    ):
        op.create_check_constraint(op.f(f"ck_funder_{name}"), "funder", rule)
    op.execute(_CHECK_SHARES)
