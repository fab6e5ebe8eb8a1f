"""What can go wrong with the record after a show."""

from typing import ClassVar

from tallylight.foundation.errors import ConflictError


class HeldError(ConflictError):
    """A legal hold stands: nothing of this broadcast may be deleted."""

    code: ClassVar[str] = "legal_hold"


class NotHeldError(ConflictError):
    """There is no legal hold to lift."""

    code: ClassVar[str] = "no_legal_hold"


class BrokenChainError(ConflictError):
    """The broadcast's chain does not verify: nobody signs it, and nothing of it is deleted."""

    code: ClassVar[str] = "chain_broken"


class StillOnAirError(ConflictError):
    """The broadcast has not ended, or its sound has not been cut yet."""

    code: ClassVar[str] = "still_on_air"
