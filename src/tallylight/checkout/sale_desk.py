"""The sale desk: the web process' way to sell. It keeps a desk a shop and takes payments."""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from tallylight.checkout.check_request import check_request
from tallylight.checkout.desk.door import DeskDoor
from tallylight.checkout.desk.requests import (
    ExchangeRequest,
    SaleRequest,
    Settlement,
    SettleRequest,
    TakeBackRequest,
)
from tallylight.checkout.desk.shop_desk import ShopDesk
from tallylight.checkout.desk.show_facts import ShowFacts
from tallylight.checkout.disputes.follow_dispute import check_disputes, follow_dispute
from tallylight.checkout.errors import PaymentDeclinedError
from tallylight.checkout.exchanges.begin_attempt import begin_attempt, end_attempt, forget_attempt
from tallylight.checkout.exchanges.check import check_exchange
from tallylight.checkout.exchanges.models import order_exchange
from tallylight.checkout.exchanges.queries import CHARGE_KEY, OF_ORDER, UNASKED, has_charge
from tallylight.checkout.exchanges.schemas import Exchange, ExchangeView
from tallylight.checkout.hear_provider import event_done, note_event
from tallylight.checkout.look_up_code import look_up_voucher
from tallylight.checkout.models import customer_order, payment
from tallylight.checkout.payments import Charge, OutcomeUnknownError, PaymentProvider, PaymentStep, ProviderEvent
from tallylight.checkout.queries import order_by_token
from tallylight.checkout.receipt import buyer_hash, key_hash, receipt_token
from tallylight.checkout.refunds.check import check_take_back
from tallylight.checkout.refunds.queries import refund_by_id
from tallylight.checkout.refunds.schemas import RefundView, TakeBack
from tallylight.checkout.refunds.send_money import send_due, send_one, try_again
from tallylight.checkout.return_lost import return_lost, return_money, return_one
from tallylight.checkout.schemas import Order, OrderState, PaymentMeans, PlaceOrder
from tallylight.checkout.test_provider import TestProvider
from tallylight.deals import VoucherFact
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import ConflictError, InvalidInputError, NotFoundError, UnavailableError
from tallylight.foundation.ids import OrderId, ShopId, is_uuid, new_id

SHOPS_MAX = 200
TICK_S = 5.0
ASK_AGAIN_US = 5_000_000
"""How old a pending payment is before its provider is asked what became of it."""
PENDING_A_TICK = 200

_PENDING = (
    sa.select(
        customer_order.c.id, customer_order.c.shop_id, customer_order.c.state, customer_order.c.hold_expires_us,
        customer_order.c.unheld, payment.c.provider, CHARGE_KEY, UNASKED.label("unasked"),
        order_exchange.c.order_id.is_not(None).label("is_exchange"),
    )
    .join(payment, payment.c.order_id == customer_order.c.id)
    .outerjoin(order_exchange, OF_ORDER)
)  # fmt: skip
"""An order whose payment may be settled, with what its charge is known by."""

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder(order="deterministic").encode


class SaleDesk:
    """Sells. One a process; several processes may run one. Each shop is held by one of them at a time, and the others
    hand their orders to that one.
    """

    def __init__(
        self,
        database: Database | str,
        clock: Clock,
        providers: Mapping[str, PaymentProvider] | None = None,
        *,
        door_host: str = "127.0.0.1",
    ) -> None:
        """``door_host``: the address at which other processes reach this one to hand it orders."""
        self._desks: dict[UUID, ShopDesk] = {}
        self._door = DeskDoor(door_host, self._desks.get)
        self._own_database = isinstance(database, str)
        self._database = (
            Database(database, pool_size=4, application_name=self._door.name) if isinstance(database, str) else database
        )
        self._clock = clock
        self._providers = providers if providers is not None else {"test": TestProvider(self._database)}
        self._shows = ShowFacts(self._database, clock)
        self._ticker: asyncio.Task[None] | None = None

    async def start(self, *, tick_s: float | None = TICK_S) -> None:
        """Begin to settle pending payments every ``tick_s`` (None: only when told). Desks start at first use."""
        if tick_s is not None:
            self._ticker = asyncio.create_task(self._tick(tick_s), name="sale-desk-ticker")

    async def stop(self) -> None:
        """Give every lease up. Whoever waits is told to repeat the request."""
        if self._ticker is not None:
            self._ticker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticker
        for desk in self._desks.values():
            await desk.stop()
        self._desks.clear()
        await self._door.close()
        if self._own_database:
            await self._database.close()

    @property
    def providers(self) -> Mapping[str, PaymentProvider]:
        """Those that it takes payments by, by name."""
        return self._providers

    @property
    def batches(self) -> int:
        """Batches committed since the start."""
        return sum(desk.batches for desk in self._desks.values())

    async def place(self, request: PlaceOrder) -> Order:
        """Sell. The answer leaves after the order is durable; the same request again gets the same order.

        Raises InvalidInputError, NotFoundError, the refusals of ``checkout.errors``, and UnavailableError, after which
        the same request with the same key is safe to repeat.
        """
        check_request(request, now_us=self._clock.now_us())
        provider = self._providers.get(request.payment.provider)
        if provider is None:
            raise InvalidInputError("there is no such payment provider", field="provider")
        fact = await self._shows.of(request)
        order_id = new_id()
        buyer = buyer_hash(fact.shop_id, request.buyer.email)
        named = request.code is not None or request.follow is not None
        voucher = await self._look_up(ShopId(fact.shop_id), request, buyer) if named else None
        asked = SaleRequest(
            request=request,
            show=fact,
            key_hash=key_hash(request.key),
            body_hash=hashlib.sha256(_encode(request)).digest(),
            buyer_hash=buyer,
            order_id=order_id,
            receipt_token=receipt_token(request.key, order_id),
            at_once=provider.decides_at_once(request.payment.token),
            answer=asyncio.get_running_loop().create_future(),
            voucher=voucher,
        )
        self._desk(fact.shop_id).submit(asked)
        order = await asked.answer
        if order.state == "payment_pending":
            return await self._pay(fact.shop_id, order, request, provider)
        if order.state == "declined":
            raise PaymentDeclinedError("the payment was declined; try another card")
        return order

    async def _look_up(self, shop_id: ShopId, request: PlaceOrder, buyer: bytes) -> VoucherFact | None:
        try:
            async with self._database.transaction() as connection:
                return await look_up_voucher(
                    connection, shop_id, request.code, request.follow, buyer, at_us=self._clock.now_us()
                )
        except (OSError, SQLAlchemyError) as error:
            _log.warning("a code could not be looked up", error=type(error).__name__)
            raise UnavailableError("the database is away; repeat with the same key") from error

    async def take_back(
        self, shop_id: UUID, order_id: OrderId, asked: TakeBack, *, made_by: UUID | None = None
    ) -> RefundView:
        """Cancel, refund, return, exchange, charge back. It is posted when it is answered; the money is tried at once.

        Raises InvalidInputError, NotFoundError, ConflictError, KeyReusedError, SoldOutError, and UnavailableError,
        after which the same request with the same id is safe to repeat.
        """
        check_take_back(asked)
        request = TakeBackRequest(order_id, asked, made_by, asyncio.get_running_loop().create_future())
        self._desk(shop_id).submit(request)
        view = await request.answer
        if view.money == "due":
            await send_one(self._database, self._providers, view.id, now_us=self._clock.now_us())
            async with self._database.reading() as connection:
                return await refund_by_id(connection, view.id)
        return view

    async def exchange(
        self, shop_id: UUID, order_id: OrderId, asked: Exchange, *, made_by: UUID | None = None
    ) -> ExchangeView:
        """Exchange pieces of an order for others, at once or once the difference is paid; or say what that is.

        Raises what ``take_back`` raises, PriceChangedError and NotShippedError; after an UnavailableError the same
        request with the same id is safe to repeat.
        """
        check_exchange(asked)
        request = ExchangeRequest(order_id, asked, made_by, new_id(), asyncio.get_running_loop().create_future())
        self._desk(shop_id).submit(request)
        view = await request.answer
        if view.state == "paid" and view.difference.minor < 0:
            await send_one(self._database, self._providers, view.id, now_us=self._clock.now_us())
        return view

    async def pay_exchange(self, order_id: OrderId, means: PaymentMeans) -> PaymentStep | None:
        """The buyer pays the difference of an exchange; what the bank still wants of the buyer.

        Raises InvalidInputError, PaymentDeclinedError (another card may be tried), what ``begin_attempt`` raises.
        """
        provider = self._providers.get(means.provider)
        if provider is None:
            raise InvalidInputError("there is no such payment provider", field="provider")
        now_us = self._clock.now_us()
        attempt = await begin_attempt(self._database, self._providers, order_id, provider, now_us)
        charge = attempt.paid
        try:
            if charge is None:
                charge = await provider.authorise(str(attempt.key), means.token, attempt.amount)
            if charge.state in ("authorised", "captured"):
                await self._paid(attempt.shop_id, order_id, str(attempt.key), provider, charge, kept=True)
        except OutcomeUnknownError:
            return None
        finally:
            await end_attempt(self._database, order_id)
        if charge.state == "declined":
            await forget_attempt(self._database, order_id, attempt.key)
            raise PaymentDeclinedError("the payment was declined; try another card")
        return charge.step if charge.state == "challenged" else None

    async def send_again(self, refund_id: UUID) -> RefundView:
        """Try to send a refund's money that failed to be sent. Raises ConflictError for one that did not fail."""
        await try_again(self._database, refund_id, now_us=self._clock.now_us())
        await send_one(self._database, self._providers, refund_id, now_us=self._clock.now_us())
        async with self._database.reading() as connection:
            return await refund_by_id(connection, refund_id)

    async def release_pending(self, shop_id: UUID, order_id: OrderId) -> OrderState:
        """Cancel an order whose payment is pending, unless its provider has taken the money. The state it is in now."""
        async with self._database.reading() as connection:
            row = (
                await connection.execute(
                    sa.select(customer_order.c.state, payment.c.provider, CHARGE_KEY, UNASKED.label("unasked"))
                    .join(payment, payment.c.order_id == customer_order.c.id)
                    .outerjoin(order_exchange, OF_ORDER)
                    .where(customer_order.c.id == order_id, customer_order.c.shop_id == shop_id)
                )
            ).one_or_none()
        if row is None:
            raise NotFoundError("there is no such order")
        provider = self._providers.get(row.provider)
        if row.state == "payment_pending" and (row.unasked or provider is not None):
            if provider is not None and not row.unasked:
                await provider.void(str(row.charge_key))
            return await self._settle(shop_id, order_id, "cancelled")
        state: OrderState = row.state
        return state

    async def ask_provider(self, order_id: OrderId) -> PaymentStep | None:
        """Ask what became of a pending payment and settle it by that, as its buyer's page wants to know; what the bank
        still wants of the buyer. Raises UnavailableError when the provider does not answer.
        """
        asked = await self._pending(order_id)
        provider = None if asked is None else self._providers.get(asked.provider)
        if asked is None or provider is None:
            return None
        if asked.state != "payment_pending":
            # The buyer went on with a bank that was told to stop, and may have been heard first.
            await return_money(provider, str(asked.charge_key))
            return None
        if await self._settle_one(asked, provider, self._clock.now_us()) or asked.unasked:
            return None
        charge = await provider.find(str(asked.charge_key))
        return None if charge is None else charge.step

    async def give_up(self, order_id: OrderId) -> None:
        """The buyer does not go on with a pending payment: what is held for it is let go of at once.

        Raises ConflictError when the money is taken already.
        """
        asked = await self._pending(order_id)
        if asked is not None and asked.state == "payment_pending":
            await self.release_pending(asked.shop_id, order_id)

    async def _pending(self, order_id: OrderId) -> "sa.Row[*tuple[Any, ...]] | None":
        """The order, unless it is paid."""
        columns = customer_order.c
        async with self._database.reading() as connection:
            return (
                await connection.execute(_PENDING.where(columns.id == order_id, columns.state != "paid"))
            ).one_or_none()

    async def hear(self, provider_name: str, headers: Mapping[str, str], body: bytes) -> None:
        """Act on a provider's webhook, once. Raises NotFoundError for an unknown provider, InvalidInputError when it is
        not signed, and UnavailableError when it should be sent again.
        """
        provider = self._providers.get(provider_name)
        if provider is None:
            raise NotFoundError("there is no such payment provider")
        event = provider.verify_webhook(headers, body)
        if not await note_event(self._database, provider_name, event, now_us=self._clock.now_us()):
            return
        problem = None
        if event.kind != "other":
            problem = await self._act_on(provider, event)
        await event_done(self._database, provider_name, event, now_us=self._clock.now_us(), problem=problem)

    async def _act_on(self, provider: PaymentProvider, event: ProviderEvent) -> str | None:
        """What holds at the provider now is made to hold here; why it cannot, if it cannot."""
        key = event.key or await provider.key_of(event.reference)
        async with self._database.reading() as connection:
            row = (
                None
                if key is None or not is_uuid(key)
                else (
                    await connection.execute(_PENDING.where(has_charge(UUID(key)), payment.c.provider == provider.name))
                ).one_or_none()
            )
        if row is None or key is None:
            return "there is no such order"
        if event.dispute is not None:
            return await follow_dispute(
                self._database, provider, event.dispute.id, row.shop_id, OrderId(row.id), self.take_back,
                now_us=self._clock.now_us(),
            )  # fmt: skip
        if row.is_exchange and UUID(key) != row.charge_key:
            # Of a try that was let go of for another one.
            await return_money(provider, key)
        elif row.state == "payment_pending":
            await provider.find(key)  # raises when it does not answer, so that the event comes again
            await self._settle_one(row, provider, None)
        elif row.state in ("cancelled", "declined"):
            # The provider took money for an order that was released meanwhile: it goes back, once.
            await return_money(provider, key)
        return None

    async def send_refunds(self, now_us: int) -> int:
        """Send refunded money that is due; how many refunds were sent. Safe to run in several processes."""
        return await send_due(self._database, self._providers, now_us=now_us)

    async def return_lost(self, now_us: int) -> int:
        """Give back the money of orders that lost to who paid first; to how many. Safe to run in several processes."""
        return await return_lost(self._database, self._providers, now_us=now_us)

    async def check_disputes(self, now_us: int) -> int:
        """Ask about disputes that stay open and of which nothing was told; how many have ended. Safe to repeat."""
        return await check_disputes(self._database, self._providers, self.take_back, now_us=now_us)

    async def settle_pending(self, now_us: int, *, asked_before_us: int = 0) -> int:
        """Ask the providers about pending payments made before ``now_us - asked_before_us``; post or release them.

        An order whose hold has expired is released when its provider has not taken the money. Returns how many orders
        were settled. Safe to run in several processes.
        """
        async with self._database.transaction() as connection:
            rows = (
                await connection.execute(
                    _PENDING.where(
                        customer_order.c.state == "payment_pending",
                        customer_order.c.placed_us <= now_us - asked_before_us,
                        sa.or_(sa.not_(UNASKED), customer_order.c.hold_expires_us <= now_us),
                    )
                    .order_by(customer_order.c.hold_expires_us)
                    .limit(PENDING_A_TICK)
                )
            ).all()
        settled = 0
        for row in rows:
            provider = self._providers.get(row.provider)
            if row.unasked:
                await self._settle(row.shop_id, OrderId(row.id), "cancelled")
                settled += 1
            elif provider is not None:
                settled += await self._settle_one(row, provider, now_us)
        return settled

    async def expire_holds(self, now_us: int) -> int:
        """``settle_pending`` for every pending order: the job that keeps no stock for ever."""
        return await self.settle_pending(now_us)

    async def _settle_one(self, order: "sa.Row[Any]", provider: PaymentProvider, now_us: int | None) -> int:
        """Settle a row of _PENDING if its provider knows what came of it, or its hold has expired at ``now_us``."""
        shop_id, order_id, key = order.shop_id, OrderId(order.id), str(order.charge_key)
        expired = now_us is not None and order.hold_expires_us <= now_us
        if order.unasked:
            return 0
        try:
            charge = await provider.find(key)
            if charge is not None and charge.state in ("authorised", "captured"):
                await self._paid(shop_id, order_id, key, provider, charge, kept=not order.unheld)
            elif charge is not None and charge.state == "declined":
                # Told to stop first: whoever holds the payment's secret could still pay it.
                await provider.void(key)
                if order.is_exchange:
                    await forget_attempt(self._database, order_id, order.charge_key)
                    return 0
                await self._settle(shop_id, order_id, "declined")
            elif expired:
                # Tell the provider first: money must not be taken for pieces that are on the shelf again.
                await provider.void(key)
                await self._settle(shop_id, order_id, "cancelled")
            else:
                return 0
        except UnavailableError:
            return 0
        except ConflictError as refusal:
            # Its provider will not capture what it authorised, or not void what it captured: never hold up the others.
            _log.warning("a pending payment could not be settled", order_id=key, code=refusal.code)
            if not expired:
                return 0
            await self._settle(shop_id, order_id, "cancelled")
        return 1

    async def _pay(self, shop_id: UUID, order: Order, request: PlaceOrder, provider: PaymentProvider) -> Order:
        """Authorise what is held and post or release it; an unknown outcome stays pending and is settled later."""
        try:
            charge = await provider.authorise(str(order.id), request.payment.token, order.quote.total)
        except OutcomeUnknownError:
            return order
        if charge.state == "declined":
            await self._settle(shop_id, OrderId(order.id), "declined")
            raise PaymentDeclinedError("the payment was declined; try another card")
        if charge.state == "challenged":
            return msgspec.structs.replace(order, step=charge.step)
        state = await self._paid(shop_id, OrderId(order.id), str(order.id), provider, charge, kept=order.kept)
        if order.kept:
            return msgspec.structs.replace(order, state=state, pay_by_us=None)
        async with self._database.reading() as connection:
            seen = await order_by_token(connection, OrderId(order.id), order.receipt_token)
        return msgspec.structs.replace(
            order, state=seen.state, kept=seen.kept, cancelled_because=seen.cancelled_because, pay_by_us=seen.pay_by_us
        )

    async def _paid(
        self, shop_id: UUID, order_id: OrderId, key: str, provider: PaymentProvider, charge: Charge, *, kept: bool
    ) -> OrderState:
        """Take the money, then post. A crash in between leaves a captured charge on a pending order: found later.

        An order for which nothing is ``kept`` takes its pieces first, or loses and gets its money back.
        """
        if charge.state == "authorised":
            if not kept and await self._settle(shop_id, order_id, "claimed") == "cancelled":
                await self._give_back(order_id, provider)
                return "cancelled"
            charge = await provider.capture(key)
        state = await self._settle(shop_id, order_id, "paid")
        if state != "paid" and not kept:
            await self._give_back(order_id, provider)
        elif state != "paid":
            # The hold ran out and was given back while the provider was still deciding.
            _log.warning("a payment came after its order was released", order_id=str(order_id))
            await provider.refund(key, charge.amount, key)
        return state

    async def _give_back(self, order_id: OrderId, provider: PaymentProvider) -> None:
        """Give a lost order's money back now; what cannot be done now is tried again later."""
        await return_one(self._database, provider, order_id, now_us=self._clock.now_us())

    async def _settle(self, shop_id: UUID, order_id: OrderId, outcome: Settlement) -> OrderState:
        asked = SettleRequest(order_id, outcome, asyncio.get_running_loop().create_future())
        self._desk(shop_id).submit(asked)
        return await asked.answer

    def _desk(self, shop_id: UUID) -> ShopDesk:
        desk = self._desks.get(shop_id)
        if desk is None:
            if len(self._desks) >= SHOPS_MAX:
                raise UnavailableError("this process sells for too many shops")
            desk = self._desks[shop_id] = ShopDesk(self._database, self._clock, ShopId(shop_id), self._door)
            desk.start()
        return desk

    async def _tick(self, tick_s: float) -> None:
        while True:
            await asyncio.sleep(tick_s)
            try:
                await self.settle_pending(self._clock.now_us(), asked_before_us=ASK_AGAIN_US)
                await self.send_refunds(self._clock.now_us())
                await self.return_lost(self._clock.now_us())
                await self.check_disputes(self._clock.now_us())
            except Exception as error:
                _log.warning("pending payments could not be settled", error=type(error).__name__)
