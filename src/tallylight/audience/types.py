"""Values of the audience room."""

import msgspec

from tallylight.foundation.ids import MessageId


class ChatLine(msgspec.Struct, frozen=True):
    """A chat message as every viewer sees it. ``at_us``: programme time."""

    id: MessageId
    name: str
    text: str
    at_us: int
    hidden: bool
