"""Which moment's prices hold: what the viewer saw, within the delay and a declared grace.

A viewer sees programme time that is at least the show's delay old, and a person takes a while to tap. A price seen
at ``at_us`` therefore holds from then until ``delay + GRACE_US`` later; a buyer who comes later, or from a replay,
pays what held that long ago at the earliest.
"""

GRACE_US = 20_000_000
"""Player buffer, network and the time to fill in nothing: from the last frame of a deal to the tap's arrival."""

FUTURE_US_MAX = 5_000_000
"""How far a client's programme time may be ahead of ours before it is refused as nonsense."""


def priced_at(at_us: int, *, now_us: int, delay_us: int) -> int:
    """The programme time whose prices hold for a buyer who saw ``at_us``, on a show delayed by ``delay_us``."""
    return min(now_us, max(at_us, now_us - delay_us - GRACE_US))
