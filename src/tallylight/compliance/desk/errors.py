"""Why the desk cannot do what it was asked."""

from typing import ClassVar

from tallylight.foundation.errors import ConflictError


class TooLateError(ConflictError):
    """The words have left the delay: what aired is in the finding's outcome."""

    code: ClassVar[str] = "too_late"


class TakenError(ConflictError):
    """Somebody else is deciding this finding; ``held_by`` names them, ``until_wall_us`` says for how long."""

    code: ClassVar[str] = "taken"


class DecidedError(ConflictError):
    """Somebody else decided this finding; ``decided_by`` and ``kind`` say who and what."""

    code: ClassVar[str] = "already_decided"


class NothingToCorrectError(ConflictError):
    """The finding's words did not air, or they name no fact that a card could put right."""

    code: ClassVar[str] = "nothing_to_correct"
