"""Stores a price as explained to buyers once, however many orders were sold at it: a crowd's orders share theirs.

It was the greater part of an order's row. What was sold keeps its price to the letter.
"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"

# As the sale desk makes it: the first half of the text's sha-256.
_NAME = """
update customer_order
set quote_id = cast(substr(encode(sha256(convert_to(cast(quote as text), 'UTF8')), 'hex'), 1, 32) as uuid)
"""

# Not one order may end up with another price than it had.
_MOVED_WHOLE = """
do $$
begin
    if exists (
        select from customer_order as o left join order_quote as q on q.id = o.quote_id
        where cast(q.quote as text) is distinct from cast(o.quote as text)
    ) then
        raise exception 'an order would lose its price; nothing was changed';
    end if;
end $$
"""


def upgrade() -> None:
    op.create_table(
        "order_quote",
        sa.Column("id", sa.Uuid(), nullable=False, comment="the first half of the text's sha-256"),
        sa.Column("quote", sa.JSON(), nullable=False, comment="a price as explained, but for its at_us: see priced_us"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_quote")),
        comment="append-only: a trigger refuses UPDATE, DELETE and TRUNCATE",
    )
    op.add_column(
        "customer_order",
        sa.Column("quote_id", sa.Uuid(), nullable=True, comment="its price as explained to the buyer: see order_quote"),
    )
    op.execute(_NAME)
    op.execute(
        "insert into order_quote (id, quote) select distinct on (quote_id) quote_id, quote from customer_order"
        " order by quote_id"
    )
    op.execute(_MOVED_WHOLE)
    op.alter_column("customer_order", "quote_id", nullable=False)
    op.drop_column("customer_order", "quote")
    op.execute(
        "create trigger order_quote_append_only before update or delete or truncate on order_quote"
        " for each statement execute function refuse_change()"
    )
    # The owner gives the right away as well; a superuser still meets the trigger.
    op.execute("revoke update, delete, truncate on order_quote from current_user")
