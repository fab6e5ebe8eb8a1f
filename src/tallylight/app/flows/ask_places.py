"""Asks services of somebody else's for what holds at a place, ahead of the sale: outside every transaction, once for a
whole crowd, and again before it lapses.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic, TypeVar

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight.deals.answer_rows import AnswerRows
from tallylight.deals.tax.types import Place
from tallylight.foundation.clock import MICROSECONDS, Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import TallyError, UnavailableError
from tallylight.foundation.ids import ShopId, ShowId
from tallylight.foundation.rate_limit import RateLimit
from tallylight.shows.models import show

ANSWER_S = 10.0
AT_ONCE = 4
WAITING_MAX = 100
LOOK_S = 0.2
DUE_A_TURN = 100

_log = structlog.get_logger()

Question = TypeVar("Question")
Service = TypeVar("Service")


class Wanted(msgspec.Struct, Generic[Question], frozen=True):
    """What to ask whom about which place, under which choice of the shop."""

    shop_id: ShopId
    choice_id: int
    service: str
    where: Place
    question: Question


class Told(msgspec.Struct, frozen=True):
    """An answer as it is kept, and the wall time until which it should be believed."""

    rates: object
    until_us: int


class PlaceAsker(ABC, Generic[Service, Question]):
    """One a process and kind of service. Whoever needs a place that is being asked for, here or in another process,
    waits for that.
    """

    rows: ClassVar[AnswerRows]

    def __init__(
        self, database: Database, clock: Clock, services: Mapping[str, Service], *, answer_s: float = ANSWER_S
    ) -> None:
        self.services = services
        self._database = database
        self._clock = clock
        self._answer_s = answer_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asking: dict[tuple[ShopId, Place], asyncio.Task[None]] = {}
        # A service is paid by the question: nobody's made-up post codes may run up the bill.
        self._by_shop = RateLimit(interval_us=MICROSECONDS // 2, burst=200)

    @abstractmethod
    async def wanted(
        self, connection: AsyncConnection, shop_id: ShopId, where: Place | None
    ) -> Wanted[Question] | None:
        """The question for a sale to ``where`` (None: the shop's own place); None when no service is to be asked."""

    @abstractmethod
    async def ask(self, service: Service, question: Question, *, now_us: int) -> Told:
        """What ``service`` says. Raises TallyErrors, whose messages are kept."""

    async def ask_for_show(self, show_id: ShowId, where: Place | None) -> bool:
        """Have what a cart of the show needs at ``where``, or what went wrong, in the database. False when there is
        nothing to ask, or too much is being asked already.
        """
        async with self._database.reading() as connection:
            shop_id = await connection.scalar(sa.select(show.c.shop_id).where(show.c.id == show_id))
            wanted = None if shop_id is None else await self.wanted(connection, ShopId(shop_id), where)
        return wanted is not None and await self._once(wanted)

    async def refresh(self) -> int:
        """Ask again for what lapses soon or was not answered; for how many places."""
        async with self._database.reading() as connection:
            due = await self.rows.due_places(connection, now_us=self._clock.now_us(), limit=DUE_A_TURN)
            found = [await self.wanted(connection, shop_id, where) for shop_id, where in due]
        asked = await asyncio.gather(*(self._once(wanted) for wanted in found if wanted is not None))
        return sum(asked)

    async def _once(self, wanted: Wanted[Question]) -> bool:
        key = wanted.shop_id, wanted.where
        task = self._asking.get(key)
        if task is None:
            full = len(self._asking) >= WAITING_MAX
            if full or self._by_shop.wait_us(str(wanted.shop_id), self._clock.now_us()) > 0:
                return False
            self._by_shop.take(str(wanted.shop_id), self._clock.now_us())
            task = asyncio.create_task(self._ask(wanted), name="rates of a place")
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # A buyer who leaves does not end it for the others.
        await asyncio.shield(task)
        return True

    async def _ask(self, wanted: Wanted[Question]) -> None:
        service = self.services.get(wanted.service)
        async with self._database.transaction() as connection:
            now_us = self._clock.now_us()
            mine = await self.rows.claim(connection, wanted.shop_id, wanted.choice_id, wanted.where, now_us=now_us)
        if not mine:
            await self._await_other(wanted.shop_id, wanted.where)
            return
        try:
            if service is None:
                raise UnavailableError(f"{wanted.service} is not set up on this installation")
            async with asyncio.timeout(self._answer_s), self._slots:
                told = await self.ask(service, wanted.question, now_us=self._clock.now_us())
        except TimeoutError:
            await self._failed(wanted, f"{wanted.service} did not answer within {self._answer_s:g} s")
        except TallyError as error:
            await self._failed(wanted, error.message)
        else:
            async with self._database.transaction() as connection:
                await self.rows.keep_answer(
                    connection, wanted.shop_id, wanted.choice_id, wanted.where, told.rates,
                    until_us=told.until_us, now_us=self._clock.now_us(),
                )  # fmt: skip

    async def _await_other(self, shop_id: ShopId, where: Place) -> None:
        """Another process asks: its answer comes, or its claim lapses."""
        for _ in range(int(self._answer_s / LOOK_S)):
            async with self._database.reading() as connection:
                if not await self.rows.is_asked(connection, shop_id, where, now_us=self._clock.now_us()):
                    return
            await asyncio.sleep(LOOK_S)

    async def _failed(self, wanted: Wanted[Question], problem: str) -> None:
        _log.warning("a service gave no rates", service=wanted.service, country=wanted.where.country, problem=problem)
        async with self._database.transaction() as connection:
            await self.rows.keep_failure(
                connection, wanted.shop_id, wanted.choice_id, wanted.where, problem, now_us=self._clock.now_us()
            )
