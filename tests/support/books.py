"""Whether every counter agrees with the rows behind it: an auditor that shares no code with the sale desk."""

from tallylight.foundation.database import Database
from tests.support.shop import fetch_value

_CHECKS = {
    "a transfer does not sum to zero": (
        "select count(*) from (select from entry group by transfer_id, currency having sum(amount_minor) <> 0) as x"
    ),
    "a paid order has not one sale": (
        "select count(*) from customer_order as o where state = 'paid'"
        " and (select count(*) from transfer as t where t.order_id = o.id and kind = 'sale') <> 1"
    ),
    "an order that is not paid has transfers": (
        "select count(*) from customer_order as o join transfer as t on t.order_id = o.id where state <> 'paid'"
    ),
    "a customer paid other than the order's total": (
        "select count(*) from customer_order as o where state = 'paid' and total_minor <> coalesce((select"
        " sum(amount_minor) from entry as e join transfer as t on t.id = e.transfer_id"
        " join account as a on a.id = e.account_id where t.order_id = o.id and a.purpose = 'customer_payment'), 0)"
    ),
    "an order has no line or no payment": (
        "select count(*) from customer_order as o where not exists (select from order_line where order_id = o.id)"
        " or not exists (select from payment where order_id = o.id)"
    ),
    "stock differs from its movements": (
        "select count(*) from stock_level as s where on_hand <>"
        " coalesce((select sum(delta) from stock_movement as m where m.variant_id = s.variant_id), 0)"
    ),
    "a sale moved other stock than its lines say": (
        "select count(*) from customer_order as o where state = 'paid'"
        " and (select sum(quantity) from order_line where order_id = o.id)"
        " <> -(select sum(delta) from stock_movement where order_id = o.id)"
    ),
    "held stock differs from pending orders": (
        "select count(*) from stock_level as s where held <> coalesce((select sum(quantity) from order_line as l"
        " join customer_order as o on o.id = l.order_id"
        " where l.variant_id = s.variant_id and o.state = 'payment_pending'), 0)"
    ),
    "a funder's spending differs from its orders": (
        "select count(*) from funder as f where spent_minor <> coalesce((select sum(amount_minor) from order_funding"
        " as u join customer_order as o on o.id = u.order_id where u.funder_id = f.id and o.state = 'paid'), 0)"
    ),
    "a discount is not what its funders paid": (
        "select count(*) from customer_order as o where discount_minor <>"
        " coalesce((select sum(amount_minor) from order_funding where order_id = o.id), 0)"
    ),
    "a deal's count differs from its orders": (
        "select count(*) from deal as d where sold <> coalesce((select sum(quantity) from order_line as l"
        " join customer_order as o on o.id = l.order_id where l.deal_id = d.id and o.state = 'paid'), 0)"
    ),
    "a limit or budget is passed": (
        "select (select count(*) from deal where sold + held > total_limit)"
        " + (select count(*) from funder where spent_minor + held_minor > budget_minor)"
        " + (select count(*) from stock_level where held > on_hand or on_hand < 0)"
        " + (select count(*) from deal_buyer where quantity > quantity_max)"
    ),
}


async def disagreements(database: Database) -> list[str]:
    """What does not hold; empty when the books are right."""
    return [name for name, sql in _CHECKS.items() if await fetch_value(database, sql) != 0]
