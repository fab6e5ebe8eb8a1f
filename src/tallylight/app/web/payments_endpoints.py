"""Where payment providers tell what happened. Signed by them, so nobody signs in."""

from litestar import post
from litestar.params import FromPath

from tallylight.app.web.client_address import client_address
from tallylight.app.web.injected import WebRequest, Wired

WEBHOOK_BYTES_MAX = 256 << 10


@post("/api/payments/{provider:str}/webhook", status_code=204, request_max_body_size=WEBHOOK_BYTES_MAX)
async def hear_provider(provider: FromPath[str], request: WebRequest, services: Wired) -> None:
    """Take a provider's event. 422 when it is not signed; 503 to have it sent again; a repeat changes nothing."""
    services.webhooks.take(client_address(request.scope, services.trusted_proxies), services.clock.monotonic_us())
    body = await request.body()
    await services.sale_desk.hear(provider, dict(request.headers), body)


HANDLERS = [hear_provider]
