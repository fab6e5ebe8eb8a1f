"""Shippo (https://docs.goshippo.com/api-reference/shipments/create-a-new-shipment) over plain HTTP: a shipment a
parcel, of which only the rates are kept. Nothing is bought there, and no buyer is named: a place is enough for a price.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import msgspec

from tallylight.deals.shipping.service import (
    CarrierAwayError,
    CarrierQuestion,
    CarrierRate,
    CarrierRates,
    CarrierRefusedError,
)
from tallylight.deals.shipping.types import Parcel
from tallylight.deals.tax.types import Place
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.money import Money

ANSWER_S = 8.0
BODY_BYTES_MAX = 2 << 20
BELIEVED_US = 86_400 * MICROSECONDS
"""Shippo does not say until when a rate holds; carriers' own prices change by the day."""
VERSION = "2018-02-08"
TEXT_MAX = 200
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")


class ShippoServiceLevel(msgspec.Struct):
    token: str = ""


class ShippoRate(msgspec.Struct):
    """https://docs.goshippo.com/api-reference/rates/retrieve-a-rate, as much of it as prices need."""

    amount: str
    currency: str
    servicelevel: ShippoServiceLevel
    estimated_days: int | None = None


class ShippoMessage(msgspec.Struct):
    text: str = ""


class ShippoShipment(msgspec.Struct):
    """``messages``: why carriers gave no rate."""

    rates: list[ShippoRate]
    messages: list[ShippoMessage] = []


_decoder = msgspec.json.Decoder(ShippoShipment)


class Shippo:
    """Implements ``CarrierService``. ``api_base``: somewhere else than Shippo: for tests."""

    name = "shippo"

    def __init__(self, token: str, *, api_base: str = "https://api.goshippo.com", answer_s: float = ANSWER_S) -> None:
        self._headers = {"authorization": f"ShippoToken {token}", "shippo-api-version": VERSION}
        self._api_base = api_base
        self._answer_s = answer_s

    async def rates_for(self, question: CarrierQuestion, *, now_us: int) -> CarrierRates:
        """See ``CarrierService``."""
        async with httpx.AsyncClient(base_url=self._api_base, headers=self._headers, timeout=self._answer_s) as client:
            shipments = await asyncio.gather(
                *(_shipment(client, _asked(question, parcel), self._answer_s) for parcel in question.parcels)
            )
        rates = [
            rate
            for parcel, shipment in zip(question.parcels, shipments, strict=True)
            for rate in _rates(shipment, parcel)
        ]
        if not rates:
            raise CarrierRefusedError(f"Shippo has no rate for that place: {_why(shipments)}")
        return CarrierRates(rates, now_us + BELIEVED_US)


def _asked(question: CarrierQuestion, parcel: Parcel) -> dict[str, Any]:
    return {
        "address_from": _address(question.origin),
        "address_to": _address(question.where),
        "parcels": [
            {
                "length": str(parcel.length_mm),
                "width": str(parcel.width_mm),
                "height": str(parcel.height_mm),
                "distance_unit": "mm",
                "weight": str(parcel.up_to_grams),
                "mass_unit": "g",
            }
        ],
        "async": False,
    }


def _address(where: Place) -> dict[str, str]:
    parts = {"country": where.country, "state": where.region, "zip": where.postal_code}
    return {name: part for name, part in parts.items() if part}


async def _shipment(client: httpx.AsyncClient, asked: Mapping[str, Any], answer_s: float) -> ShippoShipment:
    try:
        async with asyncio.timeout(answer_s), client.stream("POST", "/shipments/", json=asked) as answer:
            body = await _body(answer)
    except (httpx.HTTPError, TimeoutError) as error:
        raise CarrierAwayError("Shippo does not answer") from error
    if answer.status_code in (401, 403):
        raise CarrierRefusedError("Shippo does not take the token; see TALLYLIGHT_SHIPPO_TOKEN")
    if answer.status_code == 429 or answer.status_code >= 500:
        raise CarrierAwayError("Shippo says that it cannot answer now")
    if not answer.is_success:
        raise CarrierRefusedError(f"Shippo refused: {body.decode(errors='replace')[:TEXT_MAX]}")
    try:
        return _decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise CarrierRefusedError("Shippo gave an answer that is not understood") from error


async def _body(answer: httpx.Response) -> bytes:
    """The body, as far as it may be long."""
    pieces: list[bytes] = []
    size = 0
    async for piece in answer.aiter_bytes():
        size += len(piece)
        if size > BODY_BYTES_MAX:
            raise CarrierRefusedError("Shippo's answer is too long to be one")
        pieces.append(piece)
    return b"".join(pieces)


def _rates(shipment: ShippoShipment, parcel: Parcel) -> Iterable[CarrierRate]:
    """``amount`` is in the sender's currency, a decimal in a string."""
    for rate in shipment.rates:
        try:
            if not _AMOUNT.fullmatch(rate.amount):
                raise ValueError("no plain figure")
            fee = Money.parse(rate.amount, rate.currency)
        except ValueError as error:
            raise CarrierRefusedError("Shippo named a price that is none") from error
        yield CarrierRate(rate.servicelevel.token, parcel.up_to_grams, fee, rate.estimated_days)


def _why(shipments: Iterable[ShippoShipment]) -> str:
    texts = dict.fromkeys(message.text for shipment in shipments for message in shipment.messages if message.text)
    return "; ".join(texts)[:TEXT_MAX] or "it says no more"
