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
