"""Rate limits by key: the generic cell rate algorithm in integers, bounded in memory.

GCRA (ITU-T I.371) is a token bucket kept as one number a key: the theoretical arrival time. Limits live in the
process that enforces them; several web processes each allow the full rate.
"""

from collections import OrderedDict

from tallylight.foundation.errors import TooManyRequestsError

KEYS_MAX = 100_000


class RateLimit:
    """One token every ``interval_us`` a key, ``burst`` at once. Beyond ``keys_max`` the idlest key is forgotten."""

    def __init__(self, *, interval_us: int, burst: int, keys_max: int = KEYS_MAX) -> None:
        if interval_us <= 0 or burst <= 0:
            raise ValueError("a rate limit needs a positive interval and burst")
        self._interval_us = interval_us
        self._burst = burst
        self._keys_max = keys_max
        self._arrivals_us: OrderedDict[str, int] = OrderedDict()

    def wait_us(self, key: str, now_us: int, cost: int = 1) -> int:
        """Take ``cost`` tokens for ``key`` and return 0, or take none and return how long to wait."""
        arrival_us = max(self._arrivals_us.get(key, now_us), now_us) + cost * self._interval_us
        wait_us = arrival_us - now_us - self._burst * self._interval_us
        if wait_us > 0:
            return wait_us
        self._arrivals_us[key] = arrival_us
        self._arrivals_us.move_to_end(key)
        while len(self._arrivals_us) > self._keys_max:
            self._arrivals_us.popitem(last=False)
        return 0

    def take(self, key: str, now_us: int, cost: int = 1) -> None:
        """``wait_us``, as TooManyRequestsError with ``retry_after_s`` when there is a wait."""
        wait_us = self.wait_us(key, now_us, cost)
        if wait_us:
            seconds = -(-wait_us // 1_000_000)
            raise TooManyRequestsError(f"that is too often; try again in {seconds} s", retry_after_s=seconds)
