"""How much one viewer, and one address, may say: token buckets and no echoes. Bounded; per process."""

import hashlib
from collections import OrderedDict

from tallylight.audience.errors import DuplicateMessageError
from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.rate_limit import RateLimit

DUPLICATE_WITHIN_US = 30 * MICROSECONDS
VIEWERS_REMEMBERED_MAX = 50_000


class ChatGuard:
    """One message in two seconds a viewer, five at once; an address, which many may share, ten times that."""

    def __init__(self) -> None:
        self._viewer = RateLimit(interval_us=2 * MICROSECONDS, burst=5)
        self._address = RateLimit(interval_us=MICROSECONDS // 5, burst=50)
        self._last: OrderedDict[str, tuple[bytes, int]] = OrderedDict()

    def admit(self, *, viewer: str, address: str, text: str, now_us: int) -> None:
        """TooManyRequestsError over a rate; DuplicateMessageError for the viewer's last words again within 30 s."""
        said = hashlib.sha256(text.casefold().encode()).digest()
        last = self._last.get(viewer)
        if last is not None and last[0] == said and now_us - last[1] < DUPLICATE_WITHIN_US:
            raise DuplicateMessageError("you just said that")
        self._address.take(address, now_us)
        self._viewer.take(viewer, now_us)
        self._last[viewer] = (said, now_us)
        self._last.move_to_end(viewer)
        if len(self._last) > VIEWERS_REMEMBERED_MAX:
            self._last.popitem(last=False)
