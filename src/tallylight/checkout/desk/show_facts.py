"""What a sale depends on of its show, remembered for a few seconds: nobody in a crowd waits for a read."""

import asyncio
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

from tallylight import ledger
from tallylight.checkout.desk.requests import ShowFact
from tallylight.checkout.schemas import PlaceOrder
from tallylight.foundation.clock import Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import InvalidInputError, NotFoundError, UnavailableError
from tallylight.foundation.ids import ShopId, ShowId
from tallylight.shows.models import broadcast, show

SHOW_FACTS_US = 5_000_000
"""How long a show's slug, delay and commission are remembered. From half of it on they are read anew beside the sales:
nobody in a crowd waits for that.
"""
SHOWS_MAX = 1_000
BROADCASTS_MAX = 100

_log = structlog.get_logger(__name__)


class ShowFacts:
    """One a process."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._shows: dict[UUID, tuple[int, ShowFact]] = {}
        self._reading: dict[UUID, asyncio.Task[ShowFact]] = {}

    async def of(self, request: PlaceOrder) -> ShowFact:
        """The show's facts, at most SHOW_FACTS_US old; fresher when they do not know the broadcast.

        Raises InvalidInputError for a broadcast of another show, NotFoundError, UnavailableError.
        """
        now_us = self._clock.monotonic_us()
        read_us, fact = self._shows.get(request.show_id, (0, None))
        known = fact is not None and (request.broadcast_id is None or request.broadcast_id in fact.delays_us)
        age_us = now_us - read_us
        if fact is None or not known or age_us > SHOW_FACTS_US:
            fact = await self._read_once(ShowId(request.show_id))
        elif age_us > SHOW_FACTS_US // 2:
            self._begin_reading(ShowId(request.show_id))
        if request.broadcast_id is not None and request.broadcast_id not in fact.delays_us:
            raise InvalidInputError("the broadcast is not one of this show", field="broadcast_id")
        return fact

    async def _read_once(self, show_id: ShowId) -> ShowFact:
        """One read for everybody who needs it at this moment: in a rush the facts grow old for all buyers at once."""
        reading = self._begin_reading(show_id)
        try:
            # A buyer who leaves does not take the others' answer along.
            return await asyncio.shield(reading)
        except (OSError, SQLAlchemyError) as error:
            _log.warning("a show could not be read", error=type(error).__name__)
            raise UnavailableError("the database is away; repeat with the same key") from error

    def _begin_reading(self, show_id: ShowId) -> "asyncio.Task[ShowFact]":
        """The read that is under way, or a new one. Whatever it finds is remembered; a failed one is tried again."""
        reading = self._reading.get(show_id)
        if reading is None:
            asked_us = self._clock.monotonic_us()
            reading = self._reading[show_id] = asyncio.create_task(self._read(show_id))
            reading.add_done_callback(lambda done: self._remember(show_id, done, asked_us))
        return reading

    def _remember(self, show_id: ShowId, done: "asyncio.Task[ShowFact]", asked_us: int) -> None:
        self._reading.pop(show_id, None)
        if not done.cancelled() and done.exception() is None:
            if len(self._shows) >= SHOWS_MAX:
                self._shows.clear()
            self._shows[show_id] = (asked_us, done.result())

    async def _read(self, show_id: ShowId) -> ShowFact:
        async with self._database.transaction() as connection:
            row = (await connection.execute(sa.select(show).where(show.c.id == show_id))).one_or_none()
            if row is None:
                raise NotFoundError("there is no such show")
            broadcasts = await connection.execute(
                sa.select(broadcast.c.id, broadcast.c.delay_ms)
                .where(broadcast.c.show_id == show_id)
                .order_by(broadcast.c.started_us.desc())
                .limit(BROADCASTS_MAX)
            )
            delays_us = {each.id: each.delay_ms * 1000 for each in broadcasts}
            # Plans need each line's product and more: then commission is charged after the sale, by a job.
            by_plan = await ledger.plans_decide(connection, ShopId(row.shop_id))
        commission_bps = row.creator_commission_bps if row.host_is_paid and not by_plan else 0
        return ShowFact(show_id, row.shop_id, row.slug, row.delay_ms * 1000, commission_bps, row.host_name, delays_us)
