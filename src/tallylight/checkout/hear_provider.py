"""What a payment provider tells by webhook: each event acted on once, whatever comes twice, late or out of order.

An event is a hint and never a fact: the desk asks the provider what holds now, and settles by that. So the order in
which events come does not matter, and an event that comes when all is settled changes nothing.
"""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.checkout.models import payment_event
from tallylight.checkout.payments import ProviderEvent
from tallylight.foundation.database import Database

EVENT_ID_MAX = 200


async def note_event(database: Database, provider: str, event: ProviderEvent, *, now_us: int) -> bool:
    """Write down that ``event`` came; whether it is still to be acted on."""
    statement = insert(payment_event).values(
        provider=provider, event_id=event.id[:EVENT_ID_MAX], kind=event.kind, key=event.key, received_us=now_us
    )
    async with database.transaction() as connection:
        done_us = await connection.scalar(
            statement.on_conflict_do_update(
                index_elements=[payment_event.c.provider, payment_event.c.event_id],
                set_={"times": payment_event.c.times + 1},
            ).returning(payment_event.c.done_us)
        )
    return done_us is None


async def event_done(
    database: Database, provider: str, event: ProviderEvent, *, now_us: int, problem: str | None
) -> None:
    """It was acted on, or nothing can be done about it for ``problem``."""
    async with database.transaction() as connection:
        await connection.execute(
            payment_event.update()
            .where(payment_event.c.provider == provider, payment_event.c.event_id == event.id[:EVENT_ID_MAX])
            .values(done_us=now_us, problem=problem)
        )


async def forget_events(connection: AsyncConnection, *, before_us: int) -> int:
    """Delete events that came before ``before_us`` and were acted on; how many."""
    gone = await connection.execute(
        payment_event.delete().where(payment_event.c.received_us < before_us, payment_event.c.done_us.is_not(None))
    )
    return gone.rowcount
