"""Prices in words: what a discount is, until when, and who pays for it."""

from collections.abc import Iterable
from datetime import UTC, datetime

from tallylight.deals.types import FunderKind
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.money import Money

DAY_US = 86_400 * MICROSECONDS
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£"}


def in_words(money: Money) -> str:
    """``$8.00``, ``−$0.05``, ``12.00 CHF``."""
    minus = "−" if money.minor < 0 else ""
    amount = Money(abs(money.minor), money.currency).decimal()
    sign = _SIGNS.get(money.currency)
    return f"{minus}{sign}{amount}" if sign else f"{minus}{amount} {money.currency}"


def percent(share_bps: int) -> str:
    """``50 %``, ``12.5 %``."""
    whole, rest = divmod(share_bps, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + " %"


def deal_terms(ends_us: int, shares: Iterable[tuple[FunderKind, int]], *, opens_us: int | None = None) -> str:
    """``until 14:05 UTC, funded by brand 50 %, platform 30 %, creator 20 %``; seconds where there are any.

    Of a deal that holds for a day or more since ``opens_us``: ``until 3 May 14:05 UTC``.
    """
    end = datetime.fromtimestamp(ends_us // MICROSECONDS, UTC)
    clock = end.strftime("%H:%M:%S" if end.second else "%H:%M")
    if opens_us is not None and ends_us - opens_us >= DAY_US:
        clock = f"{end.day} {end:%b %H:%M}"
    funded = ", ".join(f"{party} {percent(share_bps)}" for party, share_bps in shares if share_bps)
    return f"until {clock} UTC, funded by {funded}"
