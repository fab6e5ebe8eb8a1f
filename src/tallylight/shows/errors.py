"""What can go wrong at this room's door."""

from tallylight.foundation.errors import ConflictError


class AlreadyOnAirError(ConflictError):
    """The show has a broadcast that has not ended."""

    code = "already_on_air"


class SlugTakenError(ConflictError):
    """Another show already lives at this address."""

    code = "taken"


class OnAirError(ConflictError):
    """The show is on air, and what holds on air is not changed below it."""

    code = "on_air"


class AiredError(ConflictError):
    """The show was on air once, and this belongs to what aired."""

    code = "aired"
