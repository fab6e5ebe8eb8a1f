"""What tax services answered, place by place, and the shop's choice of one: kept as rows, read with its tax facts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.tax.check import check_codes
from tallylight.deals.tax.models import tax_answer, tax_choice
from tallylight.deals.tax.service import ServiceRates
from tallylight.deals.tax.types import Place, ServiceFacts, TaxAnswer, TaxRate
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import PersonId, ShopId

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


class TaxChoice(msgspec.Struct, frozen=True):
    """Whose rates hold. ``service`` None: the shop's own table. ``kept_h``: hours that answers serve while the service
    is away; after that, ``own_when_away``: the own table, else nothing is sold there. ``codes``: the service's code by
    tax class.
    """

    service: str | None = None
    own_when_away: bool = False
    kept_h: int = 72
    codes: Mapping[str, str] = {}


class ChoiceMade(msgspec.Struct, frozen=True):
    id: int
    choice: TaxChoice
    by_person: UUID
    at_us: int


class KeptAnswer(msgspec.Struct, frozen=True):
    """``rates`` None: the service never had an answer. ``problem``: why its last one is missing."""

    where: Place
    rates: list[TaxRate] | None
    asked_us: int | None
    until_us: int | None
    failed_us: int | None
    problem: str | None


async def choice_of(connection: AsyncConnection, shop_id: ShopId) -> ChoiceMade | None:
    """What the shop chose last; None: never anything, so its own table."""
    rows = await connection.execute(
        sa.select(tax_choice).where(tax_choice.c.shop_id == shop_id).order_by(tax_choice.c.id.desc()).limit(1)
    )
    row = rows.one_or_none()
    if row is None:
        return None
    made = TaxChoice(row.service, row.own_when_away, row.kept_h, row.codes)
    return ChoiceMade(row.id, made, row.by_person, row.at_us)


async def set_choice(
    connection: AsyncConnection, shop_id: ShopId, choice: TaxChoice, *, by_person: PersonId, at_us: int
) -> None:
    """Take rates by ``choice`` from now on. Answers stay while the same service is asked by the same codes.

    Raises InvalidInputError.
    """
    if not KEPT_H_MIN <= choice.kept_h <= KEPT_H_MAX:
        raise InvalidInputError(f"answers serve for {KEPT_H_MIN} to {KEPT_H_MAX} hours", field="kept_h")
    check_codes(choice.codes)
    await catalogue.touch_selling_facts(connection, shop_id)
    before = await choice_of(connection, shop_id)
    made = await connection.scalar(
        tax_choice.insert()
        .values(
            shop_id=shop_id, service=choice.service, own_when_away=choice.own_when_away, kept_h=choice.kept_h,
            codes=dict(choice.codes), by_person=by_person, at_us=at_us,
        )
        .returning(tax_choice.c.id)
    )  # fmt: skip
    of_shop = tax_answer.c.shop_id == shop_id
    if before is not None and (before.choice.service, before.choice.codes) == (choice.service, choice.codes):
        await connection.execute(tax_answer.update().where(of_shop).values(choice_id=made))
    else:
        await connection.execute(tax_answer.delete().where(of_shop))


async def service_facts(connection: AsyncConnection, shop_id: ShopId) -> ServiceFacts | None:
    """What the price of a cart needs of the shop's service; None for a shop with its own table."""
    made = await choice_of(connection, shop_id)
    if made is None or made.choice.service is None:
        return None
    rows = await connection.execute(
        sa.select(tax_answer).where(
            tax_answer.c.shop_id == shop_id,
            tax_answer.c.choice_id == made.id,
            tax_answer.c.asked_us.is_not(None) | tax_answer.c.failed_us.is_not(None),
        )
    )
    kept_us = made.choice.kept_h * HOUR_US
    return ServiceFacts(made.choice.own_when_away, {_where(row): _answer(row, kept_us) for row in rows})


def _where(row: sa.Row[Any]) -> Place:
    return Place(row.country, row.region, row.postal_code)


def _answer(row: sa.Row[Any], kept_us: int) -> TaxAnswer:
    """Until a whole hour, so that places at which the same holds stay alike, whenever each was asked for."""
    if row.rates is None:
        return TaxAnswer((), 0)
    return TaxAnswer(tuple(msgspec.convert(row.rates, list[TaxRate])), (row.asked_us + kept_us) // HOUR_US * HOUR_US)


async def claim(connection: AsyncConnection, shop_id: ShopId, choice_id: int, where: Place, *, now_us: int) -> bool:
    """Whether the caller is to ask for ``where``: nobody else does, and neither an answer nor a failure is as fresh as
    RETRY_US: who found none a moment ago looks again first.
    """
    await _make_room(connection, shop_id)
    key = {"shop_id": shop_id, "country": where.country, "region": where.region, "postal_code": where.postal_code}
    wanted = insert(tax_answer).values(**key, choice_id=choice_id, claimed_until_us=now_us + CLAIM_US)
    last_us = sa.func.greatest(tax_answer.c.failed_us, tax_answer.c.asked_us, 0)
    claimed = await connection.execute(
        wanted.on_conflict_do_update(
            index_elements=list(key),
            set_={"claimed_until_us": now_us + CLAIM_US},
            where=(tax_answer.c.claimed_until_us <= now_us)
            & (last_us <= now_us - RETRY_US)
            & (tax_answer.c.choice_id == choice_id),
        ).returning(tax_answer.c.shop_id)
    )
    return claimed.one_or_none() is not None


async def _make_room(connection: AsyncConnection, shop_id: ShopId) -> None:
    of_shop = tax_answer.c.shop_id == shop_id
    count = await connection.scalar(sa.select(sa.func.count()).where(of_shop))
    if (count or 0) < ANSWERS_MAX:
        return
    names = (tax_answer.c.country, tax_answer.c.region, tax_answer.c.postal_code)
    oldest = sa.select(*names).where(of_shop).order_by(tax_answer.c.asked_us.nulls_first()).limit(ANSWERS_MAX // 10)
    await connection.execute(tax_answer.delete().where(of_shop, sa.tuple_(*names).in_(oldest)))


async def is_asked(connection: AsyncConnection, shop_id: ShopId, where: Place, *, now_us: int) -> bool:
    """Whether somebody is asking for it at this moment."""
    until = await connection.scalar(sa.select(tax_answer.c.claimed_until_us).where(*_at(shop_id, where)))
    return until is not None and until > now_us


def _at(shop_id: ShopId, where: Place) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        tax_answer.c.shop_id == shop_id,
        tax_answer.c.country == where.country,
        tax_answer.c.region == where.region,
        tax_answer.c.postal_code == where.postal_code,
    )


async def keep_answer(
    connection: AsyncConnection, shop_id: ShopId, choice_id: int, where: Place, found: ServiceRates, *, now_us: int
) -> None:
    """Sell by ``found`` from now on. What was answered under a choice that no longer holds is dropped."""
    await catalogue.touch_selling_facts(connection, shop_id)
    await connection.execute(
        tax_answer.update()
        .where(*_at(shop_id, where), tax_answer.c.choice_id == choice_id)
        .values(
            rates=msgspec.to_builtins(found.rates), asked_us=now_us,
            until_us=min(found.until_us, now_us + BELIEVED_MAX_US), claimed_until_us=0, failed_us=None, problem=None,
        )
    )  # fmt: skip


async def keep_failure(
    connection: AsyncConnection, shop_id: ShopId, choice_id: int, where: Place, problem: str, *, now_us: int
) -> None:
    """Remember that the service had no answer. What it said before stays."""
    never = tax_answer.c.rates.is_(None) & tax_answer.c.failed_us.is_(None)
    if await connection.scalar(sa.select(never).where(*_at(shop_id, where))):
        # The first failure at a place is news for whoever prices: the own table may hold from now on.
        await catalogue.touch_selling_facts(connection, shop_id)
    await connection.execute(
        tax_answer.update()
        .where(*_at(shop_id, where), tax_answer.c.choice_id == choice_id)
        .values(claimed_until_us=0, failed_us=now_us, problem=problem[:PROBLEM_MAX])
    )


async def due_places(connection: AsyncConnection, *, now_us: int, limit: int) -> list[tuple[ShopId, Place]]:
    """Whose answers lapse soon or are missing, and are not being asked for; the most urgent first."""
    newest = sa.select(sa.func.max(tax_choice.c.id)).group_by(tax_choice.c.shop_id)
    rows = await connection.execute(
        sa.select(tax_answer)
        .where(
            tax_answer.c.choice_id.in_(newest),
            sa.func.coalesce(tax_answer.c.until_us, 0) < now_us + EARLY_US,
            sa.func.coalesce(tax_answer.c.failed_us, 0) <= now_us - 6 * RETRY_US,
            tax_answer.c.claimed_until_us <= now_us,
        )
        .order_by(tax_answer.c.until_us.nulls_first())
        .limit(limit)
    )
    return [(ShopId(row.shop_id), _where(row)) for row in rows]


async def kept_answers(connection: AsyncConnection, shop_id: ShopId, *, limit: int) -> tuple[int, list[KeptAnswer]]:
    """How many places are known, and the newest of them, those in trouble first."""
    of_shop = tax_answer.c.shop_id == shop_id
    count = await connection.scalar(sa.select(sa.func.count()).where(of_shop))
    order = (tax_answer.c.failed_us.desc().nulls_last(), tax_answer.c.asked_us.desc())
    rows = await connection.execute(sa.select(tax_answer).where(of_shop).order_by(*order).limit(limit))
    return count or 0, [
        KeptAnswer(
            _where(row),
            None if row.rates is None else msgspec.convert(row.rates, list[TaxRate]),
            row.asked_us,
            row.until_us,
            row.failed_us,
            row.problem,
        )
        for row in rows
    ]
