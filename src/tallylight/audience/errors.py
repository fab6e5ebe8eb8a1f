"""What can go wrong at this room's door."""

from tallylight.foundation.errors import ConflictError


class DuplicateMessageError(ConflictError):
    """The viewer just said exactly this."""

    code = "duplicate_message"
