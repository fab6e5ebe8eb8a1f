"""A shop's rules: the market's, and what the shop adds to them or turns down in them."""

from typing import Annotated
from uuid import UUID

from litestar import get, put
from litestar.params import FromPath, JSONBody, QueryParameter

from tallylight.app.web.injected import SignedIn, Wired
from tallylight.compliance.change_shop_rules import RuleChange, change_shop_rules
from tallylight.compliance.rules_view import RulesView, rules_view
from tallylight.foundation.clock import to_datetime
from tallylight.members.queries import shop_by_id
from tallylight.members.roles import require_role

BODY_BYTES_MAX = 64 << 10

InMarket = Annotated[str, QueryParameter(name="market")]


@get("/api/office/shops/{shop_id:uuid}/compliance/rules")
async def view_rules(
    shop_id: FromPath[UUID], staff: SignedIn, services: Wired, market: InMarket = "us-en"
) -> RulesView:
    """The rules of a market with the shop's changes, for anyone who works for the shop."""
    require_role(staff, shop_id)
    async with services.database.reading() as connection:
        return await rules_view(connection, shop_id, market)


@put("/api/office/shops/{shop_id:uuid}/compliance/rules", request_max_body_size=BODY_BYTES_MAX)
async def change_rules(
    shop_id: FromPath[UUID],
    data: JSONBody[RuleChange],
    staff: SignedIn,
    services: Wired,
    market: InMarket = "us-en",
) -> RulesView:
    """One change, with its reason, by the shop's compliance people; the rules as they are afterwards."""
    require_role(staff, shop_id, "compliance")
    async with services.database.transaction() as connection:
        shop = await shop_by_id(connection, shop_id)
        at = to_datetime(services.clock.now_us())
        await change_shop_rules(connection, shop.id, market, data, changed_by=staff.person.id, at=at)
        return await rules_view(connection, shop.id, market)


HANDLERS = [view_rules, change_rules]
