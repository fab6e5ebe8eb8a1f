"""Names what is a sale's own, so that the sale desk need not send with each sale what all sales of its kind share."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.execute(
        "create type sold_order as (id uuid, number bigint, at_us bigint, priced_us bigint, buyer_hash bytea,"
        " receipt_hash bytea, key_hash bytea, body_hash bytea, buyer_email text, buyer_name text, address json)"
    )
    op.execute("create domain sold_order_rows as sold_order[]")
    op.execute(
        "comment on column customer_order.quote is"
        " 'the price as explained to the buyer, but for its at_us: see priced_us'"
    )
