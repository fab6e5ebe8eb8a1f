"""For operators and their tools: is it up, how is it doing."""

from typing import Any

import msgspec
import prometheus_client
import sqlalchemy as sa
from litestar import Response, get

from tallylight.app.web.client_address import is_loopback
from tallylight.app.web.injected import WebRequest, Wired
from tallylight.foundation.errors import NotFoundError


class Health(msgspec.Struct):
    """``live``: whether events reach readers as they happen."""

    status: str
    live: bool


@get("/healthz", include_in_schema=False)
async def healthz(services: Wired) -> Health:
    """200 when the database answers, 503 when it does not."""
    async with services.database.transaction() as connection:
        await connection.execute(sa.select(1))
    return Health("ok", services.delivery.listening.is_set())


@get("/metrics", include_in_schema=False)
async def metrics(request: WebRequest) -> Response[bytes]:
    """Prometheus text, for this machine only."""
    if not is_loopback(request.scope):
        raise NotFoundError("there is nothing of that name here")
    return Response(
        prometheus_client.generate_latest(), headers={"content-type": prometheus_client.CONTENT_TYPE_LATEST}
    )


@get("/api/openapi.json", include_in_schema=False)
async def openapi(request: WebRequest) -> dict[str, Any]:
    """This API, described (OpenAPI 3.1)."""
    return request.app.openapi_schema.to_schema()


HANDLERS = [healthz, metrics, openapi]
