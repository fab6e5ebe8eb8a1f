"""Closes a shop's statements: charges what is still to be charged, then closes one a party."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import ledger
from tallylight.app.flows.charge_orders import charge_batch
from tallylight.foundation.errors import ConflictError
from tallylight.foundation.ids import ShopId
from tallylight.ledger.closed_statements.close import close_statements

CHARGED_A_CLOSE = 20_000
"""Far more than the job leaves behind in its five seconds."""


class StillChargingError(ConflictError):
    """Sales of the period wait for their commission and fees."""

    code = "still_charging"


async def close_period(
    connection: AsyncConnection, shop_id: ShopId, *, currency: str, to_us: int, closed_by: UUID | None, now_us: int
) -> list[UUID]:
    """Close everything posted before ``to_us``; the ids of the statements.

    A charge is posted as of its sale, so a statement has both. Raises what ``close_statements`` raises, and
    StillChargingError while very many sales wait.
    """
    since = (await ledger.shops_that_charge(connection)).get(shop_id)
    charged = 0
    while since is not None:
        done, more = await charge_batch(connection, shop_id, from_us=since, now_us=now_us)
        charged += done
        if not more:
            break
        if charged >= CHARGED_A_CLOSE:
            raise StillChargingError("many sales of the period still wait for their fees; close it in a few minutes")
    return await close_statements(
        connection, shop_id, currency=currency, to_us=to_us, closed_by=closed_by, now_us=now_us
    )
