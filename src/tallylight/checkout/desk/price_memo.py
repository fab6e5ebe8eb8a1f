"""Prices that a crowd asks for again and again: the same cart costs the same until a deal on it opens or ends."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from tallylight.deals import (
    CartLine,
    DealUse,
    Facts,
    Ground,
    Place,
    Quote,
    RefusalCode,
    VoucherFact,
    deal_uses,
    free_ground_of,
    ground_of,
    price,
    unchanged_around,
)

if TYPE_CHECKING:
    from tallylight.checkout.desk.sale_template import SaleTemplate

CARTS_MAX = 2_000
PLACES_MAX = 20_000

TemplateKey = tuple[UUID, UUID | None, int, str, str, bool]
"""Show, broadcast, commission, creator, payment provider, whether it is pending."""


class Priced(msgspec.Struct):
    """A cart's price, what it takes from each deal, and how its sales are written. ``quote.at_us`` is of whoever asked
    first. All of it is shared: not to be changed, but for ``templates``.
    """

    from_us: int
    until_us: int
    quote: Quote
    uses: Mapping[UUID, DealUse]
    takes: tuple[DealUse, ...]
    units: int
    templates: "dict[TemplateKey, SaleTemplate]"

    def borne_otherwise(self, uses: Mapping[UUID, DealUse]) -> "Priced":
        """The same price for one order alone, whose funders bear other parts of it."""
        return Priced(self.from_us, self.until_us, self.quote, uses, tuple(uses.values()), self.units, {})


_NONE: Mapping[UUID, RefusalCode] = {}


class PriceMemo:
    """The price engine on one set of facts, remembering its last answers. A new set of facts gets a new memo."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._places_matter = bool(facts.zones) or facts.taxes is not None
        self._known: dict[tuple[tuple[CartLine, ...], frozenset[UUID], int], Priced] = {}
        self._grounds: dict[tuple[Place | None, UUID | None], tuple[int, Ground | None]] = {}
        self._alike: dict[Ground | None, int] = {}

    def price(
        self,
        lines: Sequence[CartLine],
        at_us: int,
        *,
        without: Mapping[UUID, RefusalCode] = _NONE,
        voucher: VoucherFact | None = None,
        where: Place | None = None,
        method_id: UUID | None = None,
    ) -> Priced:
        """The price with every deal but ``without`` at programme time ``at_us``, sent to ``where`` by the method.

        Carts with a code are not remembered: each buyer has their own. Raises NotFoundError for a variant that the
        facts do not have, NotShippedError, ShippingMethodError.
        """
        number, ground = self._ground(where, method_id) if self._places_matter else (0, None)
        if voucher is not None:
            return self._priced(lines, at_us, without, voucher, ground)
        cart = (tuple(lines), frozenset(without), number)
        known = self._known.get(cart)
        if known is None or not known.from_us <= at_us < known.until_us:
            known = self._priced(lines, at_us, without, None, ground)
            if len(self._known) >= CARTS_MAX:
                self._known.clear()
            self._known[cart] = known
        return known

    def price_sent_free(
        self, lines: Sequence[CartLine], at_us: int, *, without: Mapping[UUID, RefusalCode], where: Place
    ) -> Priced:
        """The same without a code and without a fee for sending it: a price of its own, which is not remembered."""
        return self._priced(lines, at_us, without, None, free_ground_of(self._facts, where))

    def _ground(self, where: Place | None, method_id: UUID | None) -> tuple[int, Ground | None]:
        """What holds there, and a number that all places share at which the same holds: a crowd from a thousand post
        codes asks for a few prices.
        """
        known = self._grounds.get((where, method_id))
        if known is None:
            ground = ground_of(self._facts, where, method_id)
            if len(self._grounds) >= PLACES_MAX:
                self._grounds.clear()
            known = self._alike.setdefault(ground, len(self._alike)), ground
            self._grounds[where, method_id] = known
        return known

    def _priced(
        self,
        lines: Sequence[CartLine],
        at_us: int,
        without: Mapping[UUID, RefusalCode],
        voucher: VoucherFact | None,
        ground: Ground | None,
    ) -> Priced:
        quote = price(lines, self._facts, at_us, without=without, voucher=voucher, ground=ground)
        uses = deal_uses(quote, self._facts)
        between = unchanged_around(lines, self._facts, at_us, ground)
        units = sum(line.quantity for line in lines)
        return Priced(*between, quote, uses, tuple(uses.values()), units, {})
