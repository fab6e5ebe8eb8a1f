"""Paying: how it can be done, what the buyer's bank still wants, and where providers tell what happened."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from tallylight.app.payment_providers import PaymentWay, payment_ways
from tallylight.app.web.client_address import client_address
from tallylight.app.web.injected import WebRequest, Wired
from tallylight.checkout import BuyerOrder, PaymentMeans, TestProvider, order_by_token
from tallylight.checkout.exchanges.queries import charge_key_of
from tallylight.foundation.errors import NotFoundError
from tallylight.foundation.ids import OrderId, is_uuid

WEBHOOK_BYTES_MAX = 256 << 10


class PaymentWays(msgspec.Struct, frozen=True):
    """The first is offered first; none: nobody can pay in the player yet."""

    ways: list[PaymentWay]


class BankAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the buyer says to the test provider's bank; ``secret``: the step's."""

    secret: Annotated[str, msgspec.Meta(max_length=100)]
    passed: bool


@get("/api/payments")
async def list_ways(services: Wired) -> PaymentWays:
    """How buyers can pay here."""
    return PaymentWays(payment_ways(services.settings))


@post("/api/orders/{order_id:uuid}/payment/check", status_code=200)
async def check_payment(
    order_id: FromPath[UUID], request: WebRequest, services: Wired, token: FromQuery[str]
) -> BuyerOrder:
    """The buyer comes back from the bank: ask the provider now. ``step``: what the bank still wants."""
    _limit(request, services)
    async with services.database.reading() as connection:
        await order_by_token(connection, OrderId(order_id), token)
    step = await services.sale_desk.ask_provider(OrderId(order_id))
    async with services.database.reading() as connection:
        order = await order_by_token(connection, OrderId(order_id), token)
    return msgspec.structs.replace(order, step=step if order.state == "payment_pending" else None)


@post("/api/orders/{order_id:uuid}/payment/give-up", status_code=200)
async def give_up(order_id: FromPath[UUID], request: WebRequest, services: Wired, token: FromQuery[str]) -> BuyerOrder:
    """The buyer does not go on: nothing is charged and what was held is free at once. 409 when it is paid already."""
    _limit(request, services)
    async with services.database.reading() as connection:
        await order_by_token(connection, OrderId(order_id), token)
    await services.sale_desk.give_up(OrderId(order_id))
    async with services.database.reading() as connection:
        return await order_by_token(connection, OrderId(order_id), token)


@post("/api/orders/{order_id:uuid}/payment/difference", status_code=200)
async def pay_difference(
    order_id: FromPath[UUID], data: JSONBody[PaymentMeans], request: WebRequest, services: Wired, token: FromQuery[str]
) -> BuyerOrder:
    """The buyer pays what an exchange costs more. Another card may be tried after a refusal. 409 when over."""
    _limit(request, services)
    async with services.database.reading() as connection:
        await order_by_token(connection, OrderId(order_id), token)
    step = await services.sale_desk.pay_exchange(OrderId(order_id), data)
    async with services.database.reading() as connection:
        order = await order_by_token(connection, OrderId(order_id), token)
    return msgspec.structs.replace(order, step=step if order.state == "payment_pending" else None)


@post("/api/test-bank/{key:str}", status_code=204)
async def answer_bank(key: FromPath[str], data: JSONBody[BankAnswer], request: WebRequest, services: Wired) -> None:
    """Answer the test provider's bank. 404 where it does not sell, and for a wrong secret."""
    _limit(request, services)
    provider = services.sale_desk.providers.get(TestProvider.name)
    if not isinstance(provider, TestProvider):
        raise NotFoundError("there is no test provider here")
    async with services.database.reading() as connection:
        charge_key = await charge_key_of(connection, UUID(key)) if is_uuid(key) else None
    await provider.answer_challenge(str(charge_key or key), data.secret, passed=data.passed)


@post("/api/payments/{provider:str}/webhook", status_code=204, request_max_body_size=WEBHOOK_BYTES_MAX)
async def hear_provider(provider: FromPath[str], request: WebRequest, services: Wired) -> None:
    """Take a provider's event. 422 when it is not signed; 503 to have it sent again; a repeat changes nothing."""
    services.webhooks.take(client_address(request.scope, services.trusted_proxies), services.clock.monotonic_us())
    body = await request.body()
    await services.sale_desk.hear(provider, dict(request.headers), body)


def _limit(request: WebRequest, services: Wired) -> None:
    address = client_address(request.scope, services.trusted_proxies)
    services.payment_checks.take(address, services.clock.monotonic_us())


HANDLERS = [list_ways, check_payment, give_up, pay_difference, answer_bank, hear_provider]
