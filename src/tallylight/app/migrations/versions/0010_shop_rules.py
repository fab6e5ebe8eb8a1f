"""Creates the log of what shops change in their rules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

_REFUSE = """
create function shop_rule_change_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the log of rules is append-only: % refused', tg_op
    using errcode = 'integrity_constraint_violation';
end
$$
"""
_TRIGGER = """
create trigger shop_rule_change_append_only before update or delete or truncate on shop_rule_change
for each statement execute function shop_rule_change_refuse()
"""


def upgrade() -> None:
    op.create_table(
        "shop_rule_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("market", sa.Text(), nullable=False),
        sa.Column(
            "change",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            comment="{kind: add_word, remove_word, set_rule, remove_rule, set_level}",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=True, comment="null: the installation's administrator"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(reason) between 5 and 500", name=op.f("ck_shop_rule_change_reason_5_to_500")),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_shop_rule_change_changed_by_person")),
        sa.ForeignKeyConstraint(["shop_id"], ["shop.id"], name=op.f("fk_shop_rule_change_shop_id_shop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shop_rule_change")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.create_index(
        "ix_shop_rule_change_shop_id_market_id", "shop_rule_change", ["shop_id", "market", "id"], unique=False
    )
    op.execute(_REFUSE)
    op.execute(_TRIGGER)
