"""Whether a promise was kept, from what happened to the product since. Pure; docs/evidence.md says the same in prose.

- deadline ("ends tonight"): broken when the product sells at the promised price or lower after the deal's end; seven
  days are looked at. Without a deal, the end is taken as a day after the words: the latest that "tonight" can mean.
- stock ("two left", "last ones"): broken when more pieces were sold since than were left, or when new stock came in.
- last chance ("never again"): broken when the price comes back after its end, or the stock does; thirty days.
- lowest price: broken when it sells for less than the price at the words; thirty days.
"""

from collections.abc import Sequence
from typing import Literal

import msgspec

from tallylight.foundation.clock import MICROSECONDS, to_datetime

DAY_US = 86_400 * MICROSECONDS
HORIZON_US = {
    "deadline": 7 * DAY_US,
    "stock": 7 * DAY_US,
    "last chance": 30 * DAY_US,
    "lowest price": 30 * DAY_US,
}
GRACE_US = 60 * MICROSECONDS
"""Viewers see an end by their delay; a minute after it nobody minds."""
Verdict = Literal["open", "kept", "broken", "unknown"]


class PriceSpan(msgspec.Struct, frozen=True):
    """A variant sold at ``selling_minor`` from ``from_us`` until ``until_us`` (None: still)."""

    selling_minor: int
    from_us: int
    until_us: int | None


class Movement(msgspec.Struct, frozen=True):
    """Pieces that came (+) or went (-), and why."""

    delta: int
    reason: str
    at_us: int


class Promise(msgspec.Struct, frozen=True):
    """A promise with its product's facts at the words. ``ends_us``: the deal's end as it stood then."""

    kind: str
    said_us: int
    horizon_us: int
    price_minor: int | None
    stock: int | None
    ends_us: int | None


class Since(msgspec.Struct, frozen=True):
    """What happened to the product since the words."""

    prices: Sequence[PriceSpan]
    movements: Sequence[Movement]


class Judgement(msgspec.Struct, frozen=True):
    verdict: Verdict
    reason: str


def judge_promise(promise: Promise, since: Since, now_us: int) -> Judgement:
    """The verdict as of ``now_us``; open until the horizon has passed or it is broken."""
    broken = _broken(promise, since, min(now_us, promise.horizon_us))
    if broken is not None:
        return Judgement("broken", broken)
    if _unknown(promise):
        return Judgement("unknown", "The product's price or stock at the words is not known.")
    if now_us < promise.horizon_us:
        return Judgement("open", f"Nothing speaks against it so far; looked at until {_day(promise.horizon_us)}.")
    return Judgement("kept", f"Nothing spoke against it until {_day(promise.horizon_us)}.")


def _unknown(promise: Promise) -> bool:
    return (promise.stock if promise.kind == "stock" else promise.price_minor) is None


def _broken(promise: Promise, since: Since, until_us: int) -> str | None:
    match promise.kind:
        case "deadline":
            return _price_again(promise, since, until_us)
        case "last chance":
            return _price_again(promise, since, until_us) or _restocked(promise, since, until_us)
        case "stock":
            return _sold_more(promise, since, until_us) or _restocked(promise, since, until_us)
        case _:
            return _cheaper(promise, since, until_us)


def _price_again(promise: Promise, since: Since, until_us: int) -> str | None:
    if promise.price_minor is None:
        return None
    end_us = (promise.said_us + DAY_US if promise.ends_us is None else promise.ends_us) + GRACE_US
    for span in since.prices:
        begins_us = max(span.from_us, end_us)
        over = until_us if span.until_us is None else min(span.until_us, until_us)
        if span.selling_minor <= promise.price_minor and begins_us < over:
            return f"It sold at that price or lower on {_moment(begins_us)}, after the end that was promised."
    return None


def _cheaper(promise: Promise, since: Since, until_us: int) -> str | None:
    if promise.price_minor is None:
        return None
    for span in since.prices:
        if promise.said_us < span.from_us <= until_us and span.selling_minor < promise.price_minor:
            return f"It sold for less from {_moment(span.from_us)}."
    return None


def _sold_more(promise: Promise, since: Since, until_us: int) -> str | None:
    if promise.stock is None:
        return None
    sold = -sum(each.delta for each in since.movements if each.reason == "sale" and each.at_us <= until_us)
    if sold > promise.stock:
        return f"{sold} pieces were sold since, from a stock of {promise.stock}."
    return None


def _restocked(promise: Promise, since: Since, until_us: int) -> str | None:
    for each in since.movements:
        if each.delta > 0 and each.reason in ("import", "count") and each.at_us <= until_us:
            return f"{each.delta} more pieces came into stock on {_moment(each.at_us)}."
    return None


def _moment(us: int) -> str:
    return to_datetime(us).strftime("%Y-%m-%d %H:%M UTC")


def _day(us: int) -> str:
    return to_datetime(us).strftime("%Y-%m-%d")
