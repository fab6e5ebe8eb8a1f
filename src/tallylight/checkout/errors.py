"""Refusals of the sale desk, with the codes of the HTTP contract."""

from tallylight.foundation.errors import ConflictError, UnavailableError


class SoldOutError(ConflictError):
    """Fewer pieces are left than the order asks for (``available``)."""

    code = "sold_out"


class DealLimitReachedError(ConflictError):
    """The deal's pieces are gone; ``total_minor`` is the total without the deal, which the buyer may confirm."""

    code = "deal_limit_reached"


class BuyerLimitReachedError(ConflictError):
    """This buyer has had the deal's pieces; ``total_minor`` is the total without the deal."""

    code = "buyer_limit_reached"


class BudgetExhaustedError(ConflictError):
    """A funder's budget cannot bear this discount; ``total_minor`` is the total without the deal."""

    code = "budget_exhausted"


class PriceChangedError(ConflictError):
    """The total is not what the buyer agreed to; ``total_minor`` is what it is."""

    code = "price_changed"


class PaymentDeclinedError(ConflictError):
    """The provider declined; nothing was bought and nothing is held."""

    code = "payment_declined"


class KeyReusedError(ConflictError):
    """The idempotency key belongs to another order."""

    code = "key_reused"


class LeaseLostError(UnavailableError):
    """This process has no (longer the) shop's sale desk; the request with its key may be asked of whoever has."""
