"""The buy call as raw ASGI: ``POST /api/orders``. It is the one call that must stay quick in a rush."""

import msgspec
from litestar.types import HTTPScope, Receive, Send

from tallylight.app.services import Services
from tallylight.app.web.answers import read_body, send_json
from tallylight.app.web.client_address import client_address
from tallylight.app.web.decoding import decode_json
from tallylight.checkout import PlaceOrder
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.rate_limit import RateLimit

BODY_BYTES_MAX = 32 << 10


class OrdersRoute:
    """Checks the rate, decodes, and waits for the sale desk. An address, which a crowd may share, buys 50 a second."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._decoder = msgspec.json.Decoder(PlaceOrder)
        self._limit = RateLimit(interval_us=MICROSECONDS // 50, burst=500)

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        address = client_address(scope, self._services.trusted_proxies)
        self._limit.take(address, self._services.clock.monotonic_us())
        body = await read_body(receive, BODY_BYTES_MAX)
        if body is None:
            return
        order = await self._services.sale_desk.place(decode_json(self._decoder, body))
        await send_json(send, 200, order)
