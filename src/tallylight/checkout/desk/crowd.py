"""Decides many sales at once, where there is enough of everything for all of them.

In a rush thousands ask for the same few carts while there is plenty of stock and budget. Then it is enough to look once
whether all of them fit, and who of them comes first makes no difference. As soon as it could make one, or an order is
not like the others, they are decided one by one (``decide``).
"""

from collections.abc import Sequence

from tallylight.checkout.address_rules import place_of
from tallylight.checkout.desk.decide import Sale, priced_moment
from tallylight.checkout.desk.memory import DeskMemory
from tallylight.checkout.desk.price_memo import Priced
from tallylight.checkout.desk.requests import SaleRequest
from tallylight.foundation.errors import TallyError


def decide_crowd(memory: DeskMemory, requests: Sequence[SaleRequest], *, now_us: int) -> list[Sale] | None:
    """The sales of ``requests`` at wall time ``now_us``, taken from ``memory``; None, and nothing is taken, when they
    have to be decided one by one.
    """
    sales: list[Sale] = []
    kinds: dict[int, Priced] = {}
    times: dict[int, int] = {}
    number = memory.next_number
    for asked in requests:
        if asked.at_once in (None, "declined") or asked.voucher is not None:
            return None
        priced_us = priced_moment(asked, now_us=now_us)
        priced = _priced(memory, asked, priced_us)
        if priced is None or priced.quote.total != asked.request.expected_total:
            return None
        kind = id(priced)
        if kind not in kinds:
            kinds[kind] = priced
            if any(line.variant_id not in memory.available for line in priced.quote.lines):
                return None
        times[kind] = times.get(kind, 0) + 1
        sales.append(
            Sale(asked, number, priced, priced.quote, priced.takes, priced.units, priced_us, now_us, pending=False)
        )
        number += 1
    if not _take_all(memory, [(priced, times[kind]) for kind, priced in kinds.items()]):
        return None
    if not _buyers_may(memory, sales):
        for kind, priced in kinds.items():
            _take(memory, priced, -times[kind])
        return None
    for sale in sales:
        for use in sale.takes:
            bought = memory.deals[use.deal.deal_id].bought
            bought[sale.asked.buyer_hash] = bought.get(sale.asked.buyer_hash, 0) + use.quantity
    memory.next_number = number
    return sales


def _priced(memory: DeskMemory, asked: SaleRequest, priced_us: int) -> Priced | None:
    """The price with every deal; None when there is none."""
    request = asked.request
    address = request.buyer.address
    where = place_of(address.country, address.region, address.postal_code)
    try:
        return memory.prices.price(request.lines, priced_us, where=where, method_id=request.shipping_method)
    except TallyError:
        return None


def _take_all(memory: DeskMemory, crowd: Sequence[tuple[Priced, int]]) -> bool:
    """Take everything so many times, or nothing."""
    taken: list[tuple[Priced, int]] = []
    for priced, times in crowd:
        # What is left only shrinks: when the last one finds enough, so did all before.
        _take(memory, priced, times - 1)
        taken.append((priced, times - 1))
        refused, uses = memory.fit(priced.uses, b"", None)
        in_stock = all(memory.available[line.variant_id] >= line.quantity for line in priced.quote.lines)
        if not in_stock or refused or uses is not priced.uses:
            for each, many in taken:
                _take(memory, each, -many)
            return False
        _take(memory, priced, 1)
        taken[-1] = (priced, times)
    return True


def _take(memory: DeskMemory, priced: Priced, times: int) -> None:
    for line in priced.quote.lines:
        memory.available[line.variant_id] -= line.quantity * times
    for deal_id, use in priced.uses.items():
        memory.deals[deal_id].take_times(use, times)


def _buyers_may(memory: DeskMemory, sales: Sequence[Sale]) -> bool:
    """Whether each buyer may have this much of each deal; who buys twice is looked at one by one."""
    limited = [sale for sale in sales if any(use.deal.per_buyer_limit is not None for use in sale.takes)]
    if len({sale.asked.buyer_hash for sale in limited}) < len(limited):
        return False
    return all(
        use.deal.per_buyer_limit is None
        or memory.deals[use.deal.deal_id].bought.get(sale.asked.buyer_hash, 0) + use.quantity
        <= use.deal.per_buyer_limit
        for sale in limited
        for use in sale.takes
    )
