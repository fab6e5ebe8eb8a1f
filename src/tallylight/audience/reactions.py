"""Hearts, added up: nobody needs each one. Ephemeral; flushed to all viewers about once a second."""

from tallylight.foundation.clock import MICROSECONDS
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ShowId
from tallylight.foundation.rate_limit import RateLimit

COUNT_MAX = 20


class Reactions:
    """Counts since the last ``drain``. A viewer may send ten a second, forty at once; an address ten times that."""

    def __init__(self) -> None:
        self._counts: dict[ShowId, int] = {}
        self._viewer = RateLimit(interval_us=MICROSECONDS // 10, burst=2 * COUNT_MAX)
        self._address = RateLimit(interval_us=MICROSECONDS // 100, burst=20 * COUNT_MAX)

    def add(self, show_id: ShowId, count: int, *, viewer: str, address: str, now_us: int) -> None:
        """``count`` of 1 to COUNT_MAX more; TooManyRequestsError over the viewer's or the address's rate."""
        if not 1 <= count <= COUNT_MAX:
            raise InvalidInputError(f"count is 1 to {COUNT_MAX}", field="count")
        self._address.take(address, now_us, count)
        self._viewer.take(viewer, now_us, count)
        self._counts[show_id] = self._counts.get(show_id, 0) + count

    def drain(self) -> dict[ShowId, int]:
        """What came since the last time."""
        counts, self._counts = self._counts, {}
        return counts
