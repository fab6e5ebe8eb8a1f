"""What services of carriers' rates answered, place by place, and the shop's choice of one: kept as rows."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from tallylight import catalogue
from tallylight.deals.answer_rows import KEPT_H_MAX, KEPT_H_MIN, AnswerRows, place_of_row, serves_until_us
from tallylight.deals.shipping.models import carrier_answer, carrier_choice
from tallylight.deals.shipping.types import CarrierAnswer, CarrierFacts, LevelFees, Parcel
from tallylight.deals.tax.types import Place
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import PersonId, ShopId

CARRIER_ANSWERS = AnswerRows(carrier_answer, carrier_choice)
LEVELS_MAX = 100
PARCELS_MAX = 6
GRAMS_MAX = 1_000_000
SIDE_MM_MAX = 5_000

_LEVEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_POST_CODE = re.compile(r"[A-Z0-9][A-Z0-9 -]{1,11}")


class CarrierChoice(msgspec.Struct, frozen=True, kw_only=True):
    """Whose fees hold. ``service`` None: each method's own. ``kept_h``: hours that answers serve while the service is
    away; after that, ``own_when_away``: the methods' own fees, else nothing is sent by them there. ``levels``: the
    service's level by method; others keep their own fees. ``parcels``: what is packed, the lightest first.
    """

    service: str | None = None
    own_when_away: bool = False
    kept_h: int = 72
    from_postal_code: str = ""
    levels: Mapping[UUID, str] = {}
    parcels: Sequence[Parcel] = ()


class CarrierChoiceMade(msgspec.Struct, frozen=True):
    id: int
    choice: CarrierChoice
    by_person: UUID
    at_us: int


class KeptFees(msgspec.Struct, frozen=True):
    """``rates`` None: the service never had an answer. ``problem``: why its last one is missing."""

    where: Place
    rates: list[LevelFees] | None
    asked_us: int | None
    until_us: int | None
    failed_us: int | None
    problem: str | None


async def carrier_choice_of(connection: AsyncConnection, shop_id: ShopId) -> CarrierChoiceMade | None:
    """What the shop chose last; None: never anything, so its own fees."""
    row = await CARRIER_ANSWERS.newest_choice(connection, shop_id)
    if row is None:
        return None
    made = CarrierChoice(
        service=row.service,
        own_when_away=row.own_when_away,
        kept_h=row.kept_h,
        from_postal_code=row.from_postal_code,
        levels={UUID(method): level for method, level in row.levels.items()},
        parcels=msgspec.convert(row.parcels, tuple[Parcel, ...]),
    )
    return CarrierChoiceMade(row.id, made, row.by_person, row.at_us)


async def set_carrier_choice(
    connection: AsyncConnection, shop_id: ShopId, choice: CarrierChoice, *, by_person: PersonId, at_us: int
) -> None:
    """Send at the fees of ``choice`` from now on. Answers stay while the same service is asked the same.

    Raises InvalidInputError.
    """
    _check(choice)
    await catalogue.touch_selling_facts(connection, shop_id)
    before = await carrier_choice_of(connection, shop_id)
    values = msgspec.to_builtins(choice) | {"by_person": by_person, "at_us": at_us}
    same = before is not None and _asked(before.choice) == _asked(choice)
    await CARRIER_ANSWERS.choose(connection, shop_id, values, keep=same)


def _asked(choice: CarrierChoice) -> tuple[object, ...]:
    return choice.service, choice.from_postal_code, sorted(choice.levels.values()), tuple(choice.parcels)


def _check(choice: CarrierChoice) -> None:
    if not KEPT_H_MIN <= choice.kept_h <= KEPT_H_MAX:
        raise InvalidInputError(f"answers serve for {KEPT_H_MIN} to {KEPT_H_MAX} hours", field="kept_h")
    if choice.service is None:
        return
    if not _POST_CODE.fullmatch(choice.from_postal_code):
        raise InvalidInputError("carriers need the post code that you send from", field="from_postal_code")
    if not 1 <= len(choice.levels) <= LEVELS_MAX or not all(map(_LEVEL.fullmatch, choice.levels.values())):
        raise InvalidInputError("name the service's level of a way of shipping, such as usps_priority", field="levels")
    sizes = [parcel.up_to_grams for parcel in choice.parcels]
    if not 1 <= len(sizes) <= PARCELS_MAX or sizes != sorted(set(sizes)):
        raise InvalidInputError(f"name 1 to {PARCELS_MAX} parcels, the lightest first", field="parcels")
    for parcel in choice.parcels:
        sides = (parcel.length_mm, parcel.width_mm, parcel.height_mm)
        if not 1 <= parcel.up_to_grams <= GRAMS_MAX or not all(1 <= side <= SIDE_MM_MAX for side in sides):
            raise InvalidInputError("a parcel takes up to 1,000 kg and is up to 5 m long", field="parcels")


async def carrier_facts(connection: AsyncConnection, shop_id: ShopId) -> CarrierFacts | None:
    """What the price of a cart needs of the shop's service; None for a shop with its own fees."""
    made = await carrier_choice_of(connection, shop_id)
    if made is None or made.choice.service is None:
        return None
    rows = await CARRIER_ANSWERS.told(connection, shop_id, made.id)
    answers = {place_of_row(row): _answer(row, made.choice.kept_h) for row in rows}
    return CarrierFacts(made.choice.own_when_away, made.choice.levels, answers)


def _answer(row: sa.Row[Any], kept_h: int) -> CarrierAnswer:
    if row.rates is None:
        return CarrierAnswer((), 0)
    return CarrierAnswer(msgspec.convert(row.rates, tuple[LevelFees, ...]), serves_until_us(row.asked_us, kept_h))


async def kept_fees(connection: AsyncConnection, shop_id: ShopId, *, limit: int) -> tuple[int, list[KeptFees]]:
    """How many places are known, and the newest of them, those in trouble first."""
    count, rows = await CARRIER_ANSWERS.look_at(connection, shop_id, limit=limit)
    return count, [
        KeptFees(
            place_of_row(row),
            None if row.rates is None else msgspec.convert(row.rates, list[LevelFees]),
            row.asked_us,
            row.until_us,
            row.failed_us,
            row.problem,
        )
        for row in rows
    ]
