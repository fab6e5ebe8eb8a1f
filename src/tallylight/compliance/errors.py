"""What can be wrong with a step in a review."""

from typing import ClassVar

from tallylight.foundation.errors import ConflictError


class ChangedMeanwhileError(ConflictError):
    """Somebody changed it since it was read."""

    code: ClassVar[str] = "changed_meanwhile"


class WrongStateError(ConflictError):
    """The step does not follow from the state that it is in."""

    code: ClassVar[str] = "wrong_state"
