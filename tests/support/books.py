"""Whether every counter agrees with the rows behind it: an auditor that shares no code with the sale desk."""

from tallylight.foundation.database import Database
from tests.support.shop import fetch_value

# Set-wise, so that they stay quick on a hundred thousand orders.
_CHECKS = {
    "a transfer does not sum to zero": (
        "select count(*) from (select from entry group by transfer_id, currency having sum(amount_minor) <> 0) as x"
    ),
    "a paid order has not one sale, or another has transfers": (
        "select count(*) from customer_order as o full join (select order_id, count(*) filter (where kind = 'sale') as"
        " sales, count(*) as posted from transfer group by order_id) as t on t.order_id = o.id"
        " where o.id is null or (o.state = 'paid' and t.sales is distinct from 1)"
        " or (o.state <> 'paid' and t.posted is not null)"
    ),
    "a customer paid other than the order's total less its refunds": (
        "select count(*) from customer_order as o left join (select t.order_id, sum(e.amount_minor) as paid"
        " from entry as e join transfer as t on t.id = e.transfer_id join account as a on a.id = e.account_id"
        " where a.purpose = 'customer_payment' group by t.order_id) as p on p.order_id = o.id left join"
        " order_refunded as r on r.order_id = o.id where o.state = 'paid'"
        " and o.total_minor - coalesce(r.refunded_minor, 0) <> coalesce(p.paid, 0)"
    ),
    "an order's refunds are not what was counted": (
        "select count(*) from (select order_id, sum(amount_minor) as minor from order_refund where kind <> 'exchange'"
        " group by order_id) as f full join order_refunded as r using (order_id)"
        " where f.minor is distinct from r.refunded_minor"
    ),
    "an order that was wholly taken back left something on an account": (
        "select count(*) from (select t.order_id, e.account_id from transfer as t join entry as e"
        " on e.transfer_id = t.id join order_refunded as r on r.order_id = t.order_id"
        " where r.standing in ('cancelled', 'refunded') group by t.order_id, e.account_id"
        " having sum(e.amount_minor) <> 0) as x"
    ),
    "an order has no line or no payment": (
        "select count(*) from customer_order as o where not exists (select from order_line where order_id = o.id)"
        " or not exists (select from payment where order_id = o.id)"
    ),
    "an order has no price": (
        "select count(*) from customer_order as o where not exists (select from order_quote where id = o.quote_id)"
    ),
    "stock differs from its movements": (
        "select count(*) from stock_level as s left join (select variant_id, sum(delta) as moved from stock_movement"
        " group by variant_id) as m using (variant_id) where s.on_hand <> coalesce(m.moved, 0)"
    ),
    "a sale moved other stock than its lines say": (
        "select count(*) from (select l.order_id, sum(quantity) as pieces from order_line as l"
        " join customer_order as o on o.id = l.order_id where o.state = 'paid' group by l.order_id) as l"
        " full join (select order_id, -sum(delta) as moved from stock_movement where reason = 'sale'"
        " group by order_id) as m using (order_id) where l.pieces is distinct from m.moved"
    ),
    "other stock came back than was restocked": (
        "select count(*) from (select r.order_id, sum(l.restocked) as pieces from order_refund_line as l"
        " join order_refund as r on r.id = l.refund_id where l.restocked > 0 group by r.order_id) as l"
        " full join (select order_id, sum(delta) as moved from stock_movement where reason = 'return'"
        " group by order_id) as m using (order_id) where l.pieces is distinct from m.moved"
    ),
    "held stock differs from pending orders": (
        "select count(*) from stock_level as s left join (select variant_id, sum(quantity) as held from order_line as l"
        " join customer_order as o on o.id = l.order_id where o.state = 'payment_pending' and o.unheld is not true"
        " group by variant_id) as p"
        " using (variant_id) where s.held <> coalesce(p.held, 0)"
    ),
    "a funder's spending differs from its orders less their refunds": (
        "select count(*) from funder as f left join (select funder_id, sum(amount_minor) as spent from order_funding"
        " as u, unnest(u.funder_ids, u.amounts_minor) as part(funder_id, amount_minor), customer_order as o"
        " where o.id = u.order_id and o.state = 'paid' group by funder_id) as u on u.funder_id = f.id"
        " left join (select funder_id, sum(amount_minor) as back from order_refund_funding as r,"
        " unnest(r.funder_ids, r.amounts_minor) as part(funder_id, amount_minor) group by funder_id) as b"
        " on b.funder_id = f.id where f.spent_minor <> coalesce(u.spent, 0) - coalesce(b.back, 0)"
    ),
    "a discount is not what its funders paid": (
        "select count(*) from customer_order as o left join (select order_id, sum(amount_minor) as funded from"
        " order_funding, unnest(amounts_minor) as amount_minor group by order_id) as f on f.order_id = o.id"
        " left join lateral (select sum((reason #>> '{discount,minor}')::bigint) as minor"
        " from order_quote as q, json_array_elements(q.quote -> 'shipping_reasons') as reason"
        " where q.id = o.quote_id) as s on true"
        " where o.discount_minor + coalesce(s.minor, 0) <> coalesce(f.funded, 0)"
    ),
    "a deal's count differs from its orders less what came back": (
        "select count(*) from deal as d left join (select deal_id, sum(quantity) as sold from order_line as l"
        " join customer_order as o on o.id = l.order_id where o.state = 'paid' group by deal_id) as l"
        " on l.deal_id = d.id left join (select o.deal_id, sum(l.pieces) as back from order_refund_line as l"
        " join order_refund as r on r.id = l.refund_id join order_line as o on o.order_id = r.order_id"
        " and o.position = l.position where r.kind in ('cancel', 'return') group by o.deal_id) as b"
        " on b.deal_id = d.id where d.sold <> coalesce(l.sold, 0) - coalesce(b.back, 0)"
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
