"""The show of bench.air_safety: its shop, and its host's lines as sound with the time of every piece known.

A line with words in braces is voiced in pieces, so that the time of the violating words is exact. The lines are said
round after round, each round by the other voice, until the show is long enough.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
from tests.media.sources import SAMPLE_RATE_HZ, source_of
from tests.media.sources import Source as Sent

from bench.voices import LEVEL, LIFTS, Wave, voice, voice_lines
from tallylight import catalogue, deals
from tallylight.app.flows.fire_cue import fire_cue_and_tell
from tallylight.catalogue.create_product import create_product
from tallylight.catalogue.set_price import set_price
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.compliance.competitors import add_competitors
from tallylight.compliance.library.approve_claim import approve_claim
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.database import Database
from tallylight.foundation.ids import CueId, DealId, ProductId, ShowId, VariantId
from tallylight.members.create_person import create_person, grant_roles
from tallylight.members.create_shop import create_shop
from tallylight.members.stream_keys import issue_stream_key
from tallylight.shows.create_show import add_cue, create_show, set_show_products

SCRIPT = Path(__file__).with_name("air_safety_show.toml")
Part = Literal["violating", "beside", "ordinary"]
_DAY_US = 86_400 * MICROSECONDS
_SEAM_S = 0.03
_BREATHS_S = (0.35, 0.5, 0.4, 0.9)
_ROOM_BELOW_DB = 40.0


class Goods(msgspec.Struct, frozen=True):
    """A product as the shop lists it, amounts in minor units, and what is said of it."""

    handle: str
    title: str
    price: int
    stock: int
    attributes: dict[str, str]
    lines: tuple[str, ...]
    was: int | None = None
    was_until_days_ago: int = 0
    deal: int | None = None
    deal_seconds: int = 0
    approved: tuple[str, ...] = ()


class Script(msgspec.Struct, frozen=True):
    welcome: tuple[str, ...]
    goodbye: tuple[str, ...]
    product: tuple[Goods, ...]


class Spoken(msgspec.Struct, frozen=True):
    """A piece of a line in samples [start, end) of the sound; ``beside``: the rest of a violating line."""

    start: int
    end: int
    part: Part
    rule: str | None
    line: str


class Shown(msgspec.Struct, frozen=True):
    """From sample ``at`` on this product is pinned."""

    at: int
    handle: str


class Voiced(msgspec.Struct, frozen=True):
    """``sound``: mono at SAMPLE_RATE_HZ."""

    sound: Wave
    spoken: tuple[Spoken, ...]
    shown: tuple[Shown, ...]

    @property
    def seconds(self) -> float:
        return len(self.sound) / SAMPLE_RATE_HZ


class OnShelf(msgspec.Struct, frozen=True):
    """One show of the shop: where its camera sends to, and its cues by handle (``deal``: with the handle's deal)."""

    show_id: ShowId
    stream_key: str
    pins: dict[str, CueId]
    deals: dict[str, CueId]


def read_script() -> Script:
    return msgspec.convert(tomllib.loads(SCRIPT.read_text(encoding="utf-8")), Script)


def voiced(script: Script, seconds: float) -> Voiced:
    """At least ``seconds`` of the show, a shop assistant's worth of breath between the lines."""
    everything = [*script.welcome, *(line for goods in script.product for line in goods.lines), *script.goodbye]
    pieces = [text for line in everything for _, text in _pieces(line)[1]]
    voice_lines([(text, lift) for text in pieces for lift in LIFTS], "")
    sounds: list[Wave] = [np.zeros(SAMPLE_RATE_HZ)]
    spoken: list[Spoken] = []
    shown: list[Shown] = []
    at = SAMPLE_RATE_HZ
    for number, (lift, handle, line) in enumerate(_rounds(script)):
        if at >= seconds * SAMPLE_RATE_HZ:
            break
        if handle is not None and (not shown or shown[-1].handle != handle):
            shown.append(Shown(at - SAMPLE_RATE_HZ // 4, handle))
        rule, parts = _pieces(line)
        for part, text in parts:
            piece = voice(text, lift, SAMPLE_RATE_HZ)
            spoken.append(Spoken(at, at + len(piece), part, rule, line))
            seam = np.zeros(int(_SEAM_S * SAMPLE_RATE_HZ))
            sounds += [piece, seam]
            at += len(piece) + len(seam)
        breath = np.zeros(int(_BREATHS_S[number % len(_BREATHS_S)] * SAMPLE_RATE_HZ))
        sounds.append(breath)
        at += len(breath)
    sound = np.concatenate([*sounds, np.zeros(2 * SAMPLE_RATE_HZ)])
    room = np.random.default_rng(7).standard_normal(len(sound)) * LEVEL * 10 ** (-_ROOM_BELOW_DB / 20)
    return Voiced(sound + room, tuple(spoken), tuple(shown))


def as_sent(show: Voiced) -> Sent:
    """What the camera sends."""
    mono = show.sound.astype(np.float32)
    return source_of(np.stack([mono, mono]))


def _rounds(script: Script) -> Iterator[tuple[float, str | None, str]]:
    """(voice, product that is shown, line), for ever."""
    while True:
        for lift in LIFTS:
            yield from ((lift, None, line) for line in script.welcome)
            yield from ((lift, goods.handle, line) for goods in script.product for line in goods.lines)
            yield from ((lift, None, line) for line in script.goodbye)


def _pieces(line: str) -> tuple[str | None, list[tuple[Part, str]]]:
    """The rule that a line breaks, and its pieces in order."""
    if "{" not in line:
        return None, [("ordinary", line)]
    rule, _, text = line.partition(": ")
    before, _, rest = text.partition("{")
    violating, _, after = rest.partition("}")
    pieces: list[tuple[Part, str]] = [("beside", before.strip()), ("violating", violating), ("beside", after.strip())]
    return rule, [(part, text) for part, text in pieces if any(letter.isalnum() for letter in text)]


async def open_shop(database: Database, script: Script, shows: int, now_us: int) -> list[OnShelf]:
    """The shop with its goods, prices, claims and rival, and ``shows`` shows that sell them."""
    async with database.transaction() as connection:
        shop = await create_shop(connection, slug="fernhill", name="Fernhill", currency="USD")
        await catalogue.set_shop_terms(connection, shop.id, shipping_fee_minor=495, free_shipping_over_minor=6000)
        legal = await create_person(connection, email="legal@fernhill.example", name="Ines")
        await grant_roles(connection, shop.id, legal.id, ["owner", "compliance"])
        await add_competitors(connection, shop.id, ("Maple Crown",))
        ids: dict[str, ProductId] = {}
        promised: dict[str, DealId] = {}
        for goods in script.product:
            new = NewProduct(
                handle=goods.handle,
                title=goods.title,
                vendor="Fernhill",
                attributes=goods.attributes,
                variants=(NewVariant(price_minor=goods.was or goods.price, on_hand=goods.stock),),
            )
            product_id = ids[goods.handle] = await create_product(connection, shop.id, new, at_us=now_us - 90 * _DAY_US)
            if goods.was is not None:
                [product] = await catalogue.products_by_id(connection, [product_id])
                await set_price(
                    connection, shop.id, VariantId(product.variants[0].id), price_minor=goods.price,
                    compare_at_minor=goods.was, at_us=now_us - goods.was_until_days_ago * _DAY_US,
                )  # fmt: skip
            for wording in goods.approved:
                await approve_claim(connection, shop.id, product_id, wording, expires_at=None, approved_by=legal.id)
            if goods.deal is not None:
                funder = deals.NewFunder(party="brand", name="Fernhill", share_bps=10_000, budget_minor=1_000_000)
                deal = deals.NewDeal(
                    product_id=product_id, kind="price", title="This morning", price_minor=goods.deal,
                    duration_s=goods.deal_seconds, funders=(funder,),
                )  # fmt: skip
                promised[goods.handle] = await deals.create_deal(connection, shop.id, deal)
                await deals.accept_funding(
                    connection, promised[goods.handle], "brand", accepted_by=legal.id, at_us=now_us
                )
        made = []
        for number in range(shows):
            show = await create_show(
                connection, shop_id=shop.id, slug=f"morning-{number}", title="Slow morning", host_name="Joe",
                host_is_paid=True,
            )  # fmt: skip
            await set_show_products(connection, show.id, list(ids.values()))
            pins = {
                handle: (await add_cue(connection, show.id, kind="pin", label=handle, product_id=product_id)).id
                for handle, product_id in ids.items()
            }
            # A deal opens once: the first show opens it for the shop.
            cues = {
                handle: (await add_cue(connection, show.id, kind="deal", label=handle, deal_id=deal_id)).id
                for handle, deal_id in promised.items()
                if number == 0
            }
            key = await issue_stream_key(connection, shop.id, show.id)
            made.append(OnShelf(show.id, key.text, pins, cues))
    return made


async def pin(database: Database, shelf: OnShelf, handle: str, at_us: int, *, first: bool) -> None:
    """The producer pins the product, and opens its deal the first time."""
    async with database.transaction() as connection:
        if first and handle in shelf.deals:
            await fire_cue_and_tell(connection, shelf.show_id, shelf.deals[handle], at_us, None)
        await fire_cue_and_tell(connection, shelf.show_id, shelf.pins[handle], at_us, None)
