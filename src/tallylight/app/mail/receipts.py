"""Which mails are due, and sending them. Orders are never slowed by it: a job looks through them afterwards."""

from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.app.mail.compose import ReceiptFacts, compose
from tallylight.app.mail.due import DueMail, Mail, send_due_mail
from tallylight.app.mail.models import mail, mail_progress
from tallylight.app.mail.smtp import Send
from tallylight.checkout.exchanges.models import order_exchange
from tallylight.checkout.exchanges.queries import OF_ORDER, exchanges_of
from tallylight.checkout.models import customer_order, payment, quote_of_order, receipt_link
from tallylight.checkout.refunds.models import order_refund
from tallylight.checkout.refunds.queries import refund_by_id
from tallylight.deals import Quote
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.ids import new_id
from tallylight.members.models import shop
from tallylight.members.tokens import hash_of, new_token
from tallylight.shows.models import show

ORDERS_A_TURN = 500
REFUNDS_SINCE_US = 86_400 * MICROSECONDS


async def note_due(database: Database, *, now_us: int) -> int:
    """Note a receipt for each new order and a notice for each refund; how many are new. Safe to repeat and to race."""
    async with database.transaction() as connection:
        await connection.execute(
            insert(mail_progress)
            .from_select(
                ["shop_id", "through_number", "since_us"],
                sa.select(
                    shop.c.id,
                    sa.func.coalesce(
                        sa.select(sa.func.max(customer_order.c.number))
                        .where(customer_order.c.shop_id == shop.c.id)
                        .scalar_subquery(),
                        0,
                    ),
                    sa.literal(now_us),
                ),
            )
            .on_conflict_do_nothing()
        )
        shops = (await connection.execute(sa.select(mail_progress))).all()
    noted = 0
    for row in shops:
        async with database.transaction() as connection:
            noted += await _note_orders(connection, row.shop_id, now_us)
    async with database.transaction() as connection:
        return noted + await _note_refunds(connection, now_us) + await _note_exchanges(connection, now_us)


async def _note_orders(connection: AsyncConnection, shop_id: UUID, now_us: int) -> int:
    """Orders become visible in the order of their numbers: one desk commits them one batch after the other."""
    progress = (
        await connection.execute(
            sa.select(mail_progress.c.through_number).where(mail_progress.c.shop_id == shop_id).with_for_update()
        )
    ).one()
    rows = (
        await connection.execute(
            sa.select(customer_order.c.id, customer_order.c.number)
            .where(customer_order.c.shop_id == shop_id, customer_order.c.number > progress.through_number)
            .order_by(customer_order.c.number)
            .limit(ORDERS_A_TURN)
        )
    ).all()
    if not rows:
        return 0
    values = [{"id": new_id(), "order_id": row.id, "state": "waiting", "next_try_us": now_us} for row in rows]
    await connection.execute(insert(mail).values(values).on_conflict_do_nothing())
    await connection.execute(
        mail_progress.update().where(mail_progress.c.shop_id == shop_id).values(through_number=rows[-1].number)
    )
    return len(rows)


async def _note_refunds(connection: AsyncConnection, now_us: int) -> int:
    """A refund is told of once its money is sent."""
    rows = await connection.execute(
        sa.select(order_refund.c.id, order_refund.c.order_id)
        .join(customer_order, customer_order.c.id == order_refund.c.order_id)
        .join(mail_progress, mail_progress.c.shop_id == customer_order.c.shop_id)
        .outerjoin(mail, mail.c.refund_id == order_refund.c.id)
        .where(
            order_refund.c.money == "sent",
            order_refund.c.made_us >= sa.func.greatest(mail_progress.c.since_us, now_us - REFUNDS_SINCE_US),
            mail.c.id.is_(None),
        )
        .limit(ORDERS_A_TURN)
    )
    values = [
        {"id": new_id(), "order_id": row.order_id, "refund_id": row.id, "state": "due", "next_try_us": now_us}
        for row in rows
    ]
    if values:
        await connection.execute(insert(mail).values(values).on_conflict_do_nothing())
    return len(values)


async def _note_exchanges(connection: AsyncConnection, now_us: int) -> int:
    """Who is to pay for an exchange is asked to, once; the receipt comes when it is paid."""
    asked = sa.exists().where(mail.c.order_id == customer_order.c.id, mail.c.asks)
    rows = await connection.execute(
        sa.select(customer_order.c.id)
        .join(order_exchange, OF_ORDER)
        .join(mail_progress, mail_progress.c.shop_id == customer_order.c.shop_id)
        .where(
            customer_order.c.state == "payment_pending",
            order_exchange.c.made_us >= mail_progress.c.since_us,
            sa.not_(asked),
        )
        .limit(ORDERS_A_TURN)
    )
    values = [{"id": new_id(), "order_id": row.id, "asks": True, "state": "due", "next_try_us": now_us} for row in rows]
    if values:
        await connection.execute(insert(mail).values(values).on_conflict_do_nothing())
    return len(values)


async def send_due(database: Database, send: Send, *, sender: str, base_url: str, now_us: int) -> int:
    """Send what is due, at most MAILS_A_TURN; how many were sent. A message that fails stops no other."""

    async def write(connection: AsyncConnection, claimed: "sa.Row[Any]") -> Mail | Literal["wait", "drop"]:
        order = await _order(connection, claimed.order_id)
        if claimed.asks:
            if order.state != "payment_pending" or not order.buyer_email:
                return "drop"  # paid or called off before anybody was asked
        elif order.state == "payment_pending" or order.owes_back:
            return "wait"
        told = claimed.asks or order.state == "paid" or order.cancelled_because is not None
        if not told or not order.buyer_email:  # without one: its buyer's account was deleted
            return "drop"
        facts = await _facts(connection, claimed, order, base_url)
        return lambda message_id: compose(facts, sender=sender, message_id=message_id, now_us=now_us)

    return await send_due_mail(database, send, DueMail(mail, ("waiting", "due"), write), now_us=now_us)


async def _order(connection: AsyncConnection, order_id: UUID) -> "sa.Row[Any]":
    return (
        await connection.execute(
            sa.select(
                customer_order,
                quote_of_order,
                shop.c.name.label("shop_name"),
                show.c.slug.label("show_slug"),
                payment.c.state.label("payment_state"),
            )
            .join(payment, payment.c.order_id == customer_order.c.id)
            .join(shop, shop.c.id == customer_order.c.shop_id)
            .join(show, show.c.id == customer_order.c.show_id)
            .where(customer_order.c.id == order_id)
        )
    ).one()


async def _facts(
    connection: AsyncConnection, claimed: "sa.Row[Any]", order: "sa.Row[Any]", base_url: str
) -> ReceiptFacts:
    """With a fresh link: the one that the buyer got at the checkout is known to nobody but the buyer."""
    token = new_token()
    await connection.execute(receipt_link.insert().values(token_hash=hash_of(token), order_id=claimed.order_id))
    exchange = next((each for each in await exchanges_of(connection, order.id) if each.order_id == order.id), None)
    refund = None if claimed.refund_id is None else await refund_by_id(connection, claimed.refund_id)
    return ReceiptFacts(
        shop_name=order.shop_name,
        buyer_name=order.buyer_name,
        buyer_email=order.buyer_email,
        number=str(order.number),
        placed_us=order.placed_us,
        quote=msgspec.convert(order.quote, Quote),
        url=f"{base_url}/receipt/{claimed.order_id}?token={token}",
        moment_url=None if exchange else f"{base_url}/watch/{order.show_slug}?t={order.at_us}",
        refund=refund,
        asks=claimed.asks,
        exchange=exchange,
        lost=order.cancelled_because,
        charged=order.payment_state == "refunded",
    )
