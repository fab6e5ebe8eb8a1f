"""What can go wrong at the deals' door."""

from tallylight.foundation.errors import ConflictError


class DealStateError(ConflictError):
    """The deal is not in a state for that."""

    code = "deal_state"


class NotAcceptedError(ConflictError):
    """A funder has not accepted; the message names them all."""

    code = "funding_not_accepted"


class DealOverlapError(ConflictError):
    """Two deals on one product at one time; the message names both."""

    code = "deal_overlap"


class ReferencePriceError(ConflictError):
    """A price that the deal would be announced as down from is not genuine; the message says why."""

    code = "reference_price_not_genuine"


class NotFundedError(ConflictError):
    """The agreement does not cover the deal's time or products; the message says which."""

    code = "not_funded"
