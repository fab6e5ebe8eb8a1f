"""Taking orders back over HTTP, for a shop's owners and finance people."""

from uuid import UUID

from litestar import post
from litestar.params import FromPath, JSONBody

from tallylight.app.web.injected import SignedIn, Wired
from tallylight.checkout.disputes.follow_dispute import mark_evidence_sent
from tallylight.checkout.disputes.queries import disputes_beside, shop_of_dispute
from tallylight.checkout.disputes.schemas import DisputeView
from tallylight.checkout.exchanges.schemas import Exchange, ExchangeView
from tallylight.checkout.queries import shop_of_order
from tallylight.checkout.refunds.queries import shop_of_refund
from tallylight.checkout.refunds.schemas import RefundView, TakeBack
from tallylight.checkout.schemas import OrderState
from tallylight.foundation.ids import OrderId
from tallylight.members.roles import require_role


@post("/api/office/orders/{order_id:uuid}/refunds", status_code=200)
async def take_back(order_id: FromPath[UUID], data: JSONBody[TakeBack], staff: SignedIn, services: Wired) -> RefundView:
    """Cancel, refund, return, exchange. The same ``id`` and body repeat the answer. 409 when less is left."""
    async with services.database.reading() as connection:
        shop_id = await shop_of_order(connection, OrderId(order_id))
    require_role(staff, shop_id, "finance")
    return await services.sale_desk.take_back(shop_id, OrderId(order_id), data, made_by=staff.person.id)


@post("/api/office/orders/{order_id:uuid}/exchanges", status_code=200)
async def exchange(
    order_id: FromPath[UUID], data: JSONBody[Exchange], staff: SignedIn, services: Wired
) -> ExchangeView:
    """Exchange pieces for others at today's price, once the buyer has paid what they cost more. Without ``difference``
    it only says what that is. The same ``id`` and body repeat the answer. 409 when the difference has changed.
    """
    async with services.database.reading() as connection:
        shop_id = await shop_of_order(connection, OrderId(order_id))
    require_role(staff, shop_id, "finance")
    return await services.sale_desk.exchange(shop_id, OrderId(order_id), data, made_by=staff.person.id)


@post("/api/office/orders/{order_id:uuid}/release", status_code=200)
async def release(order_id: FromPath[UUID], staff: SignedIn, services: Wired) -> dict[str, OrderState]:
    """Cancel an order whose payment is pending, and give its pieces and budgets back."""
    async with services.database.reading() as connection:
        shop_id = await shop_of_order(connection, OrderId(order_id))
    require_role(staff, shop_id, "finance")
    return {"state": await services.sale_desk.release_pending(shop_id, OrderId(order_id))}


@post("/api/office/refunds/{refund_id:uuid}/send", status_code=200)
async def send_again(refund_id: FromPath[UUID], staff: SignedIn, services: Wired) -> RefundView:
    """Try again to send a refund's money that its provider refused. 409 for one that did not fail."""
    async with services.database.reading() as connection:
        shop_id = await shop_of_refund(connection, refund_id)
    require_role(staff, shop_id, "finance")
    return await services.sale_desk.send_again(refund_id)


@post("/api/office/disputes/{dispute_id:uuid}/evidence", status_code=200)
async def note_evidence(dispute_id: FromPath[UUID], staff: SignedIn, services: Wired) -> list[DisputeView]:
    """Note that evidence was sent to the buyer's bank; the order's disputes. 409 when the bank has decided."""
    async with services.database.reading() as connection:
        shop_id = await shop_of_dispute(connection, dispute_id)
    require_role(staff, shop_id, "finance")
    now_us = services.clock.now_us()
    await mark_evidence_sent(services.database, dispute_id, staff.person.id, now_us=now_us)
    async with services.database.reading() as connection:
        return await disputes_beside(connection, dispute_id)


HANDLERS = [take_back, exchange, release, send_again, note_evidence]
