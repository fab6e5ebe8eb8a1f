"""Puts the web process's application together."""

from litestar import Litestar
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig

from tallylight.app.services import Services
from tallylight.app.web import (
    account_endpoints,
    air_look_endpoints,
    books_endpoints,
    carrier_service_endpoints,
    claims_endpoints,
    contracts_endpoints,
    control_endpoints,
    deals_endpoints,
    destinations_endpoints,
    first_paid_endpoints,
    fulfilment_endpoints,
    funding_endpoints,
    health_endpoints,
    live_desk_endpoints,
    media_endpoints,
    moment_endpoints,
    office_endpoints,
    payments_endpoints,
    payouts_endpoints,
    people_endpoints,
    photo_endpoints,
    plans_endpoints,
    public_endpoints,
    rates_endpoints,
    refunds_endpoints,
    report_endpoints,
    rules_endpoints,
    scripts_endpoints,
    session_endpoints,
    shows_endpoints,
    source_endpoints,
    tax_service_endpoints,
    terms_endpoints,
)
from tallylight.app.web.edge import Edge
from tallylight.app.web.injected import WebRequest
from tallylight.app.web.problems import EXCEPTION_HANDLERS
from tallylight.app.web.staff_session import staff_of
from tallylight.members.types import Staff

BODY_BYTES_MAX = 64 << 10


def create_app(services: Services) -> Edge:
    """The ASGI application. The caller starts and stops ``services``."""

    async def provide_services() -> Services:
        return services

    async def provide_staff(request: WebRequest) -> Staff:
        """Who is signed in; a change must carry the CSRF token."""
        async with services.database.transaction() as connection:
            return await staff_of(connection, request.scope, services.clock)

    inner = Litestar(
        route_handlers=[
            *session_endpoints.HANDLERS,
            *public_endpoints.HANDLERS,
            *account_endpoints.HANDLERS,
            *control_endpoints.HANDLERS,
            *air_look_endpoints.HANDLERS,
            *destinations_endpoints.HANDLERS,
            *media_endpoints.HANDLERS,
            *source_endpoints.HANDLERS,
            *office_endpoints.HANDLERS,
            *deals_endpoints.HANDLERS,
            *funding_endpoints.HANDLERS,
            *payments_endpoints.HANDLERS,
            *moment_endpoints.HANDLERS,
            *fulfilment_endpoints.HANDLERS,
            *refunds_endpoints.HANDLERS,
            *claims_endpoints.HANDLERS,
            *scripts_endpoints.HANDLERS,
            *photo_endpoints.HANDLERS,
            *rules_endpoints.HANDLERS,
            *contracts_endpoints.HANDLERS,
            *people_endpoints.HANDLERS,
            *shows_endpoints.HANDLERS,
            *books_endpoints.HANDLERS,
            *payouts_endpoints.HANDLERS,
            *rates_endpoints.HANDLERS,
            *terms_endpoints.HANDLERS,
            *tax_service_endpoints.HANDLERS,
            *carrier_service_endpoints.HANDLERS,
            *first_paid_endpoints.HANDLERS,
            *plans_endpoints.HANDLERS,
            *report_endpoints.HANDLERS,
            *live_desk_endpoints.HANDLERS,
            *health_endpoints.HANDLERS,
        ],
        dependencies={"services": Provide(provide_services), "staff": Provide(provide_staff)},
        exception_handlers=EXCEPTION_HANDLERS,
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        # The framework's own pages about the schema answer everything below their path, so they get one that the
        # edge does not pass on; the schema itself is served by an endpoint of ours.
        openapi_config=OpenAPIConfig(title="Tallylight", version="1", path="/unused/schema"),
    )
    return Edge(services, inner)
