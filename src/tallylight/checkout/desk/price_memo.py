"""Prices that a crowd asks for again and again: the same cart costs the same until a deal on it opens or ends."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from tallylight.deals import CartLine, DealUse, Facts, Quote, deal_uses, price, unchanged_around

CARTS_MAX = 2_000


class _Known(msgspec.Struct, frozen=True):
    from_us: int
    until_us: int
    quote: Quote
    uses: Mapping[UUID, DealUse]


class PriceMemo:
    """The price engine on one set of facts, remembering its last answers. A new set of facts gets a new memo."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[tuple[CartLine, ...], _Known] = {}

    def price(self, lines: Sequence[CartLine], at_us: int) -> tuple[Quote, Mapping[UUID, DealUse]]:
        """The quote with every deal at programme time ``at_us``, and what it takes from each (not to be changed).

        Raises NotFoundError for a variant that the facts do not have.
        """
        cart = tuple(lines)
        known = self._known.get(cart)
        if known is None or not known.from_us <= at_us < known.until_us:
            quote = price(lines, self._facts, at_us)
            known = _Known(*unchanged_around(lines, self._facts, at_us), quote, deal_uses(quote, self._facts))
            if len(self._known) >= CARTS_MAX:
                self._known.clear()
            self._known[cart] = known
        return msgspec.structs.replace(known.quote, at_us=at_us), known.uses
