"""What a service of somebody else's answered, place by place, as rows: who asks, what is kept, and what is due again.

A shop's choice of a service is append-only rows of one table, the answers to it are rows of another. Taxes are kept so;
whoever else is asked ahead of sales can be.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.tax.types import Place
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.ids import ShopId

HOUR_US = 3_600 * MICROSECONDS
KEPT_H_MIN, KEPT_H_MAX = 24, 720
BELIEVED_MAX_US = 24 * HOUR_US
"""A service is asked again after this, whatever it says: before the answer stops to serve."""
ANSWERS_MAX = 5_000
"""Places a shop; beyond, those asked for longest ago go."""
CLAIM_US = 20 * MICROSECONDS
RETRY_US = 10 * MICROSECONDS
EARLY_US = 2 * HOUR_US
PROBLEM_MAX = 300


def place_of_row(row: sa.Row[Any]) -> Place:
    """Which place a row of answers is about."""
    return Place(row.country, row.region, row.postal_code)


def serves_until_us(asked_us: int, kept_h: int) -> int:
    """Until a whole hour, so that places at which the same holds stay alike, whenever each was asked for."""
    return (asked_us + kept_h * HOUR_US) // HOUR_US * HOUR_US


class AnswerRows:
    """The rows of one kind of service. ``answer``: shop, country, region and post code are its key."""

    def __init__(self, answer: sa.Table, choice: sa.Table) -> None:
        self.answer = answer
        self.choice = choice

    async def newest_choice(self, connection: AsyncConnection, shop_id: ShopId) -> "sa.Row[Any] | None":
        """What the shop chose last; None: never anything."""
        mine = sa.select(self.choice).where(self.choice.c.shop_id == shop_id)
        return (await connection.execute(mine.order_by(self.choice.c.id.desc()).limit(1))).one_or_none()

    async def choose(
        self, connection: AsyncConnection, shop_id: ShopId, values: Mapping[str, object], *, keep: bool
    ) -> None:
        """Sell by the choice of ``values`` from now on; ``keep``: what was answered so far answers it too."""
        made = await connection.scalar(
            self.choice.insert().values(shop_id=shop_id, **values).returning(self.choice.c.id)
        )
        of_shop = self.answer.c.shop_id == shop_id
        if keep:
            await connection.execute(self.answer.update().where(of_shop).values(choice_id=made))
        else:
            await connection.execute(self.answer.delete().where(of_shop))

    async def told(self, connection: AsyncConnection, shop_id: ShopId, choice_id: int) -> Sequence["sa.Row[Any]"]:
        """Every place at which there was an answer or a failure."""
        return (
            await connection.execute(
                sa.select(self.answer).where(
                    self.answer.c.shop_id == shop_id,
                    self.answer.c.choice_id == choice_id,
                    self.answer.c.asked_us.is_not(None) | self.answer.c.failed_us.is_not(None),
                )
            )
        ).all()

    async def claim(
        self, connection: AsyncConnection, shop_id: ShopId, choice_id: int, where: Place, *, now_us: int
    ) -> bool:
        """Whether the caller is to ask for ``where``: nobody else does, and neither an answer nor a failure is as fresh
        as RETRY_US: who found none a moment ago looks again first.
        """
        await self._make_room(connection, shop_id)
        rows = self.answer.c
        key = {"shop_id": shop_id, "country": where.country, "region": where.region, "postal_code": where.postal_code}
        wanted = insert(self.answer).values(**key, choice_id=choice_id, claimed_until_us=now_us + CLAIM_US)
        last_us = sa.func.greatest(rows.failed_us, rows.asked_us, 0)
        claimed = await connection.execute(
            wanted.on_conflict_do_update(
                index_elements=list(key),
                set_={"claimed_until_us": now_us + CLAIM_US},
                where=(rows.claimed_until_us <= now_us)
                & (last_us <= now_us - RETRY_US)
                & (rows.choice_id == choice_id),
            ).returning(rows.shop_id)
        )
        return claimed.one_or_none() is not None

    async def _make_room(self, connection: AsyncConnection, shop_id: ShopId) -> None:
        rows, of_shop = self.answer.c, self.answer.c.shop_id == shop_id
        count = await connection.scalar(sa.select(sa.func.count()).where(of_shop))
        if (count or 0) < ANSWERS_MAX:
            return
        names = (rows.country, rows.region, rows.postal_code)
        oldest = sa.select(*names).where(of_shop).order_by(rows.asked_us.nulls_first()).limit(ANSWERS_MAX // 10)
        await connection.execute(self.answer.delete().where(of_shop, sa.tuple_(*names).in_(oldest)))

    async def is_asked(self, connection: AsyncConnection, shop_id: ShopId, where: Place, *, now_us: int) -> bool:
        """Whether somebody is asking for it at this moment."""
        until = await connection.scalar(sa.select(self.answer.c.claimed_until_us).where(*self._at(shop_id, where)))
        return until is not None and until > now_us

    def _at(self, shop_id: ShopId, where: Place) -> tuple[sa.ColumnElement[bool], ...]:
        rows = self.answer.c
        return (
            rows.shop_id == shop_id,
            rows.country == where.country,
            rows.region == where.region,
            rows.postal_code == where.postal_code,
        )

    async def keep_answer(
        self, connection: AsyncConnection, shop_id: ShopId, choice_id: int, where: Place, rates: object, *,
        until_us: int, now_us: int,
    ) -> None:  # fmt: skip
        """Sell by ``rates`` from now on. What was answered under a choice that no longer holds is dropped."""
        await catalogue.touch_selling_facts(connection, shop_id)
        await connection.execute(
            self.answer.update()
            .where(*self._at(shop_id, where), self.answer.c.choice_id == choice_id)
            .values(
                rates=rates, asked_us=now_us, until_us=min(until_us, now_us + BELIEVED_MAX_US),
                claimed_until_us=0, failed_us=None, problem=None,
            )
        )  # fmt: skip

    async def keep_failure(
        self, connection: AsyncConnection, shop_id: ShopId, choice_id: int, where: Place, problem: str, *, now_us: int
    ) -> None:
        """Remember that the service had no answer. What it said before stays."""
        never = self.answer.c.rates.is_(None) & self.answer.c.failed_us.is_(None)
        if await connection.scalar(sa.select(never).where(*self._at(shop_id, where))):
            # The first failure at a place is news for whoever prices: the own table may hold from now on.
            await catalogue.touch_selling_facts(connection, shop_id)
        await connection.execute(
            self.answer.update()
            .where(*self._at(shop_id, where), self.answer.c.choice_id == choice_id)
            .values(claimed_until_us=0, failed_us=now_us, problem=problem[:PROBLEM_MAX])
        )

    async def due_places(self, connection: AsyncConnection, *, now_us: int, limit: int) -> list[tuple[ShopId, Place]]:
        """Whose answers lapse soon or are missing, and are not being asked for; the most urgent first."""
        newest = sa.select(sa.func.max(self.choice.c.id)).group_by(self.choice.c.shop_id)
        columns = self.answer.c
        rows = await connection.execute(
            sa.select(self.answer)
            .where(
                columns.choice_id.in_(newest),
                sa.func.coalesce(columns.until_us, 0) < now_us + EARLY_US,
                sa.func.coalesce(columns.failed_us, 0) <= now_us - 6 * RETRY_US,
                columns.claimed_until_us <= now_us,
            )
            .order_by(columns.until_us.nulls_first())
            .limit(limit)
        )
        return [(ShopId(row.shop_id), place_of_row(row)) for row in rows]

    async def look_at(
        self, connection: AsyncConnection, shop_id: ShopId, *, limit: int
    ) -> tuple[int, Sequence["sa.Row[Any]"]]:
        """How many places are known, and the newest of them, those in trouble first."""
        of_shop = self.answer.c.shop_id == shop_id
        count = await connection.scalar(sa.select(sa.func.count()).where(of_shop))
        order = (self.answer.c.failed_us.desc().nulls_last(), self.answer.c.asked_us.desc())
        rows = await connection.execute(sa.select(self.answer).where(of_shop).order_by(*order).limit(limit))
        return count or 0, rows.all()
