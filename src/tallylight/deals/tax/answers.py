"""What tax services answered, place by place, and the shop's choice of one: kept as rows, read with its tax facts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.answer_rows import KEPT_H_MAX, KEPT_H_MIN, AnswerRows, place_of_row, serves_until_us
from tallylight.deals.tax.check import check_codes
from tallylight.deals.tax.models import tax_answer, tax_choice
from tallylight.deals.tax.types import Place, ServiceFacts, TaxAnswer, TaxRate
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import PersonId, ShopId

TAX_ANSWERS = AnswerRows(tax_answer, tax_choice)


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
    row = await TAX_ANSWERS.newest_choice(connection, shop_id)
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
    same = before is not None and (before.choice.service, before.choice.codes) == (choice.service, choice.codes)
    values = msgspec.structs.asdict(choice) | {"codes": dict(choice.codes), "by_person": by_person, "at_us": at_us}
    await TAX_ANSWERS.choose(connection, shop_id, values, keep=same)


async def service_facts(connection: AsyncConnection, shop_id: ShopId) -> ServiceFacts | None:
    """What the price of a cart needs of the shop's service; None for a shop with its own table."""
    made = await choice_of(connection, shop_id)
    if made is None or made.choice.service is None:
        return None
    rows = await TAX_ANSWERS.told(connection, shop_id, made.id)
    answers = {place_of_row(row): _answer(row, made.choice.kept_h) for row in rows}
    return ServiceFacts(made.choice.own_when_away, answers)


def _answer(row: sa.Row[Any], kept_h: int) -> TaxAnswer:
    if row.rates is None:
        return TaxAnswer((), 0)
    return TaxAnswer(tuple(msgspec.convert(row.rates, list[TaxRate])), serves_until_us(row.asked_us, kept_h))


async def kept_answers(connection: AsyncConnection, shop_id: ShopId, *, limit: int) -> tuple[int, list[KeptAnswer]]:
    """How many places are known, and the newest of them, those in trouble first."""
    count, rows = await TAX_ANSWERS.look_at(connection, shop_id, limit=limit)
    return count, [
        KeptAnswer(
            place_of_row(row),
            None if row.rates is None else msgspec.convert(row.rates, list[TaxRate]),
            row.asked_us,
            row.until_us,
            row.failed_us,
            row.problem,
        )
        for row in rows
    ]
