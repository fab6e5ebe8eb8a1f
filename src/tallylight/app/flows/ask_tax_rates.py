"""Asks tax services for the rates of a place, ahead of the sale: outside every transaction, once for a whole crowd."""

import asyncio
from collections.abc import Mapping

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.catalogue.models import product
from tallylight.deals.tax.answers import choice_of, claim, due_places, is_asked, keep_answer, keep_failure
from tallylight.deals.tax.rates_at import taxed_at
from tallylight.deals.tax.service import TaxQuestion, TaxService, TaxServiceAwayError, asked_place
from tallylight.deals.tax.settings import tax_facts
from tallylight.deals.tax.types import STANDARD, Place
from tallylight.foundation.clock import MICROSECONDS, Clock
from tallylight.foundation.database import Database
from tallylight.foundation.errors import TallyError
from tallylight.foundation.ids import ShopId, ShowId
from tallylight.foundation.rate_limit import RateLimit
from tallylight.shows.models import show

ANSWER_S = 10.0
AT_ONCE = 4
WAITING_MAX = 100
LOOK_S = 0.2
DUE_A_TURN = 100
CLASSES_MAX = 50

_log = structlog.get_logger()


class Wanted(msgspec.Struct, frozen=True):
    """What to ask whom, under which choice of the shop."""

    shop_id: ShopId
    choice_id: int
    service: str
    question: TaxQuestion


class TaxAsker:
    """One a process. Whoever needs a place that is being asked for, here or in another process, waits for that."""

    def __init__(
        self, database: Database, clock: Clock, services: Mapping[str, TaxService], *, answer_s: float = ANSWER_S
    ) -> None:
        self.services = services
        self._database = database
        self._clock = clock
        self._answer_s = answer_s
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._asking: dict[tuple[ShopId, Place], asyncio.Task[None]] = {}
        # A service is paid by the question: nobody's made-up post codes may run up the bill.
        self._by_shop = RateLimit(interval_us=MICROSECONDS // 2, burst=200)

    async def ask_for_show(self, show_id: ShowId, where: Place | None) -> bool:
        """Have the rates that a cart of the show needs at ``where``, or what went wrong, in the database. False when
        there is nothing to ask, or too much is being asked already.
        """
        async with self._database.reading() as connection:
            shop_id = await connection.scalar(sa.select(show.c.shop_id).where(show.c.id == show_id))
            wanted = None if shop_id is None else await _wanted(connection, ShopId(shop_id), where)
        return wanted is not None and await self._once(wanted)

    async def refresh(self) -> int:
        """Ask again for what lapses soon or was not answered; for how many places."""
        async with self._database.reading() as connection:
            due = await due_places(connection, now_us=self._clock.now_us(), limit=DUE_A_TURN)
            found = [await _wanted(connection, shop_id, where) for shop_id, where in due]
        asked = await asyncio.gather(*(self._once(wanted) for wanted in found if wanted is not None))
        return sum(asked)

    async def _once(self, wanted: Wanted) -> bool:
        key = wanted.shop_id, wanted.question.where
        task = self._asking.get(key)
        if task is None:
            full = len(self._asking) >= WAITING_MAX
            if full or self._by_shop.wait_us(str(wanted.shop_id), self._clock.now_us()) > 0:
                return False
            self._by_shop.take(str(wanted.shop_id), self._clock.now_us())
            task = asyncio.create_task(self._ask(wanted), name="tax rates")
            self._asking[key] = task
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        # A buyer who leaves does not end it for the others.
        await asyncio.shield(task)
        return True

    async def _ask(self, wanted: Wanted) -> None:
        where, service = wanted.question.where, self.services.get(wanted.service)
        async with self._database.transaction() as connection:
            now_us = self._clock.now_us()
            mine = await claim(connection, wanted.shop_id, wanted.choice_id, where, now_us=now_us)
        if not mine:
            await self._await_other(wanted.shop_id, where)
            return
        try:
            if service is None:
                raise TaxServiceAwayError(f"{wanted.service} is not set up on this installation")
            async with asyncio.timeout(self._answer_s), self._slots:
                found = await service.rates_for(wanted.question, now_us=self._clock.now_us())
        except TimeoutError:
            await self._failed(wanted, f"{wanted.service} did not answer within {self._answer_s:g} s")
        except TallyError as error:
            await self._failed(wanted, error.message)
        else:
            async with self._database.transaction() as connection:
                now_us = self._clock.now_us()
                await keep_answer(connection, wanted.shop_id, wanted.choice_id, where, found, now_us=now_us)

    async def _await_other(self, shop_id: ShopId, where: Place) -> None:
        """Another process asks: its answer comes, or its claim lapses."""
        for _ in range(int(self._answer_s / LOOK_S)):
            async with self._database.reading() as connection:
                if not await is_asked(connection, shop_id, where, now_us=self._clock.now_us()):
                    return
            await asyncio.sleep(LOOK_S)

    async def _failed(self, wanted: Wanted, problem: str) -> None:
        where = wanted.question.where
        _log.warning("a tax service gave no rates", service=wanted.service, country=where.country, problem=problem)
        async with self._database.transaction() as connection:
            now_us = self._clock.now_us()
            await keep_failure(connection, wanted.shop_id, wanted.choice_id, where, problem, now_us=now_us)


async def _wanted(connection: AsyncConnection, shop_id: ShopId, where: Place | None) -> Wanted | None:
    """The question for a sale to ``where`` (None: the shop's own place); None when no service is to be asked."""
    facts, made = await tax_facts(connection, shop_id), await choice_of(connection, shop_id)
    if facts is None or made is None or made.choice.service is None:
        return None
    taxed = taxed_at(facts, where or facts.origin)
    asked = None if taxed is None else asked_place(taxed[0])
    if taxed is None or asked is None:
        return None
    used = await connection.scalars(
        sa.select(product.c.tax_class).distinct().where(product.c.shop_id == shop_id).limit(CLASSES_MAX)
    )
    codes = {each: made.choice.codes.get(each, "") for each in sorted({STANDARD, *made.choice.codes, *used})}
    currency = await catalogue.shop_currency(connection, shop_id)
    question = TaxQuestion(asked, facts.origin, currency, taxed[1].included, codes)
    return Wanted(shop_id, made.id, made.choice.service, question)
